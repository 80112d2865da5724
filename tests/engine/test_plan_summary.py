"""The sentences about a whole plan: what it changes, what blocks it, what is not known yet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import pytest

from mhv_tui.engine.check import Overrides, check_steps
from mhv_tui.engine.plan_summary import PlanSummary
from mhv_tui.steps import FLOW
from tests.steps.walked_world import context

TESTS = "Then a test server boots on each hypervisor and is deleted."
STARTS = f"Starts nova-compute on novavmware1; restarts nothing. {TESTS}"
ALL = f"10 changes: 7 to create, 3 to edit, nothing to delete. {STARTS}"
MOVES = "With DRS, vCenter moves running virtual machines between the hosts of DC0_C0."
FIXED_DRS = ALL.replace("10", "11").replace("3 to", "4 to").replace("nothing. ", f"nothing. {MOVES} ")
FIXED = (
    f"8 changes: 6 to create, 2 to edit, nothing to delete. {TESTS} "
    "More changes of the page node can follow after the fix; apply asks again."
)
REST = f"5 changes: 4 to create, 1 to edit, nothing to delete. {TESTS}"


def summary_of(
    path: Path,
    scene: str,
    overrides: Overrides | None = None,
    answers: Mapping[str, Mapping[str, Any]] = MappingProxyType({}),
) -> PlanSummary:
    ctx = context(path / "world.json", scene, answers)
    return PlanSummary.of(check_steps(FLOW, ctx, lambda event: None, overrides=overrides))


@pytest.mark.parametrize(
    ("scene", "overrides", "sentence"),
    [
        ("article", Overrides(), ALL),
        ("drs-off", Overrides(), f"{ALL} 1 problem blocks the changes."),
        ("drs-off", Overrides(accepts={"CL05": "tested"}), ALL),
        ("drs-off", Overrides(frozenset({"CL05"})), FIXED_DRS),
        ("no-archive", Overrides(frozenset({"CN05"})), FIXED),
        (
            "no-archive",
            Overrides(),
            f"{REST} 1 problem blocks the changes. The changes of the page node are not known yet.",
        ),
    ],
)
def test_the_totals_of_a_scene(scene: str, overrides: Overrides, sentence: str, tmp_path: Path) -> None:
    assert summary_of(tmp_path, scene, overrides).totals == sentence


def test_pages_without_answers_block_and_are_named(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, "article", answers={"node": {"host": None}})
    assert [step for step, _ in summary.unanswered] == ["node"] and summary.waiting == ("register", "prove")
    assert summary.is_blocked and not summary.problems
    assert summary.totals.endswith(
        "3 pages are not checked yet. The changes of the pages node and register are not known yet."
    )


def test_accepted_findings_and_warnings_are_listed(tmp_path: Path) -> None:
    summary = summary_of(tmp_path, "drs-off", Overrides(accepts={"CL05": "tested"}))
    assert [(step, f.code, f.accepted) for step, f in summary.accepted] == [("cluster", "CL05", "tested")]
    assert [(step, f.code) for step, f in summary.warnings] == [("prove", "CO02"), ("network", "NW02")]
    assert not summary.is_blocked


def test_a_plan_without_results_has_no_changes() -> None:
    assert PlanSummary.of([]).totals == "No change is missing."
