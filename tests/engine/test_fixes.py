"""What a fix opens: it is asked for, and comes before what was approved without it, or nothing comes at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.changes import Change
from mhv_tui.core.events import Applied
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check, PageView
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides
from mhv_tui.engine.session import Session
from tests.engine.toy_steps import FLOW, Put, Wants, run_of, with_work


@pytest.mark.parametrize(("approved", "outcome"), [(True, "done"), (False, "cancelled")])
def test_changes_that_a_fix_makes_possible_come_before_the_approved_ones(
    session: Session, tmp_path: Path, approved: bool, outcome: str
) -> None:
    def plan(look: PageView[Wants, set[str]]) -> list[Put]:
        opened = [Put("opened")] if "polish" in look.facts and "opened" not in look.facts else []
        return opened + [Put(n) for n in look.answers.names if n not in look.facts]

    def approve(planned: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        asked.append([change.id for _, change in planned])
        return approve_all(planned) if approved or len(asked) == 1 else None

    asked: list[list[str]] = []
    (tmp_path / "shelf").write_text("dust")
    run, log = run_of(session, tmp_path / "shelf", overrides=Overrides(fixes=frozenset({"TT02"})))
    run.flow = (with_work(FLOW[0], plan=plan, preconditions=DUSTY), with_work(FLOW[1], preconditions=DUSTY))
    assert apply(run, approve).outcome == outcome
    made = [e.id for e in log.of(Applied)]
    assert asked[1] == ["put:opened"]
    assert made[:3] == (["put:polish", "put:opened", "put:a"] if approved else ["put:polish"])


@pytest.mark.parametrize("is_planned", [True, False])
def test_a_fix_that_the_step_plans_itself_is_made_in_its_place(
    session: Session, tmp_path: Path, is_planned: bool
) -> None:
    def plan(view: PageView[Wants, set[str]]) -> list[Change]:
        a, b = (Put(n) for n in view.answers.names)
        changes = [a, *(view.requested_fixes if is_planned else ()), b]
        return [change for change in changes if change.id.removeprefix("put:") not in view.facts]

    (tmp_path / "shelf").write_text("dust")
    run, log = run_of(session, tmp_path / "shelf", overrides=Overrides(fixes=frozenset({"TT02"})))
    run.flow = (with_work(FLOW[0], plan=plan, preconditions=DUSTY), with_work(FLOW[1], preconditions=DUSTY))
    assert apply(run, approve_all).outcome == "done"
    order = ["put:a", "put:polish", "put:b"] if is_planned else ["put:polish", "put:a", "put:b"]
    assert [e.id for e in log.of(Applied)][:3] == order


@pytest.mark.parametrize(("approved", "outcome"), [(True, "done"), (False, "cancelled")])
def test_a_requested_fix_of_what_the_changes_brought_is_made_in_the_same_run(
    session: Session, tmp_path: Path, approved: bool, outcome: str
) -> None:
    """The names that the first step puts on the shelf bring dust, as an installed package brings a defect."""

    def needs(view: PageView[Wants, set[str]]) -> list[Finding]:
        level: Level = "failure" if "a" in view.facts and "polish" not in view.facts else "ok"
        return [Finding("TT02", level, "The shelf is clean", remedy="wipe it", fix="put:polish")]

    def approve(planned: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        asked.append([change.id for _, change in planned])
        return approve_all(planned) if approved or len(asked) == 1 else None

    asked: list[list[str]] = []
    run, log = run_of(session, tmp_path / "shelf", overrides=Overrides(fixes=frozenset({"TT02"})))
    run.flow = tuple(
        replace(with_work(step, preconditions=[Check(("TT02",), needs)]), fix_codes=("TT02",)) for step in FLOW
    )
    assert apply(run, approve).outcome == outcome
    assert asked == [["put:a", "put:b", "put:c"], ["put:polish"]]
    assert [e.id for e in log.of(Applied)][:3] == ["put:a", "put:b", *(["put:polish"] if approved else [])]


def _dusty(look: PageView[Wants, set[str]]) -> list[Finding]:
    level: Level = "failure" if "dust" in look.facts and "polish" not in look.facts else "ok"
    return [Finding("TT02", level, "The shelf is clean", remedy="wipe it", fix="put:polish")]


DUSTY = [Check(("TT02",), _dusty)]
