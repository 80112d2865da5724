"""What a page says about its own state: a problem that was checked again, changes and pages that are not known yet."""

from __future__ import annotations

from contextlib import closing

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.tui.keys import ORDER, KeyLine
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.snapshots import demo_state, text_of


def test_a_problem_that_only_the_operator_solves_names_the_key_that_checks_again_and_the_page_shows_it() -> None:
    async def play(pilot: Pilot[int]) -> None:
        text = await press(pilot, "f2")
        assert ">✗ VC12" in text and "a accept  ^R check" in last_line(text) and "^Q quit" in last_line(text)
        words = " ".join(text.split())
        assert "Ask vCenter's administrator to add" in words
        assert "checked again" not in text and "checked again" in await press(pilot, "ctrl+r")
        await press(pilot, "enter")
        text = str(pilot.app.screen.query_one(".text Static", Static).content)
        assert "Then press Ctrl+R to check again." in " ".join(text.split())

    drive(demo_state("missing-privilege"), "cluster", play)


def test_a_page_with_a_problem_says_that_its_changes_are_not_known_yet() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "── 1 problem · changes not known ──" in text_of(pilot)
        await pilot.resize_terminal(80, 24)
        assert "── 1 problem · checked again ──" in await press(pilot, "ctrl+r")

    drive(demo_state("no-archive"), "node", play, (120, 40))


@pytest.mark.parametrize(("width", "left"), [(80, "3 warnings · checked again ──"), (60, "3 warnings ──")])
def test_a_heading_drops_the_parts_that_have_no_room(width: int, left: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "names").focus()
        shown = await press(pilot, "ctrl+u", "tab", "ctrl+r")
        assert f"── 2 problems · {left}" in shown and "── Hosts × datastores ──" in shown

    drive(demo_state(), "datastore", play, (width, 24))


def test_the_list_of_pages_explains_the_sign_of_a_page_that_is_not_checked() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert " · not checked" in text_of(pilot)

    drive(demo_state("drs-off"), "cloud", play)


def test_a_page_that_an_invalid_text_or_an_acceptance_makes_unknown_keeps_its_last_sign() -> None:
    state = demo_state("drs-off")
    for step in state.flow:
        state.check(step.id)

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "f2", "a", *"lab", "enter", "enter")
        assert "1 accepted" in shown and state.result("datastore") is None
        assert "4 datastore  ✓" in shown and "5 network    ?" in shown and "6 node       +" in shown
        legend = [line[:19].strip() for line in shown.splitlines()]
        assert legend[legend.index("dim, no number:") + 1] == "earlier check"
        assert "6 node       +   Compute node     planned, earlier" in await press(pilot, "f3")
        await press(pilot, "escape")
        assert "datastore  ✓" in await press(pilot, "1", "shift+tab", "x"), "also after an invalid text"
        assert state.result("datastore") is None
        await press(pilot, "f1")
        text = " ".join(str(pilot.app.screen.query_one(".text Static", Static).content).split())
        assert "A dim sign, which has no number, is the state of an earlier check: the page is not" in text

    drive(state, "cluster", play)


def test_the_last_page_gets_its_state_from_apply_and_says_so() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = text_of(pilot)
        assert "10 finish     ·" in shown and " · after apply" in shown and "not checked" not in shown
        assert "10 finish     ·   Finish           after apply" in await press(pilot, "f3")

    state = demo_state()
    for step in state.flow:
        state.check(step.id)
    drive(state, "prove", play)


def test_a_page_that_lacks_answers_has_the_sign_and_the_word_of_a_page_that_is_not_checked() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = text_of(pilot)
        assert ">  1 cloud      ·" in shown and " · not checked" in shown and "── not checked yet ──" in shown
        assert ">  1 cloud      ·   OpenStack cloud  not checked" in await press(pilot, "f3")
        shown = await press(pilot, "escape", "down", *"htp", "down")
        assert ">  1 cloud      ✗1" in shown and field(pilot, "auth_url").problem
        shown = await press(pilot, "up", "ctrl+u")
        assert ">  1 cloud      ·" in shown and "── not checked yet ──" in shown, "also after an invalid text"

    with closing(OpenSessions(WizardOptions())) as sessions:
        drive(sessions.open(""), "cloud", play)


def test_the_heading_says_nothing_about_a_new_login_whose_field_has_its_earlier_text_again() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "── press Enter to check with the new name ──" in await press(pilot, *"prod")
        await pilot.press("ctrl+z")
        await pilot.pause()
        assert "press Enter to check" not in text_of(pilot)
        assert "── not checked yet ──" in await press(pilot)

    with closing(OpenSessions(WizardOptions())) as sessions:
        drive(sessions.open(""), "cloud", play)


def test_a_page_that_waits_for_another_page_has_no_sign_of_an_earlier_check() -> None:
    state = demo_state()
    for step in state.flow:
        state.check(step.id)

    async def play(pilot: Pilot[int]) -> None:
        assert "9 prove      !" in text_of(pilot)
        field(pilot, "host").focus()
        assert "9 prove      !" in await press(pilot, *"19", "enter"), "prove is not checked again"
        await pilot.app.screen.run_action("open_page(8)")
        shown = await press(pilot)
        assert ">  9 prove      ·" in shown and "── not checked yet ──" in shown and "○ WZ10" in shown
        assert "── not checked yet ──" in await press(pilot, "ctrl+r"), "not checked again either"

    drive(state, "node", play)


