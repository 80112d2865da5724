"""The first page: the one to fill in, or the first one of a resumed session that is not done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Any

import pytest

from mhv_tui.cli.setup import DemoMode, schema, set_up
from mhv_tui.core import answerfile
from mhv_tui.core.answers import answer_field
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.secret import Vault
from mhv_tui.engine.landing import why_opened
from mhv_tui.engine.last_seen import save_last_seen, saved_levels
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from tests.engine.toy_steps import Put
from tests.tui.snapshots import demo_state


def state_of(*steps: str, flow: Any = FLOW) -> WizardState:
    """The wizard's state with the answers of some pages of the simulation only."""
    full = demo_state().answers
    empty = answerfile.empty(schema())
    tables = {step: (full if step in steps else empty).tables[step] for step in full.tables}
    session = open_session("part")
    setup = set_up(DemoMode("article"), session, replace(full, tables=MappingProxyType(tables)))
    return WizardState(flow, setup.context(), session, setup.vault, lambda: date(2026, 11, 26))


IDS = [step.id for step in FLOW]


@pytest.mark.parametrize(
    ("answered", "first"),
    [
        ((), "cloud"),
        (("cloud",), "vcenter"),
        (("vcenter", "cluster"), "cloud"),
        (("cloud", "vcenter", "cluster"), "datastore"),
        (("cloud", "vcenter", "cluster", "datastore"), "network"),
        (tuple(IDS), "cloud"),
        (tuple(step for step in IDS if step != "register"), "cloud"),
        (tuple(step for step in IDS if step != "prove"), "prove"),
    ],
)
def test_the_first_page_is_the_first_one_to_fill_in(answered: tuple[str, ...], first: str) -> None:
    assert state_of(*answered).first_open() == first


@dataclass(frozen=True)
class OptionalAnswers:
    """A page with only optional answers."""

    note: str = answer_field("A note.")


@pytest.mark.parametrize("position", [0, 3, len(FLOW)])
@pytest.mark.parametrize(("answered", "first"), [(IDS, ""), ([i for i in IDS if i != "prove"], "prove")])
def test_a_page_with_only_optional_answers_is_not_the_first_one(position: int, answered: list[str], first: str) -> None:
    """Wherever it is: the wizard starts on the page that needs an answer, else on the first page of the flow."""
    extra = replace(FLOW[-1], id="extra", answers=OptionalAnswers, uses=())
    flow = (*FLOW[:position], extra, *FLOW[position:])
    state = state_of(*answered)
    answers = replace(state.answers, tables=MappingProxyType({**state.answers.tables, "extra": OptionalAnswers()}))
    ctx = state._ctx
    wider = WizardState(
        flow, replace(ctx, target=replace(ctx.target, answers=answers)), state.session, state.vault, state.today
    )
    assert wider.first_open() == (first or flow[0].id)


def put(session: Session, step: str, name: str, complete: bool = True) -> None:
    session.journal.intend(("", step), Put(name), {"there": False})
    if complete:
        session.journal.receive(("", step), f"put:{name}", {})


def interrupted(session: Session) -> None:
    session.journal.note("started", command="apply")
    put(session, "network", "a")
    put(session, "node", "b", complete=False)


def killed_between_changes(session: Session) -> None:
    session.journal.note("started", command="apply")
    put(session, "network", "a")


def killed_before_the_test_servers(session: Session) -> None:
    killed_between_changes(session)
    session.journal.note("approved", total=1)


def cancelled(session: Session) -> None:
    put(session, "network", "a")
    session.journal.note("finished", outcome="cancelled", exit=130, step="register")


def cancelled_after_a_page(session: Session) -> None:
    cancelled(session)
    levels: dict[str, Level] = {"image": "missing"}
    save_last_seen(session, [(("", step), Finding("ZZ01", levels.get(step, "ok"), "A title")) for step in IDS])


def done(session: Session) -> None:
    put(session, "network", "a")
    session.journal.note("finished", outcome="done", exit=0, step="prove")
    save_last_seen(session, [(("", step), Finding("ZZ01", "ok", "A title")) for step in IDS])


def undone(session: Session) -> None:
    done(session)
    session.journal.note("started", command="undo")
    session.journal.note("undone", ("", "network"), id="put:a")
    session.journal.note("finished", outcome="done", exit=0, step="undo")


