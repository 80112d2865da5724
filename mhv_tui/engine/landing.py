"""Which page the wizard opens first: the first page to fill in, or the first page of a session that is not done."""

from __future__ import annotations

from collections.abc import Callable, Collection

from mhv_tui.core.answers import Answers, fields_of
from mhv_tui.engine.check import Flow, reachable_steps
from mhv_tui.engine.last_seen import saved_levels
from mhv_tui.engine.ledger import verified_ids
from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import FINISHED, status_of


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


def first_undone(flow: Flow, session: Session, accepts: Collection[str]) -> str:
    """The id of the first page that is not done, as the journal and the saved findings show it.

    A page with a problem whose code is not in `accepts` comes before later pages at which the last run ended. If all
    pages are done, the last page.
    """
    ids = [step.id for step in flow]
    candidates = (*_steps_of_last_run(session, flow), *_unchecked_or_failed(session, ids), ids[-1])
    first = next(step for step in candidates if step in ids)
    return next((step for step in ids[: ids.index(first)] if step in _blocked(session, accepts)), first)


def _blocked(session: Session, accepts: Collection[str]) -> set[str]:
    """The pages with a saved problem that is not accepted now."""
    rows = session.findings()
    return {step for (_, step), f in rows if f.stops or (f.accepted and f.code not in accepts)}


def _steps_of_last_run(session: Session, flow: Flow) -> list[str]:
    """The steps at which the last run did not end well, or whose changes it undid."""
    status, journal = status_of(session), session.journal
    if status.outcome in ("other format", "unreadable"):
        return []
    if status.command == "undo":
        undone = {record["step"] for record in journal.records() if record["what"] == "undone"}
        return [step.id for step in flow if step.id in undone]
    verified = verified_ids(journal.records())
    incomplete = [entry.step for entry in journal.not_undone() if not entry.complete and entry.id not in verified]
    if status.lacks_test_servers:
        incomplete += [step.id for step in flow if step.has_smoke_tests]
    return incomplete if status.outcome in FINISHED else [*incomplete, status.step]


def _unchecked_or_failed(session: Session, ids: list[str]) -> list[str]:
    """The pages, except the last one, that no check has found complete."""
    levels = saved_levels(session)
    return [step for step in ids[:-1] if levels.get(step, "skipped") in ("skipped", "missing", "failure")]
