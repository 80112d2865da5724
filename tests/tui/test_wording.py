"""Remedies on the screen: in the words of the wizard, without rows of an answer file and options of commands."""

from __future__ import annotations

import asyncio
import re

import pytest

from mhv_tui.core.answers import fields_of
from mhv_tui.core.openstack import CloudEntries, CloudEntry
from mhv_tui.domain.catalogue import ENTRIES
from mhv_tui.engine.failed_tests import TEST_AGAIN
from mhv_tui.steps import FLOW
from mhv_tui.tui.wording import in_wizard, named_answer, with_fields
from tests.tui.snapshots import demo_state, text_of, wizard

OTHER_WORDS = re.compile(r' --(accept|fix|answers)\b|= [{"]|request the fix|answer file|in the answers\b')
"""Words of commands and of answer files."""
CUT_OFF = re.compile(r"\b(in|or|and)[.,;:]| [.,;:]")
"""What is left of a sentence whose end was removed."""
COMMAND = re.compile(r"`mhv-tui [^`]*`")
KEYS = {step.id: [key for key, _, _ in fields_of(step.answers)] for step in FLOW}
"""Page -> the keys of its answers."""


def test_a_page_names_its_own_fields_and_the_answers_of_other_pages() -> None:
    text = "neither cloud.name nor cloud.auth_url is answered; node.host is cloud.example.org"
    words = "neither name nor auth_url is answered; node.host is cloud.example.org"
    assert with_fields(text, "cloud", KEYS["cloud"]) == words
    assert with_fields(text, "finish", KEYS["finish"]) == text


def test_a_page_shows_the_names_of_its_fields() -> None:
    state = demo_state()
    assert not state.give("cloud", "name", "").problem

    async def go() -> str:
        async with wizard(state, "cloud") as pilot:
            return text_of(pilot)

    assert "Neither name nor auth_url is answered yet" in " ".join(asyncio.run(go()).split())


@pytest.mark.parametrize("code", ENTRIES)
def test_a_remedy_is_a_whole_sentence_without_words_of_a_command_or_of_a_file(code: str) -> None:
    remedy = ENTRIES[code].remedy
    for step, keys in KEYS.items():
        words = in_wizard(remedy, step, keys)
        assert not OTHER_WORDS.search(words) and not CUT_OFF.search(words)
        assert COMMAND.findall(words) == COMMAND.findall(remedy)


@pytest.mark.parametrize("scene", ["untrusted-certificate", "drs-off", "no-archive", "regex-nothing"])
def test_no_finding_has_words_of_a_command_or_of_a_file(scene: str) -> None:
    state = demo_state(scene)
    remedies = {in_wizard(f.remedy) for step in FLOW for f in state.check(step.id).findings}
    assert [remedy for remedy in remedies if OTHER_WORDS.search(remedy)] == []


def test_no_help_of_a_field_has_the_notation_of_a_file() -> None:
    helps = [in_wizard(field.help) for step in FLOW for _, _, field in fields_of(step.answers)]
    assert [help for help in helps if OTHER_WORDS.search(help)] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Enable DRS in vCenter, or request the fix CL05.", "Enable DRS in vCenter."),
        ("Clear datastore.datastore_regex.", 'Clear the field "datastore_regex".'),
        ("Set cloud.release in the answers.", "Set cloud.release."),
        (
            "compare it, then set trust = { sha256 = 'AA:BB' }",
            'compare it, then choose "pin" from the list of the field "trust"',
        ),
        (
            'trust: "system", { ca_file = "PATH" }, { sha256 = "AA:..." } to pin a self-signed one, or "insecure".',
            'trust: "system" or "pin" from the list, or type ca_file PATH, sha256 AA:... or insecure.',
        ),
        ("or set network.manage to true.", "or set network.manage to yes."),
        ('A reference, such as { env = "NAME" }.', "A reference, such as env NAME."),
        (
            'run mhv-tui on a terminal, or write datastore.names = { env = "NAME" } or { file = "PATH" }',
            'type it into the field "names", or write there env NAME or file PATH, which is saved',
        ),
        (TEST_AGAIN, "Then apply again (Ctrl+G), which boots the test servers and replaces this result."),
        ("mhv-tui fixes this problem if you request it\nwith --fix CL05", "press f to plan the fix"),
        ("contains this fix; without --fix CL05\nit does not", "contains this fix; press f to cancel it"),
        ("remedy; --accept CL05 accepts\nit", "remedy; press a to accept it, with a reason"),
    ],
)
def test_the_words_of_the_wizard(text: str, words: str) -> None:
    assert in_wizard(text, "datastore", ["names", "datastore_regex"]) == words


@pytest.mark.parametrize(
    ("remedy", "answer"),
    [
        ("Correct node.host, or clear datastore.datastore_regex.", "datastore_regex"),
        ("Name another machine in node.host.", "node.host"),
        ("Set trust = { sha256 = 'AA:BB' }, see docs.example.org and node.conf.", ""),
        ('Choose one from the list of the field "names".', "names"),
    ],
)
def test_the_answer_that_a_remedy_names(remedy: str, answer: str) -> None:
    assert named_answer(remedy, "datastore", KEYS) == answer


@pytest.mark.parametrize(("edited", "answer"), [("", "password"), ("host", "host"), ("trust", "password")])
def test_the_answer_that_was_edited_last_precedes_the_others_of_a_remedy(edited: str, answer: str) -> None:
    assert named_answer(ENTRIES["VC07"].remedy, "vcenter", KEYS, edited) == answer


@pytest.mark.parametrize("names", [(), ("prod",)])
def test_an_unknown_cloud_leads_to_its_name(names: tuple[str, ...]) -> None:
    """A name wins over auth_url, which alone would change nothing."""
    clouds = CloudEntries(tuple(CloudEntry(name, "", "clouds.yaml") for name in names), "", ("~",))
    assert named_answer(clouds.remedy, "cloud", {"cloud": ("auth_url", "name")}) == "name"
