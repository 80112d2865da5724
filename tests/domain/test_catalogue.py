"""The failure catalogue: every row is complete, and the code of every finding is in it."""

from __future__ import annotations

import re

import pytest

from mhv_tui.domain import catalogue
from mhv_tui.steps import FLOW

SOURCE = re.compile(
    r"LP#\d+|[\w.-]+/[\w.-]+#\d+|https://[^\s,;()]+"
    r"|[\w.-]+, [\w./-]+\.\w+, ([\d.]+|commit [0-9a-f]{10})|no public report is known"
)
"""What an operator can open: a bug of Launchpad, an issue on GitHub, an address, or `project, file, release`."""

PROJECTS = {
    *("ManageIQ", "ansible", "ansible-collections", "apache", "canonical", "crowbar", "hashicorp", "microsoft"),
    *("okd-project", "openshift", "platform9", "tmux", "vmware"),
}
"""The owners of the projects whose issues are sources: they use vCenter, OpenStack, a package manager or a terminal."""

STEPS = {
    *("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove", "finish"),
    "engine",
}


@pytest.mark.parametrize("code", list(catalogue.ENTRIES))
def test_every_row_is_complete(code: str) -> None:
    row = catalogue.ENTRIES[code]
    assert re.fullmatch(r"[A-Z]{2}\d\d", code)
    assert row.step in STEPS
    assert row.kind in catalogue.KINDS
    assert len(row.title) >= 15 and row.title[-1] not in ".!?"
    assert row.remedy.endswith(".") and row.remedy[0].isupper() and len(row.remedy) >= 30
    assert row.symptom and row.cause and row.probe
    assert row.sources and all(map(SOURCE.fullmatch, row.sources)), row.sources
    assert "\n" not in row.title + row.remedy + row.symptom + row.cause + row.probe


def test_a_code_names_all_pages_whose_checks_report_it() -> None:
    for step in FLOW:
        for check in (*step.work.preconditions, *step.work.postconditions):
            for row in map(catalogue.entry, check.codes):
                assert row.step == "engine" or step.id in (row.step, *row.also_on), (row.code, step.id)
    assert "Step:      vcenter, cluster, datastore, network" in catalogue.explain("VC12")


def test_a_source_has_its_address() -> None:
    assert "https://github.com/openshift/installer/issues/5298; https://github.com" in catalogue.explain("VC12", 1000)
    assert "Source:    https://bugs.launchpad.net/bugs/1276207" in catalogue.explain("VC03")


def test_a_passed_check_has_no_source_of_a_problem() -> None:
    assert "Source:" not in catalogue.explain_finding(catalogue.finding("CN34", "ok", "all commands work"))


def test_the_page_of_a_code_refers_to_a_finding_for_what_only_a_finding_names() -> None:
    assert "privileges that the finding names" in catalogue.explain("VC12")
    assert [code for code in catalogue.ENTRIES if "named here" in catalogue.explain(code, 1000)] == []


def test_a_remedy_that_offers_a_choice_or_a_setting_is_not_said_to_need_another_component() -> None:
    operator_acts = re.compile(r"\b([Cc]hoose|[Ss]et|[Mm]ount|[Aa]dd|[Ss]top|[Aa]ssign|[Mm]ake|[Uu]se a separate)\b")
    rows = [row for row in catalogue.ENTRIES.values() if row.kind == "R"]
    assert rows and [row.code for row in rows if operator_acts.search(row.remedy)] == []
    assert "another release or component" not in catalogue.explain("DS04")


def test_numbers_of_a_letter_pair_have_no_gap() -> None:
    for letters in {code[:2] for code in catalogue.ENTRIES}:
        numbers = sorted(int(code[2:]) for code in catalogue.ENTRIES if code.startswith(letters))
        assert numbers == list(range(1, len(numbers) + 1)), letters


def test_all_124_codes_of_the_field_and_ten_of_the_cloud_are_there() -> None:
    assert len(catalogue.ENTRIES) >= 134
    assert [c for c in catalogue.ENTRIES if c.startswith("OS")] == [f"OS{n:02}" for n in range(1, 11)]


def test_issues_of_other_projects_are_no_source() -> None:
    sources = [source for row in catalogue.ENTRIES.values() for source in row.sources]
    assert {
        source.partition("/")[0] for source in sources if "/" in source.partition("#")[0] and "#" in source
    } == PROJECTS


def test_titles_are_unique() -> None:
    titles = [row.title for row in catalogue.ENTRIES.values()]
    assert len(titles) == len(set(titles))


def test_finding_takes_title_remedy_and_fatality_from_the_table() -> None:
    finding = catalogue.finding("NW17", "failure", "br100 has VLAN 7, not 0", subject="br100")
    row = catalogue.ENTRIES["NW17"]
    assert (finding.title, finding.remedy, finding.fatal) == (row.title, row.remedy, True)
    assert catalogue.finding("CL06", "failure").fatal is False
    assert catalogue.finding("NW17", "warning").fatal is False
    assert catalogue.finding("CL06", "failure", remedy="Do this.", fix="drs:C0").remedy == "Do this."
    assert catalogue.finding("CL06", "ok").remedy == ""


