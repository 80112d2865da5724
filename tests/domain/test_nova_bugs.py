"""The table of wrong lines in nova's code."""

from __future__ import annotations

import ast

import pytest

from mhv_tui.domain import catalogue
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.domain.releases import from_nova_version
from mhv_tui.steps import FIXED


@pytest.mark.parametrize("code", BUGS)
def test_each_row_belongs_to_a_check_with_a_fix_and_changes_one_statement(code: str) -> None:
    bug = BUGS[code]
    assert code in FIXED and catalogue.entry(code).kind == "F" and bug.bug in catalogue.entry(code).cause
    source = f"if 1:\n    {bug.line}\n        pass\n"
    corrected = f"if 1:\n    {bug.corrected}\n        pass\n"
    ast.parse(source)
    ast.parse(corrected)
    assert bug.is_in(source) and bug.is_in(source.replace("    ", "\t"))
    assert not bug.is_in(corrected) and not bug.is_in(f"x = 1; {bug.line}")
    assert from_nova_version(bug.since) < from_nova_version(bug.before)
    assert all(bug.affects(version) for version in bug.packages)


@pytest.mark.parametrize(
    ("version", "affected", "known"),
    [
        ("2:24.2.1-0ubuntu1", False, False),
        ("3:25.0.0-0ubuntu1", True, False),
        ("2:26.2.2-1~deb12u5", True, True),
        ("3:26.2.1-0ubuntu1~cloud0", True, False),
        ("1:29.4.0-1.el9", True, False),
        ("3:30.0.0-0ubuntu1", False, False),
        ("2:31.0.0-1", False, False),
        ("2014.2.1", False, False),
        ("", False, False),
    ],
)
def test_the_version_of_a_package_tells_whether_it_may_have_the_line(version: str, affected: bool, known: bool) -> None:
    assert (BUGS["CN33"].affects(version), BUGS["CN33"].is_known_in(version)) == (affected, known)
