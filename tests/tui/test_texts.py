"""Texts on screens: they agree with the journal, and are whole or end with an ellipsis."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable

import pytest
from textual.pilot import Pilot

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.wrapping import unwrapped
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fields import Field
from mhv_tui.tui.finish_page import help_text
from mhv_tui.tui.page_help import SIGNS_HELP, page_help
from mhv_tui.tui.render import wrap_lines
from mhv_tui.tui.sidebar import SIGNS, UNCHECKED
from tests.engine.toy_steps import Put
from tests.tui.snapshots import demo_state, settled, text_of, wizard


def drive(state: WizardState, start: str, size: tuple[int, int], play: Callable[[Pilot[int]], Awaitable[str]]) -> str:
    async def go() -> str:
        async with wizard(state, start, size) as pilot:
            return await play(pilot)

    return asyncio.run(go())


async def open_plan(pilot: Pilot[int]) -> str:
    await pilot.press("ctrl+g")
    await settled(pilot)
    return text_of(pilot)


def test_the_plan_counts_the_changes_of_the_session() -> None:
    state = demo_state()
    text = drive(state, "finish", (120, 24), open_plan)
    assert "10 changes: 7 to create" in text and "session" not in text
    state.session.journal.intend(("", "network"), Put("a"), {"there": False})
    state.session.journal.note("approved", total=1, changes={"put:a": "put a"})
    half = " ".join(drive(state, "finish", (240, 24), open_plan).split())
    assert "1 change is begun and not completed, with nothing left to do: put a." in half
    assert "not needed any more" not in half
    state.session.journal.receive(("", "first"), "put:a", {})
    assert "This session has made 1 change." in drive(state, "finish", (240, 24), open_plan)


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_the_help_of_a_field_is_whole(columns: int) -> None:
    async def play(pilot: Pilot[int]) -> str:
        pilot.app.screen.query_one("#field-trust", Field).focus()
        await pilot.pause()
        return text_of(pilot)

    assert "insecure." in drive(demo_state(), "vcenter", (columns, 24), play)


def test_a_fingerprint_in_several_lines_is_copied_without_blanks() -> None:
    whole = re.compile(r"SHA-256 (?:[0-9A-F]{2}:){31}[0-9A-F]{2}\b")

    async def play(pilot: Pilot[int]) -> str:
        await pilot.press("f2", "y")
        shown = text_of(pilot)
        assert re.search(r"(?:[0-9A-F]{2}:){8}\s*$", shown, re.MULTILINE) and not whole.search(shown)
        assert whole.search(pilot.app.clipboard)
        return shown

    drive(demo_state("untrusted-certificate"), "vcenter", (80, 24), play)


def test_a_text_that_is_cut_ends_with_an_ellipsis() -> None:
    lines = wrap_lines("a text of many words " * 20, 40, "", 3)
    assert len(lines) == 3 and lines[-1].endswith(" …") and max(map(len, lines)) <= 40


def test_an_example_wider_than_its_field_ends_with_an_ellipsis() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await pilot.press("ctrl+t")
        await pilot.pause()
        field = pilot.app.screen.query_one("#field-host_key", Field)
        field.focus()
        await pilot.pause()
        return field.placeholder

    assert drive(demo_state(), "node", (60, 40), play).startswith("e.g. SHA256:")
    assert drive(demo_state(), "node", (60, 40), play).endswith("…")


def test_an_explanation_repeats_nothing() -> None:
    async def play(pilot: Pilot[int]) -> str:
        pilot.app.screen.query_one("#findings").focus()
        await pilot.press("x")
        await pilot.pause()
        return text_of(pilot)

    text = drive(demo_state("drs-off"), "cluster", (100, 40), play)
    page = text.partition("CL05 problem")[2]
    assert (
        page.count("DRS of DC0_C0 is off, but the cluster has 2 hosts")
        == page.count("Remedy:")
        == page.count("Enable DRS")
        == 1
    )
    assert "Expected:  DRS is enabled on the cluster" in page


@pytest.mark.parametrize("step", ["vcenter", "cluster", "datastore"])
def test_no_title_is_cut_on_80_columns(step: str) -> None:
    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    rows = [row for row in drive(demo_state(), step, (80, 24), play).splitlines() if "✓ " in row and "  VC" not in row]
    assert rows and not [row for row in rows if "…" in row]


@pytest.mark.parametrize("sign", [*GLYPHS.values(), UNCHECKED])
def test_the_help_explains_each_sign_of_a_page_in_a_line_with_the_words_of_the_legend(sign: str) -> None:
    lines = unwrapped(help_text().partition("The sign of a change")[0]).splitlines()
    word = next(word for known, word in SIGNS if known == sign)
    assert any(line.startswith(f"  {sign}  {word}") for line in lines) and SIGNS_HELP in page_help() + "\n"
