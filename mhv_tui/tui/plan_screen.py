"""The screen with the plan of all steps, before anything is changed, or with the checks that block the plan."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_screen import ApplyScreen, undo_hint
from mhv_tui.tui.dialogs import ConfirmDialog, TextViewer
from mhv_tui.tui.header import HeaderLine
from mhv_tui.tui.messages import FlowChecked, post_from_thread
from mhv_tui.tui.render import finding_row, wrap_lines

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

KEYS = {
    "changes": "Enter preview  ^G apply  ^R check again  Esc back  ^Q quit",
    "blocked": "Enter open page  ^R check again  Esc back  ^Q quit",
}
"""The last line of the screen, with only the keys that have an effect."""


class PlanScreen(Screen[None]):
    """The missing changes of all steps. Enter shows a change's preview; Ctrl+G asks once and makes all changes."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+g", "apply", "Apply"),
        ("ctrl+r", "check_again", "Check"),
        ("escape,ctrl+p", "app.pop_screen", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[tuple[str, Change]] = []
        self._blocking: list[tuple[str, Finding]] = []
        self.checking = True
        """True until the results of all steps are shown."""

    @property
    def wizard(self) -> Wizard:
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.wizard.state, "Plan")
        with Vertical(id="plan-body"):
            yield Static("", id="intro")
            yield OptionList(id="plan", compact=True)
        yield Label(KEYS["changes"], id="keys")

    def on_mount(self) -> None:
        self._check()

    def action_check_again(self) -> None:
        """Checks all steps again, unless a check is running."""
        if not self.checking:
            self._check()

    def _check(self) -> None:
        """Checks all steps in the worker thread. A refused login is tried again, as the operator requests the check."""
        self.checking = True
        self.query_one("#intro", Static).update("checking all steps ...")
        state = self.wizard.state
        state.try_again()
        self.wizard.worker.submit("plan", partial(self._check_in_thread, state))

    def _check_in_thread(self, state: WizardState) -> None:
        post_from_thread(self, FlowChecked([state.check(step.id) for step in state.flow]))

    def on_flow_checked(self, message: FlowChecked) -> None:
        self.checking = False
        self._blocking = _blocking_findings(message.results)
        self._changes = [] if self._blocking else [(r.step.id, change) for r in message.results for change in r.plan]
        rows = self.query_one("#plan", OptionList)
        rows.clear_options()
        width = max(self.size.width - 5, 30)
        if self._blocking:
            intro = "mhv-tui makes no change until these checks pass. Enter opens the page of a check."
            rows.add_options(Option(Content.assemble(f"{s}\n", finding_row(f, width))) for s, f in self._blocking)
        elif self._changes:
            intro = f"{_to_make(len(self._changes))}. {undo_hint(self.wizard.state)}"
            rows.add_options(Option(_change_row(step, change, width)) for step, change in self._changes)
        else:
            intro = "No change is missing: all steps are done. Ctrl+G boots the test servers again."
        self.query_one("#keys", Label).update(KEYS["blocked" if self._blocking else "changes"])
        self.query_one("#intro", Static).update(Content(intro))
        rows.highlighted = 0 if rows.option_count else None
        rows.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self._changes:
            change = self._changes[event.option_index][1]
            self.app.push_screen(TextViewer(change.summary, change.preview() or change.summary))
        elif self._blocking:
            self.wizard.open_page(self._blocking[event.option_index][0])

    def action_apply(self) -> None:
        """Asks once, then makes all changes."""
        if self.checking or self._blocking:
            return
        number = len(self._changes)
        make = "Make this change now?" if number == 1 else f"Make these {number} changes now?"
        question = make if number else "Boot one server on each hypervisor now?"
        self.app.push_screen(ConfirmDialog(question), self._apply)

    def _apply(self, confirmed: bool | None) -> None:
        if confirmed:
            self.app.switch_screen(ApplyScreen(frozenset(change.id for _, change in self._changes)))


def _blocking_findings(results: Sequence[StepResult]) -> list[tuple[str, Finding]]:
    """Returns step id and finding of each failure that stops apply; without a failure, of each unchecked step."""
    findings = [(r.step.id, finding) for r in results for finding in r.findings]
    failures = [(step, finding) for step, finding in findings if finding.stops]
    return failures or [(step, finding) for step, finding in findings if finding.code in ("WZ08", "WZ10")]


def _to_make(number: int) -> str:
    return f"{count(number, 'change')} to make; Ctrl+G makes {'it' if number == 1 else 'them'}"


def _change_row(step: str, change: Change, width: int) -> Content:
    first_line, *other_lines = wrap_lines(change.summary, width, " " * 12)
    rest = "".join(f"\n{line}" for line in other_lines)
    return Content.assemble(("+ ", "bold $text-primary"), (f"{step:<10}", "$text-muted"), first_line[12:], rest)
