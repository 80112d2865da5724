"""The dialogs above a page: their keys are in the last line. The list of the pages."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Static

from mhv_tui.tui import dialog_help
from mhv_tui.tui.accept_dialog import AcceptDialog
from mhv_tui.tui.dialogs import JumpList, TextViewer
from mhv_tui.tui.name_prompt import NamePrompt
from tests.tui.page_keys import drive, field, last_line, press
from tests.tui.snapshots import demo_state, text_of


def test_the_jump_list_shows_the_states_of_the_pages() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "f3")
        assert isinstance(pilot.app.screen, JumpList) and "3 cluster    ✗1  Cluster          problem" in shown
        assert "9 prove      ·   Prove " in shown and "Test servers" not in shown
        await press(pilot, "up", "enter")
        assert "vCenter Server" in text_of(pilot).splitlines()[0]

    drive(demo_state("drs-off"), "cluster", play)


@pytest.mark.parametrize("close", ["escape", "f3"])
def test_numbers_open_pages_from_the_jump_list_and_are_text_in_a_field(close: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "1-9, 0 open the page with this number" in last_line(await press(pilot, "f3"))
        assert last_line(await press(pilot, close)).startswith(" Enter choose  ^N/^P page")
        await press(pilot, "0")
        assert field(pilot, "host").value == "vc.example.org0"

    drive(demo_state(), "vcenter", play, (60, 20))


def test_a_dialog_with_a_text_is_as_high_as_the_text_if_the_screen_has_room() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(TextViewer("Session demo", "No change is in place."))
        await pilot.pause()
        assert pilot.app.screen.query_one(".box").size.height == 2
        await pilot.app.push_screen(TextViewer("Session demo", "one line of many\n" * 50))
        await pilot.pause()
        box = pilot.app.screen.query_one(".box").region
        assert box.height == 20 and "Home End scroll" in last_line(text_of(pilot))

    drive(demo_state(), "cloud", play)


@pytest.mark.parametrize(
    ("keys", "hints", "about"),
    [
        (("f1",), "↑ ↓ PgUp PgDn Home End scroll  Esc back", ""),
        (("f2", "a"), "Enter next field, then accept  ↑ ↓ field  ^U delete  Esc back", dialog_help.ACCEPT),
        (("ctrl+g", "f", "ctrl+g"), "y yes  n, Esc no", dialog_help.APPLY),
        (("ctrl+g", "s"), "Enter save  Esc back", dialog_help.SAVE),
        (("f3",), "Enter open  1-9, 0 open the page with this number  Esc back", dialog_help.PAGES),
        (("enter",), "Enter choose  ↑ ↓ move  ^Y copy  Esc back", dialog_help.ONE_CHOICE + dialog_help.NEW_TEXT),
        (("f5", "f1"), "Esc back", ""),
    ],
)
@pytest.mark.parametrize("width", (60, 80))
def test_f1_in_a_dialog_says_what_it_asks_and_what_its_keys_do(
    keys: tuple[str, ...], hints: str, about: str, width: int
) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *keys)
        line = last_line(shown)
        assert f" {hints}" == line or (f" {hints}".startswith(line) and width == 60)
        assert shown.count("Esc back") <= 1
        shown = " ".join((await press(pilot, "f1")).split())
        assert shown.endswith(f"{about} Keys: {hints.replace('  ', '; ')}; the first Esc only hides this line")
        dialog = pilot.app.screen
        assert last_line(await press(pilot, "escape")) == line and pilot.app.screen is dialog
        await press(pilot, "escape")
        assert pilot.app.screen is not dialog

    drive(demo_state("drs-off"), "cluster", play, (width, 24))


def test_f1_says_what_the_dialog_for_a_name_does() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await pilot.app.push_screen(NamePrompt("Name of the new session:", "prod", lambda name: ""))
        assert f"{dialog_help.NAME} Keys: Enter accept;" in " ".join((await press(pilot, "f1")).split())

    drive(demo_state(), "cloud", play)


def test_the_lines_of_a_help_are_wrapped_once() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await press(pilot, "f1")
        return str(pilot.app.screen.query_one("VerticalScroll Static", Static).content)

    shown = drive(demo_state(), "cloud", play, (60, 20))
    indent = " " * 19
    assert f"  Enter            open the list if the field\n{indent}has ▾; go to the next field\n{indent}if " in shown
    assert "\nA page opens at the first answer that is needed;\nwithout one, in the findings, at the first\n" in shown
    assert max(map(len, shown.splitlines())) <= TextViewer.columns(60)


@pytest.mark.parametrize("explain", [("enter",), ("tab", "enter"), ("ctrl+g", "x")], ids=["finding", "cell", "plan"])
def test_the_keys_of_a_finding_act_in_its_explanation_and_others_are_refused(explain: tuple[str, ...]) -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *explain)
        assert last_line(shown).startswith(" f fix  a accept  y copy  Esc back")
        for key, sign in (("5", "5"), ("n", "n"), ("slash", "/"), ("f4", "F4"), ("ctrl+g", "^G")):
            assert f"{sign} does nothing here. Keys: f fix; a accept; y copy" in last_line(await press(pilot, key))
        assert "CL05 is sent to the terminal's clipboard." in last_line(await press(pilot, "y"))
        assert pilot.app.clipboard.startswith("CL05 problem: DRS of DC0_C0 is off") and "Enable" in pilot.app.clipboard
        await press(pilot, "a")
        assert isinstance(pilot.app.screen, AcceptDialog)
        await press(pilot, "escape", explain[-1], "f")
        assert [fix.code for fix in state.answers.single_fixes] == ["CL05"]

    state = demo_state("drs-off")
    drive(state, "cluster", play, in_form=False)


@pytest.mark.parametrize(
    ("scene", "page", "words"),
    [
        ("untrusted-certificate", "vcenter", "press f to fill in trust"),
        ("port-group-vlan", "network", 'Set the field "vlan_id" to 7'),
    ],
)
def test_the_explanation_of_a_problem_is_the_same_from_the_plan_and_from_its_page(
    scene: str, page: str, words: str
) -> None:
    async def play(pilot: Pilot[int]) -> None:
        texts = []
        for keys in (("x",), ("escape", "ctrl+g", "x")):
            await press(pilot, *keys)
            texts.append(str(pilot.app.screen.query_one(".text Static", Static).content))
        assert texts[0] == texts[1] and words in " ".join(texts[0].split())

    drive(demo_state(scene), page, play, in_form=False)


@pytest.mark.parametrize("keys", [(), ("ctrl+g",), ("ctrl+g", "x", "end")], ids=["page", "plan", "explanation"])
def test_a_command_has_the_same_lines_everywhere_and_is_copied_as_one(keys: tuple[str, ...]) -> None:
    command = (
        "echo |\nopenssl s_client -connect localhost:443 2>/dev/null |\nopenssl x509 -noout -fingerprint -sha256\n"
    )

    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, *keys)
        assert command in "".join(f"{line.strip('│▅▃ ')}\n" for line in shown.splitlines()), shown
        await press(pilot, "y")
        assert f"\n{command.strip().replace(chr(10), ' ')}\n" in pilot.app.clipboard

    drive(demo_state("untrusted-certificate"), "vcenter", play, (100, 40), in_form=False)


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
def test_the_explanation_of_a_planned_fix_has_the_word_of_the_legend(size: tuple[int, int]) -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "CL05 planned" in await press(pilot, "f", "x")

    drive(demo_state("drs-off"), "cluster", play, size, in_form=False)
