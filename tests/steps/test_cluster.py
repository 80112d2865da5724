"""The page `cluster`: each fault in an otherwise good world is found with its code, evidence and remedy."""

from __future__ import annotations

import pytest

from tests.steps.case_world import Case, cases, check_case, findings, world


@pytest.mark.parametrize("case", cases("cluster"), ids=lambda case: f"{case.code} {case.title}")
def test_case(case: Case) -> None:
    check_case("cluster", case)


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("cluster", world())} <= {"ok", "skipped"}
