"""Names of the far side on the screen: they act on no terminal, in lists, pickers, fields, previews and the run."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.dialogs import ConfirmDialog, TextViewer
from mhv_tui.tui.fields import UNPRINTABLE, Field
from mhv_tui.tui.name_prompt import NamePrompt
from tests.hostile_world import HOSTILE, SEQUENCES, STOPPING, begin, hostile_world
from tests.tui.page_keys import drive
from tests.tui.snapshots import demo_state, settled, text_of
from tests.tui.terminals import PtyProgram, terminal

pytestmark = pytest.mark.slow

ATTACKS = ("\x1b]0;", "\x1b]52;", "\x9b", "\u202e", "\u2066", "\x00", "\x7f", "\u2028", "\u0085")
"""Nothing of this is the driver's own."""


def attacks(term: PtyProgram) -> list[str]:
    """What of ATTACKS the terminal got, whatever the screen shows now."""
    return [attack for attack in ATTACKS if attack.encode() in term.raw]


def test_no_page_picker_or_preview_sends_an_attack() -> None:
    begin(hostile_world(without=STOPPING))
    with terminal("--demo") as term:
        for number in range(1, len(FLOW) + 1):
            term.wait_for(rf" {number} of {len(FLOW)} (?s:.)*(── (\d|Problems)|complete|to make)")
            if number == 10:
                break
            term.press(b"\x1b[Z")
            term.wait_until_idle()
            term.press(b"\x0f")
            if "type to filter" in term.wait_for("type to filter|list of choices"):
                term.press(b"\x1b")
                term.wait_for(r"^(?!(?s:.)*type to filter)")
            term.press(b"\x0e")
        term.press(b"\x07")
        term.wait_for("[0-9]+ changes?: [0-9]")
        term.press(b"o")
        term.wait_for("▾")
        for _ in range(12):
            term.press(b"\x1b[6~")
            term.wait_until_idle()
        assert rb"\x1b]0;PWNED" in term.raw and attacks(term) == []


def test_an_apply_sends_no_attack() -> None:
    begin(hostile_world(without=STOPPING, faults={"cloud.create_aggregate": f"RG04 {HOSTILE}"}))
    with terminal("--demo") as term:
        term.wait_for(r"── \d")
        term.press(b"\x07")
        term.wait_for("[0-9]+ changes?: [0-9]")
        term.press(b"\x07y")
        term.wait_for("a change failed")
        assert rb"\x1b]0;PWNED" in term.raw and attacks(term) == []


def test_the_prompts_of_the_plain_wizard_send_no_attack() -> None:
    begin(hostile_world())
    with terminal("--demo", "--plain") as term:
        while "RESULT" not in term.screen() and "Enter go on: " not in term.screen():
            term.press(b"\n")
        term.press(b"\n")
        term.wait_until_idle()
        assert rb"\x1b]0;PWNED" in term.raw and attacks(term) == []


def printable(text: str) -> bool:
    return all(line.isprintable() for line in text.split("\n"))


def test_a_field_draws_one_cell_for_each_character() -> None:
    """What was picked is the answer as it is: only its picture differs."""

    async def play(pilot: Pilot[int]) -> str:
        field = pilot.app.screen.query_one("#field-path", Field)
        field.value = "\x1b[2J\u202ename"
        await settled(pilot)
        assert field.value == "\x1b[2J\u202ename"
        return text_of(pilot)

    shown = drive(demo_state(), "cluster", play)
    assert f"{UNPRINTABLE}[2J{UNPRINTABLE}name" in shown and printable(shown)


def screens(state: WizardState) -> str:
    async def play(pilot: Pilot[int]) -> str:
        texts = []
        for screen in (
            TextViewer(HOSTILE, f"own\n{HOSTILE}"),
            ConfirmDialog(HOSTILE),
            NamePrompt(HOSTILE, HOSTILE, lambda name: name),
        ):
            await pilot.app.push_screen(screen)
            await pilot.pause()
            texts.append(text_of(pilot))
            pilot.app.pop_screen()
        return "\n".join(texts)

    return drive(state, "cluster", play)


def test_no_small_screen_shows_a_raw_text() -> None:
    shown = screens(demo_state())
    assert shown.count(r"\x1b]0;PWNED") >= 4 and printable(shown)
    assert SEQUENCES not in shown