CANNOT_WORK = "VC01 VC07 VC14 VC19 CN04 CN05 CN10 CN14 CN28 CN29 CN30 CN34 CL10 CL11 DS01 DS12 IM16 IM17 OS03 WZ08"


@pytest.mark.parametrize("code", CANNOT_WORK.split())
def test_a_problem_with_which_a_change_would_fail_cannot_be_accepted(code: str) -> None:
    assert not catalogue.finding(code, "failure").acceptable or catalogue.finding(code, "failure").fatal
    assert "cannot be accepted" in catalogue.explain(code) and "--accept" not in catalogue.explain(code)


@pytest.mark.parametrize(("code", "can_be_accepted"), [("CL05", True), ("CN11", True), ("VC07", False)])
def test_explain_says_how_a_problem_is_accepted_if_it_can_be(code: str, can_be_accepted: bool) -> None:
    text = " ".join(catalogue.explain(code).split())
    assert (f"; a problem can be accepted: --accept {code}=REASON" in text) is can_be_accepted


def test_explain_shows_every_part() -> None:
    page = catalogue.explain("cl06")
    for part in (
        "CL06\n\nExpected:  DRS is fully automated\nSymptom:",
        "Cause:",
        "Checked:",
        "Remedy:",
        "Step:",
        "Action:",
        "Source:",
    ):
        assert part in page
    assert max(map(len, page.splitlines())) <= 100


@pytest.mark.parametrize(
    ("wrong", "near"),
    [
        ("CL60", r"did you mean CL06\?"),
        ("VC1", r"did you mean VC01\?"),
        ("cl-6", r"did you mean CL06\?"),
        ("VC99", r"did you mean VC19, VC20, VC21\?"),
        ("VC", r"did you mean VC01, VC02, VC03\?"),
        ("drs", r"did you mean CL05 \(DRS is enabled on the cluster\), CL06"),
        ("nosuch", "codes look like VC01"),
        ("XX99", "codes look like VC01"),
    ],
)
def test_an_unknown_code_is_refused_with_what_is_near(wrong: str, near: str) -> None:
    with pytest.raises(ValueError, match=near):
        catalogue.explain(wrong)
    with pytest.raises(ValueError):
        catalogue.finding(wrong, "ok")


@pytest.mark.parametrize(
    ("code", "unseen"),
    (("VC01", "same address"), ("VC02", "proxy"), ("VC08", "ESXi"), ("CN10", "log in")),
)
def test_a_title_claims_no_more_than_its_check_covers(code: str, unseen: str) -> None:
    assert unseen not in catalogue.entry(code).title


@pytest.mark.parametrize(
    ("code", "fix", "sentence"),
    [
        ("IM02", None, "mhv-tui cannot fix this one: follow the remedy"),
        ("IM02", "repair:prod:x", "mhv-tui fixes this problem if you request it with --fix IM02"),
        ("RG03", None, "the plan of mhv-tui does not change this: follow the remedy"),
    ],
)
def test_an_explanation_promises_only_a_fix_that_exists(code: str, fix: str | None, sentence: str) -> None:
    text = catalogue.explain_finding(catalogue.finding(code, "warning", "why", fix=fix))
    assert sentence in " ".join(text.split()) and text.count("Action:") == 1


@pytest.mark.parametrize("code", ["CN05", "IM15", "IM16"])
def test_what_makes_a_change_fail_cannot_be_accepted_and_stops_no_other_page(code: str) -> None:
    finding = catalogue.finding(code, "failure", "why")
    assert not finding.can_be_accepted and not finding.fatal
    assert "; cannot be accepted" in " ".join(catalogue.explain(code).split())


def test_the_explanation_of_a_passed_check_has_no_cause_and_no_remedy() -> None:
    text = catalogue.explain_finding(catalogue.finding("OS07", "ok", "the role admin may list hypervisors"))
    assert text.startswith(
        "The cloud's user can administer compute\n\nResult:    The role admin may list hypervisors\n"
    )
    assert "\nChecked:   mhv-tui lists" in text
    assert not any(f"{label}:" in text for label in ("Symptom", "Cause", "Remedy", "Help"))


def test_an_unknown_result_has_no_cause() -> None:
    text = catalogue.explain_finding(catalogue.finding("NW02", "unknown", "why"))
    assert "Cause:" not in text and "Remedy:" in text
    assert "there is nothing to accept, and nothing to do but what the remedy names" in " ".join(text.split())
    assert "carry it out" not in text


def test_the_explanation_of_a_planned_fix_says_that_it_is_planned() -> None:
    text = " ".join(catalogue.explain_finding(catalogue.finding("CL05", "missing", "why", fix="drs")).split())
    assert "the plan of mhv-tui contains this fix; without --fix CL05 it does not" in text and "fixes" not in text


def test_the_explanation_of_a_problem_names_how_it_is_accepted() -> None:
    text = " ".join(catalogue.explain_finding(catalogue.finding("DS04", "failure", "why")).split())
    assert "; --accept DS04 accepts it" in text
