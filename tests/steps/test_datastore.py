"""The page `datastore`: each fault in an otherwise good world is found with its code, evidence and remedy."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mhv_tui.steps.datastore.checks import expression_compiles
from tests.steps.case_world import Case, cases, check_case, findings, view_of, world


@pytest.mark.parametrize("case", cases("datastore"), ids=lambda case: f"{case.code} {case.title}")
def test_case(case: Case) -> None:
    check_case("datastore", case)


def test_green_world_has_no_fault() -> None:
    assert {f.level for f in findings("datastore", world())} <= {"ok", "skipped"}


def test_a_regular_expression_that_does_not_compile_is_reported() -> None:
    view = view_of("datastore", world())
    (finding,) = expression_compiles.findings(replace(view, facts=replace(view.facts, regex="nfs-(")))
    assert (finding.code, finding.level) == ("DS02", "failure") and "nfs-(" in finding.detail
    assert "position" in finding.detail
