"""The keys that act on the current finding of a page: fix, accept, explain and copy. One that cannot act says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual import on
from textual.binding import BindingType
from textual.containers import Vertical
from textual.message import Message
from textual.widgets import OptionList

from mhv_tui.core.answers import Accept
from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding, Level
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.fix_requests import fixable, group_question, place_of, toggle_fix
from mhv_tui.tui.folds import Fold
from mhv_tui.tui.list_rows import row_key
from mhv_tui.tui.matrix import MatrixView
from mhv_tui.tui.messages import NoticePosted
from mhv_tui.tui.render import CHANGE, COPIED, SHOWN, copied_text

if TYPE_CHECKING:
    from mhv_tui.tui.acceptances import Acceptances
    from mhv_tui.tui.app import Wizard


NO_ROW = "Choose a finding with the arrow keys first."
COUNTED = "This row counts findings: Enter lists them, and {key} acts on one of them."
OPENED = "This row counts findings: {key} acts on one of those below it."
NOTHING_COUNTED: dict[Level, str] = {
    "ok": "Checks that have passed: there is nothing to fix or accept.",
    "skipped": "Checks that were not made: there is nothing to fix or accept.",
    "missing": "Checks that wait for changes of the plan: there is nothing to fix or accept.",
}
"""Level -> the reason why neither `f` nor `a` acts on a row that counts findings of this level, nor on one of them."""
PLANNED_CHANGE = "The plan makes this change: {nothing}; ^G shows the plan."
NOTHING: Mapping[str, str] = {"f": "there is nothing to fix", "a": "there is nothing to accept"}
"""Key -> why it does nothing on a planned change."""
NO_RESULT = "The page is being checked: the findings appear in a moment."
NO_MATCH = "No finding matches the filter: Esc shows all."
NO_CELL = "This cell has no problem: choose another one with the arrow keys."
NOTHING_TO_COPY = "Nothing to copy: this cell has no problem. Choose another one (arrow keys)."
NO_FIX: dict[Level, str] = {
    "ok": "{code} has passed: there is nothing to fix.",
    "skipped": "{code} was not checked: there is nothing to fix.",
    "missing": "{code}: the plan makes this change. ^G shows the plan.",
}
NO_OWN_FIX = "{code} has no fix that mhv-tui can make: follow its remedy."
NOT_ACCEPTABLE: dict[Level, str] = {
    "ok": "{code} has passed: there is nothing to accept.",
    "skipped": "{code} was not checked: there is nothing to accept.",
    "missing": "{code}: the plan makes this change, so there is nothing to accept.",
    "unknown": "{code} is unknown and stops nothing: there is nothing to accept.",
    "warning": "{code} is a warning and stops nothing: there is nothing to accept.",
    "failure": "{code} cannot be accepted: apply cannot work without it. Fix the cause.",
}
"""Level -> the reason why a finding cannot be accepted."""
FAILED_TEST = "{code} is a failed test: apply tests again, so there is nothing to accept."


@dataclass(eq=False, repr=False)
class CheckNeeded(Message):
    """A fix was requested or a failure accepted, so that the page must be checked again. `text`: what is said then."""

    text: str = ""


class FindingActions(Vertical):
    """The findings of a page as a list and a table, with the keys that act on the current one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("f", "toggle_fix", "Fix"),
        ("a", "toggle_acceptance", "Accept"),
        ("x", "explain", "Explain"),
        ("y", "copy", "Copy"),
    ]

    def __init__(self, state: WizardState, step_id: str) -> None:
        super().__init__(id="checks")
        self._state = state
        self._step_id = step_id
        self.rows, self.matrix = FindingsList(), MatrixView()

    @property
    def selected(self) -> Finding | None:
        """The finding of the current row, or of the current cell of the matrix if the matrix has the focus."""
        return self.matrix.finding if self.matrix.has_focus else self.rows.selected

    def _nothing_selected(self, key: str) -> str:
        """The reason why no finding is selected on which this key could act."""
        if self.matrix.has_focus:
            return NOTHING_TO_COPY if key == "y" else NO_CELL
        if self.has_class("no-match"):
            return NO_MATCH
        if isinstance(fold := self.rows.current, Fold):
            listed = OPENED if self.rows.is_open(fold) else COUNTED
            return (listed if key == "y" else NOTHING_COUNTED.get(fold.level, listed)).format(key=key)
        if isinstance(self.rows.current, Change):
            return PLANNED_CHANGE.format(nothing=NOTHING[key])
        return NO_ROW if self.rows.option_count else NO_RESULT

    @on(OptionList.OptionSelected, "#findings")
    def action_explain(self) -> None:
        """Shows the current finding with its entry in the catalogue; opens or closes a row that counts findings.

        A cell of the table without a finding shows the facts of its row.
        """
        from mhv_tui.tui.dialogs import TextViewer

        current = self.matrix.finding if self.matrix.has_focus else self.rows.current
        if isinstance(current, Fold):
            self.rows.toggle(current)
        elif isinstance(current, Change):
            self.app.push_screen(TextViewer(current.summary, current.preview() or current.summary))
        elif current:
            keys = self.rows.keys_of(current)
            cell = self.matrix.fact if self.matrix.has_focus else ""
            self.app.push_screen(cast("Wizard", self.app).explanation(current, keys, cell), self._act)
        elif self.matrix.has_focus:
            self.matrix.action_explain()
        else:
            self.post_message(NoticePosted(self._nothing_selected("x")))

    def _act(self, key: str | None) -> None:
        """Does what a key of the explanation means, on the finding that was explained."""
        if key == "f":
            self.action_toggle_fix()
        elif key == "a":
            self.action_toggle_acceptance()

    def action_toggle_fix(self) -> None:
        """Requests the current fix, or cancels the request; without a fix, goes to the answer that the remedy names."""
        finding, fold = self.selected, None if self.matrix.has_focus else self.rows.current
        if isinstance(fold, Fold) and (findings := fixable(fold)):
            from mhv_tui.tui.dialog_help import FIXES
            from mhv_tui.tui.dialogs import ConfirmDialog

            question = group_question(findings, self.rows.fixes)
            self.app.push_screen(ConfirmDialog(question, FIXES), partial(self._toggle_fixes, findings))
        elif finding is None:
            self.post_message(NoticePosted(self._nothing_selected("f")))
        elif finding.fix and not finding.accepted:
            if self.rows.has_focus and finding.level != "missing":
                self.rows.leave(finding)
            self._toggle_fixes([finding], True)
        elif answer := self.rows.answers.get(row_key(finding)):
            cast("Wizard", self.app).open_field(*place_of(answer, self._step_id))
        else:
            self.post_message(NoticePosted(NO_FIX.get(finding.level, NO_OWN_FIX).format(code=finding.code)))

    def _toggle_fixes(self, findings: Sequence[Finding], confirmed: bool | None) -> None:
        if confirmed:
            for finding in findings:
                toggle_fix(self._state, finding)
            self.post_message(CheckNeeded())

    @cached_property
    def _acceptances(self) -> Acceptances:
        from mhv_tui.tui.acceptances import Acceptances

        return Acceptances(self._state)

    def action_toggle_acceptance(self) -> None:
        """Asks for a reason and accepts the current failure, or withdraws its acceptance."""
        finding = self.selected
        if finding is None:
            self.post_message(NoticePosted(self._nothing_selected("a")))
        elif finding.accepted:
            self.post_message(CheckNeeded(self._acceptances.withdraw(finding.code)))
        elif finding.can_be_accepted:
            self.app.push_screen(self._acceptances.dialog(finding), self._accept)
        else:
            reason = FAILED_TEST if finding.tested_again else NOT_ACCEPTABLE[finding.level]
            self.post_message(NoticePosted(reason.format(code=finding.code)))

    def _accept(self, accept: Accept | None) -> None:
        if accept:
            self._state.accept(accept.code, accept.reason, accept.until)
            self.post_message(CheckNeeded())

    def action_copy(self) -> None:
        """Copies the current finding with its remedy, or the current change, to the clipboard of the terminal."""
        row = self.selected if self.matrix.has_focus else self.rows.current
        if row is None or isinstance(row, Fold):
            self.post_message(NoticePosted(self._nothing_selected("y")))
            return
        self.app.copy_to_clipboard(copied_text(row))
        name = CHANGE if isinstance(row, Change) else row.code
        self.post_message(NoticePosted(f"{COPIED.format(name=name)} {SHOWN}"))
