"""The state of a session in words: who or what ended its last run."""

from __future__ import annotations

from typing import Any

import pytest

from mhv_tui.engine.session import Session
from mhv_tui.engine.session_status import resume_sentence, state_words, status_of
from tests.engine.toy_steps import Put

DONE = {"outcome": "done", "exit": 0}


def run(session: Session, command: str, *between: str, **finished: Any) -> None:
    session.journal.note("started", command=command)
    for what in between:
        session.journal.note(what, total=1)
    session.journal.note("finished", step="node", **finished)


@pytest.mark.parametrize(
    ("exit_code", "words"),
    [
        (129, "terminal closed at page node"),
        (143, "stopped by a signal at page node"),
        (130, "stopped by you at page node"),
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


def made(session: Session, *names: str, total: int) -> None:
    """A run that is killed after these changes."""
    session.journal.note("started", command="apply")
    session.journal.note("approved", total=total)
    for name in names:
        session.journal.intend(("", "node"), Put(name), {"there": False})
        session.journal.receive(("", "node"), f"put:{name}", {})


def sentence_of(session: Session) -> str:
    status = status_of(session)
    return resume_sentence(status).replace(status.last[:10] or "no day", "DAY")


def test_a_resumed_session_says_that_its_run_was_interrupted_and_what_is_left(session: Session) -> None:
    assert sentence_of(session) == ""
    made(session, "a", "b", total=3)
    assert sentence_of(session) == "Interrupted at page node on DAY: 2 of 3 changes made; the plan shows what is left."
    session.journal.intend(("", "register"), Put("c"), {"there": False})
    words = "2 of 3 changes made, 1 incomplete; the plan shows what is left."
    assert sentence_of(session) == f"Interrupted at page register on DAY: {words}"
    assert status_of(session).reason == "the program ended before a change of the page register was complete"


def test_a_resumed_session_says_that_only_the_test_servers_are_left(session: Session) -> None:
    made(session, "a", "b", total=2)
    assert sentence_of(session) == "Interrupted before the test servers on DAY: 2 changes made."
    assert state_words(status_of(session)) == "interrupted before the test servers"
    left = "2 of 2 changes made; the test servers have not booted since."
    session.journal.intend(("", "prove"), Put("server"), {"there": False}, smoke_test=True)
    server = "; 1 test server may still exist; apply or undo deletes it."
    assert sentence_of(session) == f"Interrupted at page prove on DAY: {left[:-1]}{server}"
    session.journal.receive(("", "prove"), "put:server", {})
    one = left.replace("the test servers have not", "only 1 test server has")
    assert sentence_of(session) == f"Interrupted at page prove on DAY: {one}"
    assert state_words(status_of(session)) == "interrupted at page prove"
    session.journal.note("proven", ("", "prove"), ids=["put:server"])
    assert not status_of(session).is_untested


def test_a_resumed_session_says_that_it_is_done_undone_or_unchanged(session: Session) -> None:
    run(session, "apply", outcome="stopped", exit=3)
    assert sentence_of(session) == "Stopped by a check of page node on DAY: nothing is changed."
    made(session, "a", total=1)
    session.journal.note("finished", outcome="done", exit=0)
    assert sentence_of(session) == "Done on DAY: 1 change made."
    session.journal.note("started", command="undo")
    session.journal.note("finished", outcome="failed", exit=1, step="undo")
    rest = "To continue the undo: F4 and u, or mhv-tui undo toy."
    assert sentence_of(session) == f"Undo incomplete on DAY: 1 change still in place. {rest}"
    session.journal.note("started", command="undo")
    session.journal.note("undone", ("", "node"), id="put:a")
    session.journal.note("finished", outcome="done", exit=0, step="undo")
    assert sentence_of(session) == "Undone on DAY: no change of this session is in place."
