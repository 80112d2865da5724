"""The page `datastore`: each fault is told from the green world by its code, with evidence and remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mhv_tui.steps.datastore.checks import expression_compiles
from tests.steps.worlds import Case, cases, findings, look, prove, world


@pytest.mark.parametrize("case", cases("datastore"), ids=lambda case: f"{case.code} {case.says}")
def test_case(case: Case) -> None:
    prove("datastore", case)


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("datastore", world())} <= {"ok", "skipped"}


def test_an_expression_that_does_not_compile_is_told_also_where_no_answer_is_to_blame() -> None:
    seen = look("datastore", world())
    (finding,) = expression_compiles.findings(replace(seen, facts=replace(seen.facts, regex="nfs-(")))
    assert (finding.code, finding.level) == ("DS02", "failure") and "nfs-(" in finding.detail
    assert "position" in finding.detail
