"""The sidebar: every step with its number, the glyph of its last check and the number of its problems."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, cast

from textual import events
from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.findings import GLYPHS, Level, amount
from mhv_tui.engine.failed_tests import failed_tests
from mhv_tui.engine.ledger import proof_rows
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.marked_list import MARK
from mhv_tui.tui.render import COLOURS, level_word

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

NARROW = 76
"""Below this number of columns, the sidebar has no blanks between its columns."""

SHORT = 22
"""Below this number of rows, a page has no introduction and no blank rows."""

UNCHECKED = "·"
"""The glyph of a step that was not checked yet."""

NOT_CHECKED = "not checked"
AFTER_APPLY = "after apply"
"""The words for this glyph of a page without checks: its state follows from apply and the test servers."""


class Sidebar(Static):
    """A list with one row per step; the current one has a mark."""

    def __init__(self, current: str) -> None:
        super().__init__("", id="sidebar")
        self._current = current

    def on_mount(self) -> None:
        self.refresh_levels()

    def on_resize(self, event: events.Resize) -> None:
        self.refresh_levels()

    def refresh_levels(self) -> None:
        """Shows the levels of the last results."""
        is_narrow = self.app.size.width < NARROW
        self.screen.set_class(is_narrow, "narrow")
        self.screen.set_class(self.app.size.height < SHORT, "short")
        wizard = cast("Wizard", self.app)
        rows = step_rows(wizard.state, self._current, wizard.last_seen, is_narrow)
        if legend := _legend(wizard.state, rows):
            rows += [Content(""), Content.styled(legend, "dim $text-muted")]
        self.update(Content("\n").join(rows))


def step_rows(
    state: WizardState, current: str, last_seen: Mapping[str, Level], is_narrow: bool = False
) -> list[Content]:
    """Returns a row per step: mark, number, id, glyph and count.

    A step that is not checked yet has a dim glyph without a count, from its level in `last_seen`.
    """
    return [
        _row(state, step.id, number, step.id == current, last_seen.get(step.id), is_narrow)
        for number, step in enumerate(state.flow, 1)
    ]


def _legend(state: WizardState, rows: Sequence[Content]) -> str:
    """The row that explains the glyph of pages that are not checked; "" if no row has it."""
    unchecked = [step for step, row in zip(state.flow, rows, strict=True) if row.plain.endswith(UNCHECKED)]
    words = NOT_CHECKED if any(step.has_checks for step in unchecked) else AFTER_APPLY
    return f" {UNCHECKED} {words}" if unchecked else ""


def state_word(state: WizardState, step: str, last_seen: Mapping[str, Level]) -> Content:
    """Returns the word for the glyph of a step's row, as dim as the glyph."""
    level, last_level = state.level(step) or _level_without_checks(state, step), last_seen.get(step)
    if level:
        return Content.styled(level_word(level), COLOURS[level])
    has_checks = next(page.has_checks for page in state.flow if page.id == step)
    word = level_word(last_level) if last_level else NOT_CHECKED if has_checks else AFTER_APPLY
    return Content.styled(word, "dim $text-muted")


def _row(
    state: WizardState, step: str, number: int, is_current: bool, last_level: Level | None, is_narrow: bool
) -> Content:
    level = state.level(step) or _level_without_checks(state, step)
    mark, gap = MARK if is_current else " ", "" if is_narrow else " "
    head = f"{mark}{gap}{number:>2} {step:<9}{gap}"
    glyph = (
        (_with_amount(GLYPHS[level], _amount(state, step, level)), COLOURS[level])
        if level
        else (f" {GLYPHS[last_level] if last_level else UNCHECKED}", "dim $text-muted")
    )
    return Content.assemble((head, "bold" if is_current else ""), glyph)


def _with_amount(glyph: str, amount: str) -> str:
    """Returns the glyph and the number in three columns; a number of two digits leaves no room for a blank."""
    return f"{glyph}{amount}" if len(amount) > 1 else f" {glyph}{amount}"


def _level_without_checks(state: WizardState, step: str) -> Level | None:
    """The level of a page that has no checks: ok if nothing is missing and the last test servers booted since.

    A failure if one of them did not boot.
    """
    result = state.result(step)
    if result is None or result.unchecked or state.planned() or any(f.stops for _, f in state.findings()):
        return None
    records = state.session.journal.records()
    if failed_tests(records):
        return "failure"
    proofs = proof_rows(records)
    return "ok" if proofs and proofs[-1].holds else None


def _amount(state: WizardState, step: str, level: Level) -> str:
    """Returns the number of findings of the worst level, if it is one to act on; of changes if some are missing."""
    result = state.result(step)
    if level in ("ok", "skipped") or result is None:
        return ""
    number = len(result.plan) if level == "missing" else amount(result.findings, level)
    return str(number or "") if number < 100 else "9+"
