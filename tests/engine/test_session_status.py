"""The state of a session in words: who or what ended its last run."""

from __future__ import annotations

from typing import Any

import pytest

from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import state_words, status_of

DONE = {"outcome": "done", "exit": 0}


def run(session: Session, command: str, *between: str, **finished: Any) -> None:
    session.journal.note("started", command=command)
    for what in between:
        session.journal.note(what, total=1)
    session.journal.note("finished", step="node", **finished)


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (129, "stopped when the terminal closed at node"),
        (143, "stopped by a signal at node"),
        (130, "stopped by you at node"),
    ],
)
def test_a_run_that_a_signal_ended_is_not_stopped_by_the_operator(session: Session, exit_code: int, words: str) -> None:
    run(session, "apply", "approved", outcome="cancelled", exit=exit_code)
    assert state_words(status_of(session)) == words


@pytest.mark.parametrize(("command", "words"), [("apply", "done"), ("undo", "undone")])
def test_a_declined_plan_leaves_the_state_of_the_session(session: Session, command: str, words: str) -> None:
    run(session, command, **DONE)
    before = status_of(session)
    assert state_words(before) == words
    run(session, "apply", outcome="cancelled", exit=130)
    assert status_of(session) == before


def test_a_session_whose_first_plan_was_declined_has_begun_nothing(session: Session) -> None:
    run(session, "apply", outcome="cancelled", exit=130)
    assert state_words(status_of(session)) == "nothing applied yet"
