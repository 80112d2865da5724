"""The road as a face walks it page by page: answers that are saved as they are given, and the last look of each page.

Everything blocking (look, apply) is meant to be called in a thread; a look of an older run number is stale.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date
from types import MappingProxyType
from typing import Any

from mhv_tui.core.answers import Accept, Answers, fields_of, parse
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.findings import Level, worst
from mhv_tui.core.forms import names_secret, take
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.steps import Choice, Step
from mhv_tui.engine.apply import Approve, apply
from mhv_tui.engine.look import Flow, Overrides, StepResult, look_at_step
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop

log = logging.getLogger(__name__)

Choices = Mapping[str, Sequence[Choice]]
"""By answer key: what a picker offers."""


class WizardState:
    """One operator's walk: flow, world, session, answers, and what each page's last look found."""

    def __init__(self, flow: Flow, ctx: Context, session: Session, vault: Vault, today: Callable[[], date]) -> None:
        self.flow = flow
        self.session = session
        self.vault = vault
        self.stop = Stop()
        self._ctx = ctx
        self._today = today
        self._changed: dict[str, int] = {}
        self._looks: dict[str, StepResult] = {}
        self._rescued: dict[str, Choices] = {}
        self._unkept = False
        """True while the session could not be written: the next answer of any page is a new try."""

    @property
    def answers(self) -> Answers:
        """As they stand now."""
        return self._ctx.answers

    def first_open(self) -> str:
        """The page to land on: the first that was never answered, or lacks a required answer or a typed secret."""
        return next((s.id for s in self.flow if self._open(s.id) or self._untouched(s.id)), self.flow[0].id)

    def landing(self) -> str:
        """Where a resumed session goes on: the first open page, else where the last run was, else the first to do."""
        opened = next((s.id for s in self.flow if self._open(s.id)), "")
        begun = next((e.step for e in self.session.journal.standing() if not e.complete), "")
        stopped = str((self.session.journal.last("finished") or {}).get("step", ""))
        known = {s.id for s in self.flow}
        return next((step for step in (opened, begun, stopped) if step in known), self.first_open())

    def _untouched(self, step_id: str) -> bool:
        rows = list(fields_of(self.answers.tables[step_id]))
        return bool(rows) and all(getattr(self.answers.tables[step_id], key) == default for key, default, _ in rows)

    def _open(self, step_id: str) -> bool:
        table = self.answers.tables[step_id]
        asked_for = [key for key, _, note in fields_of(table) if note.kind == "secret" and _typed(getattr(table, key))]
        return bool(self.answers.missing(step_id)) or not all(self.keeps(step_id, key) for key in asked_for)

    def step(self, step_id: str) -> Step[Any, Any]:
        """A page by its id."""
        return next(s for s in self.flow if s.id == step_id)

    def give(self, step: str, key: str, text: str) -> str:
        """Takes a line of text as an answer, "" as none; returns "" or what is wrong and what is right.

        A line that is a secret itself is kept in memory alone.
        """
        if not text:
            return self.clear(step, key)
        note = {k: n for k, _, n in fields_of(self.answers.tables[step])}[key]
        if note.kind == "secret" and not names_secret(text):
            return self.keep_secret(step, key, text)
        try:
            return self.answer(step, key, take(note, text))
        except ValueError as error:
            return str(error)

    def answer(self, step: str, key: str, value: Any) -> str:
        """Parses and saves one answer; returns "" or the sentence that says what is wrong and what is right."""
        note = {k: n for k, _, n in fields_of(self.answers.tables[step])}[key]
        try:
            parsed = parse(note, value)
        except ValueError as error:
            return str(error)
        if isinstance(parsed, SecretRef) and parsed.kind != "prompt":
            self.vault.drop(self._place(step, key))
        if self._unkept or parsed != getattr(self.answers.tables[step], key):
            return self._take(self.answers.replace(step, **{key: parsed}))
        return ""

    def _take(self, answers: Answers) -> str:
        """Goes on with these answers and saves them; returns "" or why they are in memory alone."""
        self._ctx, self._unkept = replace(self._ctx, answers=answers), True
        try:
            self.session.save_answers(answers)
        except OSError as error:
            where, why = self.session.directory, error.strerror or error
            return f"is not saved ({why}) and holds until you quit; mend {where}, then change any answer"
        self._unkept = False
        return ""

    def clear(self, step: str, key: str) -> str:
        """Sets an answer back to its default; returns "" or why that is in memory alone."""
        default = next(d for k, d, _ in fields_of(self.answers.tables[step]) if k == key)
        if isinstance(getattr(self.answers.tables[step], key), SecretRef):
            self.vault.drop(self._place(step, key))
        if self._unkept or getattr(self.answers.tables[step], key) != default:
            return self._take(self.answers.replace(step, **{key: default}))
        return ""

    def keep_secret(self, step: str, key: str, value: str) -> str:
        """Keeps a typed secret in memory, and the reference `asked for` in the answers; returns as `answer` does."""
        self.vault.put(self._place(step, key), value)
        return self.answer(step, key, {"prompt": True})

    def keeps(self, step: str, key: str) -> bool:
        """True where a secret was typed for this answer and is held in memory."""
        return _typed(getattr(self.answers.tables[step], key)) and self.vault.has(self._place(step, key))

    def _place(self, step: str, key: str) -> str:
        """The vault's key: a machine's secrets go by its name, so that other pages naming it find them."""
        table = self.answers.tables[step]
        return f"{table.host}.{key}" if hasattr(table, "host_key") else f"{step}.{key}"

    def overrides(self) -> Overrides:
        """Fixes and acceptances, as the answers have them."""
        return Overrides.of(self.answers, self._today())

    def ask_fix(self, code: str, wanted: bool = True) -> str:
        """The finding's fix is to be made with the other changes, or not after all; returns as `accept` does."""
        others = tuple(fix for fix in self.answers.fixes if fix != code)
        return self._take(replace(self.answers, fixes=(*others, code) if wanted else others))

    def accept(self, code: str, reason: str) -> str:
        """Accepts a finding, and keeps it with the answers; returns "" or why that is in memory alone."""
        accepts = (*(a for a in self.answers.accepts if a.code != code), Accept(code, reason))
        return self._take(replace(self.answers, accepts=accepts))

    def try_again(self) -> None:
        """The operator asks for a fresh look: a login that was refused may be tried once more."""
        self._ctx.backend.allow_login_retry()

    def look(self, step_id: str) -> StepResult:
        """Looks at one page afresh, on the last facts of the pages before it; those never seen are looked at first."""
        step, began = self.step(step_id), self._changed.get(step_id, 0)
        order = [s.id for s in self.flow]
        for earlier_step in order[: order.index(step_id)]:
            if earlier_step not in self._looks:
                self.look(earlier_step)
        before = [self._looks[s] for s in order[: order.index(step_id)] if s in self._looks]
        earlier = MappingProxyType({s.step.id: s.facts for s in before if s.facts is not None})
        ctx = replace(self._ctx, earlier=earlier, completed_ids=self.session.journal.made())
        seen = look_at_step(step, ctx, before, self.overrides())
        rescued = self._rescue(step, seen, earlier)
        if self._changed.get(step_id, 0) == began:  # else it saw answers that are no longer given
            self._rescued[step_id] = rescued
            self._looks[step_id] = seen
        return seen

    def _rescue(self, step: Step[Any, Any], seen: StepResult, earlier: Mapping[str, Any]) -> Choices:
        """What a page can offer where its probe was refused, such as the host key that a machine shows."""
        if seen.look or self.answers.missing(step.id) or not seen.stops:
            return MappingProxyType({})
        try:
            return step.choices_on_error(replace(self._ctx, earlier=earlier), self.answers.tables[step.id])
        except MhvError:
            return MappingProxyType({})

    def seen(self, step_id: str) -> StepResult | None:
        """The last look at a page, if there was one."""
        return self._looks.get(step_id)

    def forget(self, step_id: str) -> None:
        """Drops the looks of a page and of those that build on it, also those under way: their answers have changed."""
        changed = {step_id}
        for step in self.flow:
            if step.id in changed or changed & {*step.requires, *step.uses}:
                changed.add(step.id)
                self._looks.pop(step.id, None)
                self._changed[step.id] = self._changed.get(step.id, 0) + 1

    def level(self, step_id: str) -> Level | None:
        """A page's state for the rail: the worst of its last look; None where it was not looked at."""
        seen = self._looks.get(step_id)
        if seen is None:
            return None
        return worst(f for f in seen.findings if not f.accepted)

    def choices(self, step_id: str) -> Choices:
        """What the pickers of a page offer, from its last look; empty where it was not seen."""
        seen = self._looks.get(step_id)
        if seen and seen.look:
            return seen.step.choices(seen.look)
        return self._rescued.get(step_id, MappingProxyType({}))

    def planned(self) -> list[tuple[str, Change]]:
        """Every missing change of the last looks, in the road's order."""
        return [(s.id, change) for s in self.flow if s.id in self._looks for change in self._looks[s.id].plan]

    def apply(self, listener: Listener, approve: Approve, prove: bool = False) -> Finished:
        """Looks at the whole road afresh, and makes what is missing and approved."""
        run = Run(self.flow, self._ctx, self.session, listener, self.stop, self.overrides(), prove=prove)
        try:
            with self.session.locked():
                finished = apply(run, approve)
        except MhvError as error:
            finished = Finished("stopped", 3, message=f"{error.message}; {error.remedy}".rstrip("; "))
            listener(finished)
        except Exception as error:
            log.exception("the run crashed")
            finished = Finished("failed", 1, message=f"a defect of mhv-tui ({type(error).__name__}: {error})")
            listener(finished)
        self._looks.update(run.looks)
        return finished

    def made(self) -> list[tuple[str, str]]:
        """(step, id) of every change that this session made and that stands."""
        return [(e.step, e.id) for e in self.session.journal.standing() if not e.proof]

    def proven(self) -> tuple[str, tuple[str, ...]] | None:
        """The day of the last proof and what it booted; None where there was none."""
        last = self.session.journal.last("proven")
        return (last["time"][:10], tuple(last["ids"])) if last else None


def _typed(value: Any) -> bool:
    return isinstance(value, SecretRef) and value.kind == "prompt"
