"""The state of the wizard: the answers, which are saved at once, and the last result of each page.

The methods `check` and `apply` wait for remote systems; call them in a thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING, Any

from mhv_tui.core.answers import Accept, Answers, fields_of, secret_of
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.findings import KeyedFinding, Level, StepKey, page_level
from mhv_tui.core.forms import names_secret, show, take
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.steps import Step
from mhv_tui.engine.answers_writer import AnswersWriter, Writer
from mhv_tui.engine.check import Flow, Overrides, StepResult, check_step, earlier_facts
from mhv_tui.engine.landing import first_to_fill, first_undone
from mhv_tui.engine.page_state import Choices, Given, PageChoices, RefusedTexts, choices_on_error, is_typed
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop

if TYPE_CHECKING:
    from mhv_tui.engine.apply import Approve
    from mhv_tui.engine.fleet_state import FleetState
    from mhv_tui.engine.run import Run

PATIENCE = 3.0
"""Seconds that the check of a page waits for another page that it uses, but does not require."""


class WizardState:
    """The state of one wizard: its flow, backend, session and answers, and the last result of each page."""

    fleet: FleetState | None = None
    """All targets of the session; None if it has only one."""

    def __init__(self, flow: Flow, ctx: Context, session: Session, vault: Vault, today: Callable[[], date]) -> None:
        self.flow = flow
        self.session = session
        self.vault = vault
        self.stop = Stop()
        self._ctx = ctx
        self.today = today
        self._versions: dict[StepKey, int] = {}
        self._results: dict[StepKey, StepResult] = {}
        self._choices = PageChoices()
        self._refused = RefusedTexts()
        self._locks: dict[tuple[str, int], threading.Lock] = {}
        """(page, version of its answers) -> the lock held by its check, so that no system is asked the same twice."""
        self._used: dict[str, threading.Thread] = {}
        """Step id -> the thread that checks a page for another page that uses it."""
        self.writer: Writer = AnswersWriter(session)

    @property
    def answers(self) -> Answers:
        return self._ctx.answers

    def _key(self, step_id: str) -> StepKey:
        return self._ctx.target.key(step_id)

    def first_open(self) -> str:
        """The id of the first page to fill in; the first page if no page lacks an answer."""
        return first_to_fill(self.flow, self.answers, self._open) or self.flow[0].id

    def landing(self) -> str:
        """The id of the first page of a resumed session that needs the operator; if all are done, the last page."""
        to_fill = first_to_fill(self.flow, self.answers, self._open)
        return first_undone(self.flow, self.session, self.overrides().accepts, to_fill)

    def _open(self, step_id: str) -> bool:
        table = self.answers.tables[step_id]
        typed = [key for key, _, field in fields_of(table) if field.kind == "secret" and is_typed(getattr(table, key))]
        return bool(self.answers.missing(step_id)) or not all(self.has_typed(step_id, key) for key in typed)

    def step(self, step_id: str) -> Step[Any, Any]:
        return next(s for s in self.flow if s.id == step_id)

    def give(self, step: str, key: str, text: str, valid: str | None = None) -> Given:
        """Sets an answer from a line of text; "" sets the default. Drops the results that depend on the answer.

        The value of a typed secret is kept in memory only; the answer refers to this value. If the text is not valid,
        sets the answer from the text `valid` instead, and the page has this problem until a valid text is given.
        """
        field, default = next((f, d) for k, d, f in fields_of(self.answers.tables[step]) if k == key)
        if text and field.kind == "secret" and not names_secret(text):
            return self._give_typed(step, key, text)
        try:
            value = take(field, text) if text else default
        except ValueError as error:
            saved = valid or show(field, default) or "empty"
            is_new = valid is not None and self._refused.add(self._key(step), key, str(error), saved)
            if is_new:
                self._give(step, key, take(field, valid) if valid else default)
                self.forget(step)
            return Given(is_new, str(error))
        if self._refused.drop(self._key(step), key):
            self.forget(step)
            return replace(self._give(step, key, value), changed=True)
        return self._give(step, key, value)

    def drop_refused(self, step: str) -> None:
        """Drops the problems of a page's texts: a page that opens shows its saved answers."""
        if self._refused.drop_page(self._key(step)):
            self.forget(step)

    def _give(self, step: str, key: str, value: Any) -> Given:
        table = self.answers.tables[step]
        if isinstance(getattr(table, key), SecretRef) and not is_typed(value):
            self.vault.drop(getattr(table, key))
        if value == getattr(table, key):
            if self.writer.problem:
                self.writer.submit(self.answers)
            return Given()
        self._take(self.answers.replace(step, **{key: value}))
        self.forget(step)
        return Given(changed=True)

    def _give_typed(self, step: str, key: str, value: str) -> Given:
        answers = self.answers.replace(step, **{key: SecretRef("prompt")})
        self.vault.put(secret_of(answers.tables[step], key), value)
        self._take(answers)
        self.forget(step)
        return Given(changed=True)

    def _take(self, answers: Answers) -> None:
        """Replaces the answers and saves them in a thread."""
        self._keep_typed_secrets(answers)
        self._ctx = replace(self._ctx, target=replace(self._ctx.target, answers=answers))
        self.writer.submit(answers)

    def adopt(self, answers: Answers) -> None:
        """Replaces the answers, which are saved already, and drops the results that depend on what differs."""
        before = self.answers
        self._ctx = replace(self._ctx, target=replace(self._ctx.target, answers=answers))
        for step in self.flow:
            if answers.tables[step.id] != before.tables[step.id]:
                self.forget(step.id)

    def flush(self) -> str:
        """Waits until the answers are saved. Returns the reason why they are not saved; else ""."""
        return self.writer.flush()

    def _keep_typed_secrets(self, answers: Answers) -> None:
        """Keeps a typed secret if the user name changes, but not if the machine changes."""
        for step, table in answers.tables.items():
            before = self.answers.tables[step]
            for key, _, field in fields_of(table):
                old, new = getattr(before, key), getattr(table, key)
                if field.account and is_typed(old) and is_typed(new) and field.account.same_machine(before, table):
                    self.vault.copy(old, new)

    def has_typed(self, step: str, key: str) -> bool:
        """True if the secret of this answer was typed and is in memory."""
        ref = getattr(self.answers.tables[step], key)
        return is_typed(ref) and self.vault.has(ref)

    def overrides(self) -> Overrides:
        """The requested fixes and the accepted findings in the answers."""
        return Overrides.of(self.answers, self.today())

    def request_fix(self, code: str, requested: bool = True, subject: str = "") -> None:
        """Requests the fix of findings with a code, or cancels the request; with a subject only for this one."""
        self._take(self.answers.with_fix(code, requested, subject))

    def accept(self, code: str, reason: str, until: date | None = None) -> None:
        """Accepts the findings with a code, at the latest until a day; saved with the answers."""
        self._take(self.answers.with_accept(Accept(code, reason, until)))

    def withdraw(self, code: str) -> None:
        """Removes the acceptance of a code, if there is one; saved with the answers."""
        self._take(self.answers.without_accept(code))

    def try_again(self) -> None:
        """Allows one more attempt for each refused login and trial. Only for a check that the operator requests."""
        self._ctx.backend.allow_login_retry()
        self._ctx.trials.clear()

    def check(self, step_id: str) -> StepResult:
        """Checks one page. First checks the pages that it requires or uses, if they have no result yet.

        Waits at most PATIENCE seconds for a page that it only uses, because a remote system may not answer.
        """
        step = self.step(step_id)
        self._check_before(step)
        with self._lock(step_id):
            return self._check(step)

    def _lock(self, step_id: str) -> threading.Lock:
        return self._locks.setdefault((step_id, self._versions.get(self._key(step_id), 0)), threading.Lock())

    def _check_before(self, step: Step[Any, Any]) -> None:
        for required in step.requires:
            self._check_if_missing(required)
        for used in step.uses:
            if self.result(used) is None:
                self._check_aside(used).join(PATIENCE)

    def _check_if_missing(self, step_id: str) -> None:
        if self.result(step_id) is None:
            self._check_before(self.step(step_id))
            with self._lock(step_id):
                if self.result(step_id) is None:
                    self._check(self.step(step_id))

    def _check_aside(self, step_id: str) -> threading.Thread:
        """The thread that checks a page: the running thread, or a new one."""
        thread = self._used.get(step_id)
        if thread is None or not thread.is_alive():
            thread = threading.Thread(target=self._check_if_missing, args=(step_id,), name="check", daemon=True)
            self._used[step_id] = thread
            thread.start()
        return thread

    def _check(self, step: Step[Any, Any]) -> StepResult:
        from mhv_tui.engine.run import with_journal

        version = self._versions.get(key := self._key(step.id), 0)
        before = [r for s in self.flow[: self.flow.index(step)] if (r := self.result(s.id))]
        ctx = with_journal(self._ctx, self.session.journal, self.fleet.sharing.session.journal if self.fleet else None)
        self._choices.local[key] = step.work.local_choices(ctx, self.answers.tables[step.id])
        checked = check_step(step, ctx, before, self.overrides())
        result = self._refused.instead(key, checked)
        choices = choices_on_error(checked, replace(self._ctx, earlier=earlier_facts(before)))
        if self._versions.get(key, 0) == version:  # otherwise the answers have changed during the check
            self._choices.on_error[key], self._results[key] = choices, result
        return result

    def result(self, step_id: str) -> StepResult | None:
        """The last result of a page; None if there is none."""
        return self._results.get(self._key(step_id))

    def findings(self) -> list[KeyedFinding]:
        """The findings of all pages with a result, in the order of the flow."""
        keyed = [(self._key(s.id), r) for s in self.flow if (r := self.result(s.id))]
        return [(key, finding) for key, result in keyed for finding in result.findings]

    def forget(self, step_id: str) -> None:
        """Drops the results of a page and of the pages that depend on it, also the results of running checks."""
        changed = {step_id}
        for step in self.flow:
            if step.id in changed or changed & {*step.requires, *step.uses}:
                changed.add(step.id)
                self._results.pop(self._key(step.id), None)
                self.replace_check(step.id)

    def replace_check(self, step_id: str) -> None:
        """Ignores the result of a running check of a page, so that the next check does not wait for it."""
        key = self._key(step_id)
        self._locks.pop((step_id, self._versions.get(key, 0)), None)
        self._versions[key] = self._versions.get(key, 0) + 1

    def level(self, step_id: str) -> Level | None:
        """The level of the sign of a page in its last result; None without findings, and if it is not checked."""
        result = self.result(step_id)
        return page_level(result.findings) if result and result.findings and not result.unchecked else None

    def choices(self, step_id: str) -> Choices:
        """Answer key -> choices of the pickers of a page: those of this machine, and those of the last result."""
        return self._choices.of(self._key(step_id), self.result(step_id))

    def planned(self) -> list[tuple[str, Change]]:
        """(step id, change) of all missing changes in the last results, in the order of the flow."""
        return [(s.id, change) for s in self.flow if (r := self.result(s.id)) for change in r.plan]

    def apply(self, listener: Listener, approve: Approve, prove: bool = False) -> Finished:
        """Checks all pages again and makes the approved changes. Returns how the run ended; raises no error."""
        from mhv_tui.engine.run_end import end_of, locked_apply

        self.flush()
        run = self.new_run(listener, self.stop, prove)
        finished = end_of(lambda: locked_apply(run, approve), listener)
        self.keep_results(run)
        return finished

    def new_run(self, listener: Listener, stop: Stop, prove: bool = False) -> Run:
        """A run of all pages with the present answers."""
        from mhv_tui.engine.run import Run

        sharing = self.fleet.sharing if self.fleet else None
        return Run(self.flow, self._ctx, self.session, listener, stop, self.overrides(), prove=prove, sharing=sharing)

    def keep_results(self, run: Run) -> None:
        """Shows the results of a run on the pages."""
        self._results.update(run.results)

    def changes_made(self) -> list[tuple[str, str]]:
        """(step id, change id) of all changes that this session made and did not undo."""
        return [(e.step, e.id) for e in self.session.journal.not_undone() if not e.smoke_test]

    def last_smoke_tests(self) -> tuple[str, tuple[str, ...]] | None:
        """The day and the ids of the last successful smoke tests; None if there were none."""
        last = self.session.journal.last("proven", self._ctx.target.id)
        return (last["time"][:10], tuple(last["ids"])) if last else None
