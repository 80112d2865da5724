"""The page `cluster`: each fault is told from the green world by its code, with evidence and remedy."""

from __future__ import annotations

import pytest

from tests.steps.worlds import Case, cases, findings, prove, world


@pytest.mark.parametrize("case", cases("cluster"), ids=lambda case: f"{case.code} {case.says}")
def test_case(case: Case) -> None:
    prove("cluster", case)


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("cluster", world())} <= {"ok", "skipped"}
