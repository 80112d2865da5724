"""The sidebar: every step with its number, the glyph of its last check and the number of its problems."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, cast

from textual import events
from textual.content import Content
from textual.geometry import Size
from textual.widgets import Input, Static

from mhv_tui.core.answers import applies, fields_of, is_folded
from mhv_tui.core.changes import EFFECT_GLYPHS
from mhv_tui.core.findings import GLYPHS, Level, amount
from mhv_tui.engine.failed_tests import failed_tests
from mhv_tui.engine.ledger import proof_rows
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.marked_list import MARK
from mhv_tui.tui.render import COLOURS, PROBLEMS, level_word

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

SIGN_COLUMNS = 3
"""The columns of a step's sign with its number."""

SIGN_END, TITLE = 18, 15
"""The columns up to the sign of a page in the list of the pages, and those of its title."""

NARROW = 76
"""Below this number of columns, the sidebar has no blanks between its columns."""

MANY = "…"
"""Stands for a number that has no room."""

SHORT = 22
"""Below this number of rows, a page has no blank rows, and an introduction only if there is room for it."""

FEW_FIELDS = 4
"""The most fields of a page that has room for its introduction in a short terminal."""

AFTER_APPLY = "after apply"
"""The word for the sign of a page without checks: its state follows from apply and the test servers."""

OTHER_ROWS = 4
"""The rows of the screen above and below the list of the steps and its legend."""

UNCHECKED = "·"
"""The sign of a page that was not checked yet."""

NOT_CHECKED = "not checked"

WARNING, WARNING_OR_ACCEPTED = "warning", "warning or\n   accepted"
"""The word for the sign of a warning, which is that of an accepted problem too."""

OLD_SIGN = " dim, no number:\n   earlier check"
"""The rows of the legend about the signs of pages that are not checked again yet."""

SIGNS = (
    (GLYPHS["failure"], "problem"),
    (GLYPHS["warning"], WARNING),
    (GLYPHS["unknown"], "unknown"),
    (GLYPHS["missing"], level_word("missing")),
    (EFFECT_GLYPHS["edit"], "edit"),
    (EFFECT_GLYPHS["delete"], "delete"),
    (GLYPHS["ok"], "passed"),
    (GLYPHS["skipped"], "skipped"),
    (UNCHECKED, NOT_CHECKED),
)
"""Each sign with its word, the most important first. What is planned, a page lacks or a change creates."""


class Sidebar(Static):
    """A list with one row per step; the current one has a mark. Below it, a legend explains the signs of the page."""

    def __init__(self, current: str) -> None:
        super().__init__("", id="sidebar")
        self._current = current
        self.page_signs: Collection[str] = ()
        """The signs of the findings and the table beside the list."""
        self._screen_size: Size | None = None
        """The size of the screen to which the page was fitted."""

    def on_mount(self) -> None:
        self.refresh_levels()

    def on_resize(self, event: events.Resize) -> None:
        if self.app.size != self._screen_size:  # else a notice of two lines needs a row
            self._screen_size = self.app.size
            self._fit_page()
        self.refresh_levels()

    def _fit_page(self) -> None:
        is_short = self.app.size.height < SHORT
        self.screen.set_class(is_short, "short")
        self.screen.set_class(is_short and not self._has_room(), "full")

    def _has_room(self) -> bool:
        """True if a short page has room for its introduction: it has few fields, and no problem to read."""
        wizard = cast("Wizard", self.app)
        table = wizard.state.answers.tables[self._current]
        shown = [key for key, _, _ in fields_of(table) if applies(table, key) and not is_folded(table, key)]
        level = wizard.state.level(self._current) or wizard.last_seen.get(self._current)
        return len(shown) <= FEW_FIELDS and level not in PROBLEMS

    def refresh_levels(self) -> None:
        """Shows the levels of the last results. The introduction does not move a field that is edited."""
        is_narrow = self.app.size.width < NARROW
        self.screen.set_class(is_narrow, "narrow")
        if not isinstance(self.screen.focused, Input):
            self._fit_page()
        wizard = cast("Wizard", self.app)
        rows = step_rows(wizard.state, self._current, wizard.last_seen, is_narrow)
        signs = {*self.page_signs, *"".join(row.plain[-SIGN_COLUMNS - 1 :] for row in rows)}
        room = self.app.size.height - OTHER_ROWS - len(rows)
        legend = legend_rows(signs, room, _own_words(wizard.state, rows), _has_old_sign(wizard.state, wizard.last_seen))
        self.update(Content("\n").join([*rows, *legend]))