def test_a_page_explains_each_sign_on_it_and_no_other_one() -> None:
    state = demo_state("drs-off")
    state.check("network")

    async def play(pilot: Pilot[int]) -> tuple[str, str]:
        return await press(pilot), await press(pilot, "ctrl+n", "6")

    cluster, node = drive(state, "cluster", play, in_form=False)
    legend = [line[:18].strip() for line in cluster.splitlines()[13:]]
    assert legend[:6] == ["✗ problem", "? unknown", "+ planned", "✓ passed", "○ skipped", "· not checked"]
    assert "5 network   ?1+" in cluster and not any(legend[6:-1])
    assert " ~ edit  " in node and " - delete" not in node and "Enter show" in last_line(node)
    assert "+ planned" in drive(state, "node", play, (60, 20))[1]


def test_a_large_number_of_problems_leaves_room_for_the_sign_of_planned_changes() -> None:
    state = demo_state("existing-images")
    assert ">  8 image    !13+" in drive(state, "image", press, in_form=False)
    assert "\n> 8 image    !…+" in drive(state, "image", press, (60, 20))


@pytest.mark.parametrize("scene", ["article", "drs-off"])
def test_the_keys_of_a_page_have_one_order_and_even_gaps(scene: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        for key in ("x", "ctrl+z", "tab", "tab", "down", "down", "f2", "f", "enter", "y", "ctrl+r"):
            line = last_line(await press(pilot, key))
            keys = [part.split(" ")[0] for part in line.strip().split("  ")]
            if "F1" in keys:
                assert keys == sorted(keys, key=ORDER.index), line

    drive(demo_state(scene), "cluster", play, (120, 30))


@pytest.mark.parametrize(
    ("scene", "page", "has_intro"),
    [("article", "cluster", True), ("drs-off", "cluster", False), ("article", "node", False)],
)
def test_a_short_page_has_its_introduction_unless_its_fields_or_a_problem_need_the_room(
    scene: str, page: str, has_intro: bool
) -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert pilot.app.screen.query_one("#intro").display == has_intro

    drive(demo_state(scene), page, play, (60, 20), in_form=False)


def test_the_introduction_does_not_move_a_field_that_is_edited() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "1 problem" in await press(pilot, "end", "x") and pilot.app.screen.query_one("#intro").display
        pilot.app.screen.query_one(KeyLine).notice("two lines " * 8)
        assert "two lines" in await press(pilot) and pilot.app.screen.query_one("#intro").display
        await press(pilot, "f2", "ctrl+r")
        assert not pilot.app.screen.query_one("#intro").display

    drive(demo_state(), "cluster", play, (60, 20))


@pytest.mark.parametrize("to_finding", [("f2",), ("ctrl+g",)], ids=["page", "plan"])
def test_the_explanation_names_the_fix_and_the_keys_that_act_there(to_finding: tuple[str, ...]) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, *to_finding)
        await press(pilot, "x")
        text = str(pilot.app.screen.query_one(".text Static", Static).content)
        assert (
            "\nChecked:   mhv-tui reads" in text and "\nFix:       turn on fully automated DRS of the cluster" in text
        )
        words = " ".join(text.split())
        assert "Action: press f to plan the fix; press a to accept it" in words and "in the list" not in words

    drive(demo_state("drs-off"), "cluster", play)


@pytest.mark.parametrize(
    ("scene", "page", "accepted", "words"),
    [
        ("regex-nothing", "datastore", "", "Fix: press f to fill in datastore"),
        ("drs-off", "cluster", "CL05", "Undo: press a to withdraw the acceptance "),
    ],
)
def test_the_explanation_says_what_f_and_a_do_there(scene: str, page: str, accepted: str, words: str) -> None:
    state = demo_state(scene)
    if accepted:
        state.accept(accepted, "a lab")

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "x")
        text = " ".join(str(pilot.app.screen.query_one(".text Static", Static).content).split())
        assert words in text

    drive(state, page, play, in_form=False)


def test_the_explanation_of_a_cell_begins_with_the_cell() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "tab", "right", "right", "right", "enter")
        text = str(pilot.app.screen.query_one(".text Static", Static).content)
        assert text.startswith("vmware-net will have ephemeral binding.\n\nvmware-net is not on DVS0\n")
        assert "Cause:     The distributed port group does not exist yet." in text

    drive(demo_state(), "network", play, in_form=False)


def test_a_small_screen_shows_what_to_type_in_the_field() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert 'Set the field "vlan_id" to 7' in await press(pilot, "f")

    drive(demo_state("port-group-vlan"), "network", play, (60, 20), in_form=False)


def test_the_remedy_is_whole_while_f_has_led_to_its_field() -> None:
    state = demo_state("untrusted-certificate")

    async def play(pilot: Pilot[int]) -> None:
        assert " …" in await press(pilot, "down")
        remedy = 'If they are equal, choose "pin" from the list of the field "trust".'
        assert remedy in " ".join(
            " ".join(line[19:79] for line in (await press(pilot, "up", "f")).splitlines()).split()
        )
        assert "fingerprint" not in await press(pilot, "up"), "another field"

    drive(state, "vcenter", play, in_form=False)