def with_a_failure(session: Session) -> None:
    passed = Finding("ZZ01", "ok", "A title")
    failed = Finding("ZZ02", "failure", "A title", "It is not so.", "Fix it.")
    save_last_seen(session, [(("", step), failed if step == "datastore" else passed) for step in IDS])


def planned(session: Session) -> None:
    save_last_seen(session, [(("", step), Finding("ZZ01", "missing", "A title")) for step in ("network", "node")])


def with_new_changes(session: Session) -> None:
    done(session)
    save_last_seen(session, [(("", "image"), Finding("ZZ01", "missing", "A title"))])


def with_a_problem_after_unchecked_pages(session: Session) -> None:
    killed_between_changes(session)
    failed = Finding("ZZ02", "failure", "A title", "It is not so.", "Fix it.")
    save_last_seen(session, [(("", "node"), failed), (("", "image"), failed)])


def withdrawn(session: Session) -> None:
    put(session, "network", "a")
    session.journal.note("finished", outcome="unverified", exit=4, step="prove")
    accepted = Finding("ZZ02", "failure", "A title", "It is not so.", "Fix it.", accepted="later")
    save_last_seen(session, [(("", "cluster"), accepted)])


@pytest.mark.parametrize(
    ("begin", "page"),
    [
        (withdrawn, "cluster"),
        (interrupted, "node"),
        (killed_between_changes, "network"),
        (killed_before_the_test_servers, "prove"),
        (cancelled, "register"),
        (cancelled_after_a_page, "image"),
        (done, "finish"),
        (undone, "network"),
        (with_a_failure, "datastore"),
        (with_a_problem_after_unchecked_pages, "node"),
        (lambda session: None, "cloud"),
        (planned, "cloud"),
        (with_new_changes, "image"),
    ],
)
def test_a_resumed_session_opens_on_the_first_page_that_is_not_done(
    begin: Callable[[Session], None], page: str
) -> None:
    state = demo_state()
    begin(state.session)
    assert state.landing() == page


def test_a_page_with_nothing_but_planned_changes_says_why_it_is_opened() -> None:
    session = demo_state().session
    with_new_changes(session)
    assert why_opened(session, "image") == "Opened at image: its changes are not made yet."
    with_a_failure(session)
    assert why_opened(session, "datastore") == "", "the page shows its problem"


@pytest.mark.parametrize("begin", [interrupted, with_a_failure])
def test_a_session_that_lacks_a_secret_opens_on_its_page(begin: Callable[[Session], None]) -> None:
    state = demo_state()
    begin(state.session)
    state.vault = Vault()
    assert state.landing() == "vcenter"


def test_a_problem_before_the_page_that_lacks_an_answer_is_first() -> None:
    state = demo_state()
    with_a_failure(state.session)
    state.give("node", "host", "")
    assert state.landing() == "datastore"


def test_the_last_findings_of_pages_are_kept_until_they_are_checked_again() -> None:
    state = demo_state("drs-off")
    with_a_failure(state.session)
    state.check("cluster")
    save_last_seen(state.session, state.findings())
    levels = saved_levels(state.session)
    assert (levels["datastore"], levels["cluster"], levels["vcenter"]) == ("failure", "failure", "ok")
    assert "CL05" in [finding.code for (_, step), finding in state.session.findings() if step == "cluster"]
    with state.session.locked():
        save_last_seen(state.session, [(("", "datastore"), Finding("ZZ01", "ok", "A title"))])
    assert saved_levels(state.session)["datastore"] == "failure", "another run saves its own findings"


def interrupted_again(session: Session) -> None:
    undone(session)
    session.journal.note("started", command="apply")
    put(session, "node", "b", complete=False)


def made_again(session: Session) -> None:
    undone(session)
    session.journal.note("started", command="apply")
    put(session, "network", "b")
    session.journal.note("finished", outcome="done", exit=0, step="prove")


@pytest.mark.parametrize(
    ("begin", "outdated"), [(undone, ["network"]), (interrupted_again, ["network", "node"]), (made_again, [])]
)
def test_a_page_with_a_missing_change_has_no_saved_tick(begin: Callable[[Session], None], outdated: list[str]) -> None:
    session = demo_state().session
    begin(session)
    assert [step for step in IDS if step not in saved_levels(session)] == outdated


def test_a_page_with_a_missing_change_keeps_its_saved_problem() -> None:
    session = demo_state().session
    undone(session)
    save_last_seen(session, [(("", "network"), Finding("ZZ02", "failure", "A title", "It is not so.", "Fix it."))])
    assert saved_levels(session)["network"] == "failure"