def legend_rows(signs: Collection[str], room: int, own_words: Mapping[str, str], has_old_sign: bool) -> list[Content]:
    """Returns a row for each of these signs, as many as there is room for, after a blank row if there is room.

    `own_words`: sign -> its word, if not that of SIGNS; `has_old_sign`: the list has a sign of an earlier check, which
    the first rows explain.
    """
    rows = OLD_SIGN.splitlines() if has_old_sign else []
    words = {**dict(SIGNS), **own_words}
    rows += "\n".join(f" {sign} {word}" for sign, word in words.items() if sign in signs).splitlines()
    rows = rows[: max(room, 0)]
    return [Content.styled(row, "dim $text-muted") for row in ([""] if 0 < len(rows) < room else []) + rows]


def step_rows(
    state: WizardState, current: str, last_seen: Mapping[str, Level], is_narrow: bool = False
) -> list[Content]:
    """Returns a row per step: mark, number, id, glyph and count.

    A step that is not checked now has a dim glyph without a count, from its level in `last_seen`.
    """
    return [
        _row(state, step.id, number, step.id == current, last_seen.get(step.id), is_narrow)
        for number, step in enumerate(state.flow, 1)
    ]


def _own_words(state: WizardState, rows: Sequence[Content]) -> dict[str, str]:
    """The words for the signs of a warning, and of the pages that are not checked.

    The latter is AFTER_APPLY if none of these pages has checks.
    """
    unchecked = [step for step, row in zip(state.flow, rows, strict=True) if row.plain.endswith(UNCHECKED)]
    has_accepted = any(finding.accepted for _, finding in state.findings())
    return {
        GLYPHS["warning"]: WARNING_OR_ACCEPTED if has_accepted else WARNING,
        UNCHECKED: NOT_CHECKED if any(step.has_checks for step in unchecked) else AFTER_APPLY,
    }


def _level_now(state: WizardState, step: str) -> Level | None:
    """The level of the sign of a page, which its last result shows; None if only an earlier one can have a sign."""
    return state.level(step) or _level_without_checks(state, step)


def _has_old_sign(state: WizardState, last_seen: Mapping[str, Level]) -> bool:
    return any(step.id in last_seen and not _level_now(state, step.id) for step in state.flow)


def state_word(state: WizardState, step: str, last_seen: Mapping[str, Level]) -> Content:
    """Returns the word for the glyph of a step's row, as dim as the glyph."""
    level, last_level = _level_now(state, step), last_seen.get(step)
    if level:
        return Content.styled(level_word(level), COLOURS[level])
    has_checks = next(page.has_checks for page in state.flow if page.id == step)
    never = NOT_CHECKED if has_checks else AFTER_APPLY
    word = f"{level_word(last_level)}, earlier" if last_level else never
    return Content.styled(word, "dim $text-muted")


def titled_rows(state: WizardState, last_seen: Mapping[str, Level]) -> list[Content]:
    """Returns a row per step for the list of the pages: as `step_rows`, then its title and the word for its glyph."""
    return [
        Content.assemble(
            row.pad_right(SIGN_END - row.cell_length),
            f"  {step.title:<{TITLE}}  ",
            state_word(state, step.id, last_seen),
        )
        for row, step in zip(step_rows(state, "", last_seen), state.flow, strict=True)
    ]


def _row(
    state: WizardState, step: str, number: int, is_current: bool, last_level: Level | None, is_narrow: bool
) -> Content:
    level = _level_now(state, step)
    mark, gap = MARK if is_current else " ", "" if is_narrow else " "
    head = f"{mark}{gap}{number:>2} {step:<9}"
    glyph = (
        (_with_amount(GLYPHS[level], *_amounts(state, step, level), gap), COLOURS[level])
        if level
        else (f"{gap} {GLYPHS[last_level] if last_level else UNCHECKED}", "dim $text-muted")
    )
    return Content.assemble((head, "bold" if is_current else ""), glyph)


def _with_amount(glyph: str, amount: int, has_plan: bool, gap: str) -> str:
    """Returns the glyph and the number, in three columns after the gap; a longer sign begins in the gap.

    `has_plan`: the plan has changes too, which get their sign.
    """
    plan = GLYPHS["missing"] if has_plan else ""
    signs = (f"{glyph}{number}{plan}" for number in (amount or "", MANY))
    sign = next(sign for sign in signs if len(sign) <= SIGN_COLUMNS + len(gap) or MANY in sign)
    return gap * (len(sign) <= SIGN_COLUMNS) + " " * (len(sign) < SIGN_COLUMNS) + sign


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


def _amounts(state: WizardState, step: str, level: Level) -> tuple[int, bool]:
    """Returns the number of findings of the worst level, if it is one to act on; of changes if some are missing.

    And whether there are changes beside findings of a worse level.
    """
    result = state.result(step)
    if level in ("ok", "skipped") or result is None:
        return 0, False
    if level == "missing":
        return len(result.plan), False
    return amount(result.findings, level), bool(result.plan)
