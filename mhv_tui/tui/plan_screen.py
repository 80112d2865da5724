"""The screen of the plan: what blocks it and everything it changes, in one list, before anything is changed."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import PurePath
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import OptionList, Static

from mhv_tui.core.answers import Accept
from mhv_tui.core.changes import Change
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.plan_text import plan_text
from mhv_tui.tui import dialog_help, plan_keys
from mhv_tui.tui.acceptances import Acceptances
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.dialogs import ConfirmDialog, HelpViewer
from mhv_tui.tui.findings_pane import WIDE
from mhv_tui.tui.fix_requests import toggle_fix
from mhv_tui.tui.header import HeaderLine
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import FlowStepChecked
from mhv_tui.tui.plan_check import SLOW, PlanCheck
from mhv_tui.tui.plan_detail import PlanDetail
from mhv_tui.tui.plan_list import PlanList
from mhv_tui.tui.plan_place import PlanPlace, leave_plan
from mhv_tui.tui.plan_rows import PlanRow, preview_lines, rows_of
from mhv_tui.tui.plan_view import TALL, PlanView, question, view_of
from mhv_tui.tui.render import copied_text
from mhv_tui.tui.save_dialog import SaveDialog
from mhv_tui.tui.screens import WizardScreen
from mhv_tui.tui.timers import after, every


class PlanScreen(WizardScreen[None]):
    """What blocks the plan and what it changes. Ctrl+G asks once and makes all changes. `place`: what it shows."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["plan.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+g", "apply", "Apply"),
        ("ctrl+r", "check_again", "Check"),
        ("escape", "leave", "Back"),
        ("ctrl+p", "leave(True)", "Back"),
        ("f", "toggle_fix", "Fix"),
        ("x", "explain", "Explain"),
        ("a", "toggle_acceptance", "Accept"),
        ("f2,n", "next_problem", "Problem"),
        ("o", "toggle_all", "Open all"),
        ("right", "open(True)", "Open"),
        ("left", "open(False)", "Close"),
        ("s", "save", "Save"),
        ("f1,question_mark", "help", "Help"),
        ("ctrl+n", f"say({plan_keys.NO_NEXT!r})", "Next"),
        ("y", "copy", "Copy"),
    ]

    def __init__(self, place: PlanPlace | None = None) -> None:
        super().__init__()
        self.check = PlanCheck(self, self.wizard.state, self.wizard.worker)
        self._results: dict[str, StepResult] = {}
        self._previews: dict[str, list[str]] = {}
        self._acceptances = Acceptances(self.wizard.state)
        self._view = PlanView(opened=place.opened if place else frozenset())
        self._next_key = place.row if place else ""
        """The key of the row that becomes current as soon as the list contains it."""

    @property
    def checking(self) -> bool:
        """True until the results of all pages are shown."""
        return self.check.is_running

    @property
    def rows(self) -> PlanList:
        return self.query_one(PlanList)

    def compose(self) -> ComposeResult:
        yield HeaderLine(self.state, "Plan")
        yield Static("", id="plan-totals")
        yield Static("", id="plan-pages")
        with Horizontal(id="plan-body"):
            yield PlanList()
            yield PlanDetail()
        yield KeyLine()

    def on_mount(self) -> None:
        self._timer = every(self, 1.0, self._show_totals)
        self._results = {step.id: result for step in self.state.flow if (result := self.state.result(step.id))}
        self.rows.focus()
        self.action_check_again(is_requested=False)

    def on_unmount(self) -> None:
        self.check.stop()

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.height < TALL, "low")
        self._show_all()

    def action_check_again(self, is_requested: bool = True) -> None:
        """Checks all pages. A refused login is tried again, as the operator opens the plan or requests the check."""
        self.state.try_again()
        self._check([step.id for step in self.state.flow], is_requested)

    def _check_after_toggle(self, step_id: str, next_key: str) -> None:
        """Checks a page and all pages that could not be checked before. `next_key`: the row that becomes current."""
        self._next_key = next_key
        waiting = [step for step, result in self._results.items() if result.unchecked]
        self._check([step_id, *waiting])

    def _check(self, step_ids: list[str], is_requested: bool = False) -> None:
        self.check.start(step_ids, is_requested)
        self._timer.resume()
        after(self, SLOW, self._show_totals)
        self._show_all()

    def on_flow_step_checked(self, message: FlowStepChecked) -> None:
        result = self.check.take(message, self.wizard.clock())
        if result:
            self._results[result.step.id] = result
            self.wizard.note_levels()
            self._previews.clear()
            self._show_all()
        if not self.checking:
            self._timer.pause()
            self._next_key = ""
            if self.check.is_awaited and self.query_one(KeyLine).has_class("notice"):
                self.notice(plan_keys.CHECKED)
            self.check.is_awaited = False

    def _show_all(self) -> None:
        self.query_one(HeaderLine).refresh_systems()
        self._show_rows()
        self._show_totals()

    def _show_totals(self) -> None:
        totals, pages = self.query_one("#plan-totals", Static), self.query_one("#plan-pages", Static)
        self.check.show(totals, pages, self._view.summary)

    def _show_rows(self) -> None:
        results = [self._results[step.id] for step in self.state.flow if step.id in self._results]
        self._view = view_of(self.state, results, self._view.opened)
        rows = rows_of(self._view, self._preview, self.size.width - self._fit_detail() - 1)
        next_key = next((row.key for row in rows if self._next_key and row.key.startswith(self._next_key)), "")
        self.rows.show(rows, next_key)
        self._next_key = "" if next_key else self._next_key
        self._show_current()

    def _fit_detail(self) -> int:
        """Shows the explanation beside the list if there is room and no preview is open; returns its columns."""
        is_wide = self.size.width >= WIDE and not self._view.opened
        columns = self.size.width * 9 // 20 if is_wide else 0
        self.set_class(is_wide, "wide")
        self.query_one(PlanDetail).styles.width = columns
        return columns

    def _preview(self, change: Change) -> list[str]:
        if change.id not in self._previews:
            self._previews[change.id] = list(preview_lines(change))
        return self._previews[change.id]

    @on(OptionList.OptionHighlighted, "#plan")
    def _show_current(self) -> None:
        row = self.rows.current
        can_apply = not (self.checking or self._view.summary.is_blocked)
        self.query_one(KeyLine).show(plan_keys.all_keys(self._view, row, can_apply), keeps_notice=True)
        if self.has_class("wide"):
            self.query_one(PlanDetail).show(row, self._preview, self.wizard.explain, self.size.width * 9 // 20 - 4)

    def action_open(self, is_open: bool) -> None:
        """Shows or hides what the current change does."""
        row = self.rows.current
        if row and row.change and is_open != (row.change.id in self._view.opened):
            self._open(row.change)

    def _open(self, change: Change) -> None:
        """Shows what a change does in place; hides it if it is shown."""
        self._view = replace(self._view, opened=self._view.opened ^ {change.id})
        self._next_key = f"change {change.id}"
        self._show_rows()
        self.rows.scroll_to_end_of(f"preview {change.id} ")

    def action_next_problem(self) -> None:
        """Goes to the next problem of the plan."""
        if not self.rows.go_to_next_problem():
            self.notice(plan_keys.NO_PROBLEM)

    def action_toggle_all(self) -> None:
        """Shows what all changes do; hides it if a change is open."""
        changes = [change for _, change in self._view.summary.changes]
        if not changes:
            self.notice(plan_keys.NO_PREVIEW)
            return
        row = self.rows.current
        self._view = replace(self._view, opened=frozenset(() if self._view.opened else (c.id for c in changes)))
        self._next_key = f"change {row.change.id}" if row and row.change else ""
        self._show_rows()

    async def action_leave(self, at_once: bool = False) -> None:
        """Hides what the open changes do, else or `at_once` closes the plan."""
        if self._view.opened and not at_once:
            self.action_toggle_all()
        else:
            await leave_plan(self.wizard)

    @on(OptionList.OptionSelected, "#plan")
    async def _select(self) -> None:
        row = self.rows.current
        if row and row.change:
            self._open(row.change)
        elif row and row.step:
            await self.wizard.open_page(row.step, row.finding, PlanPlace(row.key, self._view.opened))

    def action_explain(self) -> None:
        """Shows the current finding with its entry in the catalogue; shows or hides what the current change does."""
        row = self.rows.current
        if row and row.change:
            self._open(row.change)
        elif row and row.finding:
            keys = plan_keys.explanation_keys(self._view, row)
            self.app.push_screen(self.wizard.explanation(row.finding, keys), self._act)
        else:
            self.notice(plan_keys.NO_EXPLANATION)

    def _act(self, key: str | None) -> None:
        """Does what a key of the explanation means."""
        if key:
            {"f": self.action_toggle_fix, "a": self.action_toggle_acceptance}[key]()

    def action_toggle_fix(self) -> None:
        """Requests the fix of the current problem, or cancels the request; without a fix, goes to the answer."""
        if (row := self.rows.current) is None:
            return
        finding, answer = plan_keys.fixable(self._view, row), plan_keys.answer_of(self._view, row)
        if answer:
            self.wizard.open_field(*answer, place=PlanPlace(row.key, self._view.opened))
        elif finding:
            toggle_fix(self.state, finding)
            self._check_after_toggle(row.step, plan_keys.next_fixable(self._view, row, finding, self.rows.others))
        else:
            self.notice(plan_keys.no_fix_reason(row))

    def action_toggle_acceptance(self) -> None:
        """Asks for a reason and accepts the current problem, or withdraws its acceptance."""
        row = self.rows.current
        finding = row.finding if row else None
        reason = plan_keys.not_acceptable_reason(row)
        if row is None or finding is None or reason:
            self.notice(reason)
            return
        if finding.accepted:
            self.notice(self._acceptances.withdraw(finding.code))
            self._check_after_toggle(row.step, f"problem {row.step} {finding.code} {finding.subject}")
        else:
            self.app.push_screen(self._acceptances.dialog(finding), partial(self._accept, row))

    def _accept(self, row: PlanRow, accept: Accept | None) -> None:
        if accept and row.finding:
            self.state.accept(accept.code, accept.reason, accept.until)
            self._check_after_toggle(row.step, f"accepted {row.step} {accept.code} {row.finding.subject}")

    def action_save(self) -> None:
        """Asks for a path and saves the plan as text."""
        name = self.state.session.name
        text = plan_text(self._view.summary, name, self.state.answers, self.state.today())
        self.app.push_screen(SaveDialog("Save the plan as text", f"{name}-plan.txt", lambda path: text), self._saved)

    def _saved(self, place: str | None) -> None:
        if place:
            self.notice(f"The plan is saved as {place}")

    def action_copy(self) -> None:
        """Copies the current change or finding; during a check, says when ^G asks the question that y answers."""
        row = self.rows.current
        self.check.is_awaited = self.checking
        if row and row.shown and not self.checking:
            self.app.copy_to_clipboard(copied_text(row.shown))
        self.notice(plan_keys.STILL_CHECKING if self.checking else plan_keys.copied(row))

    def action_help(self) -> None:
        """Shows the keys of the plan, first those of the current row."""
        self.app.push_screen(HelpViewer("Plan: help", plan_keys.help_text(self.rows.current)))

    def action_apply(self) -> None:
        """Asks once, then makes all changes."""
        summary = self._view.summary
        if self.checking:
            self.action_copy()
        elif summary.is_blocked:
            self.notice(plan_keys.blocked_reason(summary))
        else:
            self.app.push_screen(ConfirmDialog(question(summary), dialog_help.APPLY), self._apply)

    def _apply(self, confirmed: bool | None) -> None:
        if confirmed:
            self.app.switch_screen(ApplyScreen(frozenset(change.id for _, change in self._view.summary.changes)))
