"""Runs the wizard on the simulated backend without a terminal, and renders its screen as text or SVG."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from textual.pilot import Pilot

from mhv_tui.cli import finish_tools
from mhv_tui.cli.setup import DemoMode, schema, set_up
from mhv_tui.core import answerfile
from mhv_tui.demo.scenes import answers_of
from mhv_tui.domain import catalogue
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.app import Wizard
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.finish_tools import FinishTools
from mhv_tui.tui.page import Page
from mhv_tui.tui.plan_screen import PlanScreen
from mhv_tui.tui.targets_screen import TargetsScreen

TOOLS = FinishTools(finish_tools.collect, finish_tools.report)
"""The functions of the last page, as the command line gives them to the wizard."""

PATIENCE = 400
"""Pauses of 50 ms until a screen that is still busy fails the test."""

REFRESHES = 4
"""Refreshes of an idle screen until its picture is taken."""


def demo_state(scene: str = "article", kind: type[WizardState] = WizardState) -> WizardState:
    """The wizard's state of this kind on the simulated backend, with all answers of the scene."""
    text = answerfile.dumps(answers_of(scene))
    answers = answerfile.parse_text(text, schema())
    session = open_session("demo")
    session.save_answers(answers)
    setup = set_up(DemoMode(scene), session, answers)
    return kind(FLOW, setup.context(), session, setup.vault, lambda: setup.backend.now().date())


@asynccontextmanager
async def wizard(
    state: WizardState, start: str = "", size: tuple[int, int] = (80, 24), theme: str = "dark"
) -> AsyncIterator[Pilot[int]]:
    """The wizard at a page, after the page's first check. It is always 10:14:07."""
    app = Wizard(state, catalogue.explain_finding, start, tools=TOOLS)
    app.clock, app.theme, app.is_simulated = lambda: "10:14:07", theme, True
    async with app.run_test(size=size) as pilot:
        await settled(pilot)
        yield pilot


async def settled(pilot: Pilot[int]) -> None:
    """Waits until the screen is idle. Raises AssertionError if it stays busy."""
    for _ in range(PATIENCE):
        await pilot.pause(0.05)
        if _is_idle(pilot):
            await pilot.pause()
            await _refreshed(pilot)
            return
    raise AssertionError(f"the screen is still busy:\n{text_of(pilot)}")


async def _refreshed(pilot: Pilot[int]) -> None:
    """Waits for some refreshes, because the size of a list changes another text, which is drawn in the next one."""
    for _ in range(REFRESHES):
        refreshed = asyncio.Event()
        pilot.app.screen.call_after_refresh(refreshed.set)
        with contextlib.suppress(TimeoutError):  # the screen was closed
            await asyncio.wait_for(refreshed.wait(), 1)


def _is_idle(pilot: Pilot[int]) -> bool:
    screen = pilot.app.screen
    if isinstance(screen, Page):
        return not screen.checking
    if isinstance(screen, PlanScreen):
        return not screen.checking
    if isinstance(screen, ApplyScreen):
        return screen.finished is not None
    if isinstance(screen, TargetsScreen):
        return not screen.is_checking and not screen.is_applying
    return True


def text_of(pilot: Pilot[int]) -> str:
    """The screen as text."""
    strips = pilot.app.screen._compositor.render_strips()
    return "\n".join("".join(segment.text for segment in strip).rstrip() for strip in strips) + "\n"


def svg_of(pilot: Pilot[int]) -> str:
    """The screen as SVG, without links to fonts on the network."""
    svg = pilot.app.export_screenshot(title="mhv-tui")
    return re.sub(r"@font-face \{.*?\}\s*", "", svg, flags=re.DOTALL)


def dated(svg: str) -> str:
    """The SVG with the same day and time everywhere, and with names that do not depend on them."""
    named = re.sub(r"terminal-\d+-", "terminal-", svg)
    return re.sub(r"\b20\d\d-\d\d-\d\d((?: |&#160;)\d\d:\d\d)?", _same_time, named)


def _same_time(match: re.Match[str]) -> str:
    return "2026-11-26" + (f"{match[1][:-5]}09:12" if match[1] else "")


def screenshots() -> Path:
    """The directory of the README's screenshots."""
    return Path(__file__).parents[2] / "screenshots"
