"""Which page the wizard opens first: the first page to fill in, or the first page of a session that is not done."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from mhv_tui.core.answers import Answers, fields_of
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Step
from mhv_tui.engine.check import Flow, reachable_steps
from mhv_tui.engine.last_seen import saved_levels
from mhv_tui.engine.last_tests import NOT_BOOTED, awaits_tests
from mhv_tui.engine.ledger import verified_ids
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import FINISHED, status_of

OPEN_LEVELS = ("skipped", "missing", "failure")
"""The levels of a page that is not done."""


def first_to_fill(flow: Flow, answers: Answers, lacks_answer: Callable[[str], bool]) -> str:
    """The id of the first page that lacks an answer, or of a page before it that it builds on and that has no answers.

    `lacks_answer` is True for the id of a page without a required answer or a typed secret. Returns "" if no page
    lacks an answer.
    """
    lacking = next((step.id for step in flow if lacks_answer(step.id)), "")
    before = reachable_steps(flow, [lacking]) if lacking else []
    return next((step.id for step in before if has_only_defaults(answers, step.id)), lacking)


def has_only_defaults(answers: Answers, step_id: str) -> bool:
    """True if a page has answers, and each of them is its default."""
    table = answers.tables[step_id]
    rows = list(fields_of(table))
    return bool(rows) and all(getattr(table, key) == default for key, default, _ in rows)


def first_undone(flow: Flow, session: Session, accepts: Collection[str], to_fill: str) -> str:
    """The id of the first page that needs the operator, as the journal and the saved findings show it.

    In the order of the pages, that is one with a problem whose code is not in `accepts`, or the page `to_fill`, which
    lacks an answer; if none does ("") one with an incomplete change. Without any: the first page if nothing was run
    yet, else the page at which the last run ended, or the first one that is not checked or not done; if all pages are
    done, the last page.
    """
    ids = [step.id for step in flow]
    needed = {*_blocked(session, accepts), *([to_fill] if to_fill else _incomplete(session, flow))}
    first = [step for step in ids if step in needed]
    was_run = status_of(session).outcome != "not begun"
    undone = [*_steps_of_last_run(session, flow), *_unchecked_or_failed(session, ids)] if was_run else ids
    candidates = (*first, *undone, ids[-1])
    return next(step for step in candidates if step in ids)


def why_opened(session: Session, step_id: str) -> str:
    """Why a resumed session opens at a page on which nothing needs the operator, as a sentence; else ""."""
    is_planned = saved_levels(session).get(step_id) == "missing" and status_of(session).command != "undo"
    return f"Opened at {step_id}: its changes are not made yet." if is_planned else ""


def at_tests(step: Step[Any, Any], session: Session) -> Finding | None:
    """The finding at which the page of a resumed session opens if its test servers are still to boot; else None."""
    awaits = awaits_tests(session.journal.records(), session.target)
    return NOT_BOOTED if awaits and step.has_smoke_tests else None


def _blocked(session: Session, accepts: Collection[str]) -> set[str]:
    """The pages with a saved problem that is not accepted now."""
    rows = session.findings()
    return {step for (_, step), f in rows if f.stops or (f.accepted and f.code not in accepts)}


def _incomplete(session: Session, flow: Flow) -> list[str]:
    """The steps with a change that was begun and not completed, and those whose test servers have not booted."""
    status, journal = status_of(session), session.journal
    if status.outcome in ("other format", "unreadable") or status.command == "undo":
        return []
    verified = verified_ids(journal.records())
    incomplete = [entry.step for entry in journal.not_undone() if not entry.complete and entry.id not in verified]
    if status.lacks_test_servers:  # else nothing needs the work of the steps, which is slow to load
        incomplete += [step.id for step in flow if step.has_smoke_tests]
    return incomplete


def _steps_of_last_run(session: Session, flow: Flow) -> list[str]:
    """The step at which the last run ended before its end, unless it is done; or those whose changes were undone."""
    status = status_of(session)
    if status.command == "undo" and status.outcome not in ("other format", "unreadable"):
        undone = {record["step"] for record in session.journal.records() if record["what"] == "undone"}
        return [step.id for step in flow if step.id in undone]
    is_done = saved_levels(session).get(status.step, "skipped") not in OPEN_LEVELS
    return [] if status.outcome in FINISHED or is_done else [status.step]


def _unchecked_or_failed(session: Session, ids: list[str]) -> list[str]:
    """The pages, except the last one, that no check has found complete."""
    levels = saved_levels(session)
    return [step for step in ids[:-1] if levels.get(step, "skipped") in OPEN_LEVELS]
