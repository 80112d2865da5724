"""The page `network`: each fault in an otherwise good world is found with its code, evidence and remedy."""

from __future__ import annotations

import pytest

from mhv_tui.steps.network.step import STEP
from tests.steps.case_world import Case, cases, check_case, findings, view_of, world


@pytest.mark.parametrize("case", cases("network"), ids=lambda case: f"{case.code} {case.title}")
def test_case(case: Case) -> None:
    check_case("network", case)


@pytest.mark.parametrize(("manage", "code"), [(True, None), (False, "NW03")])
def test_a_choice_that_the_plan_completes_is_no_problem(manage: bool, code: str | None) -> None:
    changes = {"inventory.hosts.1.port_groups": [], "answers.network.manage": manage}
    view = view_of("network", world("nova-network", changes))
    (choice,) = [c for c in STEP.work.choices(view)["port_group"] if c.value == "br100"]
    assert (choice.finding.code if choice.finding else None) == code


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("network", world())} <= {"ok", "skipped"}
