"""The rows of the list of sessions: what is shortened or left out, so that a row fits."""

from __future__ import annotations

import re

import pytest

from mhv_tui.engine.locks import Holder
from mhv_tui.engine.session_status import SessionStatus
from mhv_tui.tui.session_rows import Columns, session_line
from mhv_tui.tui.session_store import SessionRow

LONG = "demo-untrusted-certificate"


@pytest.mark.parametrize(("width", "used"), [(76, "2026-11-27 06:11"), (90, "2026-11-27 06:11")])
def test_a_long_state_is_shortened_before_the_time_of_the_last_use(width: int, used: str) -> None:
    row = SessionRow(SessionStatus("prod" * 6, "unverified", step="finish"), "node1", "2026-11-27 06:11", True)
    columns = Columns.fitting(width, [row], "prod")
    line = session_line(row, columns, False).plain
    assert line.endswith(f" {used}") and "last used (UTC)" in columns.heading and len(line) <= width
    assert "…" not in line and ("made; a check fails on page finish" in line) == (width > 80)


@pytest.mark.parametrize(
    ("status", "is_current", "cells"),
    [
        (SessionStatus(LONG, "not begun"), True, ["open", "0"]),
        (
            SessionStatus(LONG, "cancelled", exit=129, changes=9, total=9, is_untested=True),
            False,
            ["terminal closed", "9 of 9"],
        ),
        (SessionStatus(LONG, "running", holder=Holder(4194304)), False, ["running now", "0"]),
        (SessionStatus(LONG, "done", changes=9, total=10), False, ["done", "9 of 9"]),
    ],
)
def test_a_state_that_does_not_fit_80_columns_is_shortened(
    status: SessionStatus, is_current: bool, cells: list[str]
) -> None:
    row = SessionRow(status, "node1", "2026-11-27 06:11", True)
    columns = Columns.fitting(76, [row], status.name if is_current else "")
    rest = session_line(row, columns, is_current).plain.partition(LONG)[2]
    assert re.split(r"  +", rest.strip())[:2] == cells


@pytest.mark.parametrize("width", [56, 69])
def test_a_state_is_whole_before_the_other_columns_of_a_narrow_list(width: int) -> None:
    row = SessionRow(SessionStatus("prod", "unverified", step="finish"), "node1", "2026-11-27 06:11", True)
    columns = Columns.fitting(width, [row], "prod")
    line = session_line(row, columns, True).plain
    assert "open, made; a check fails on page finish" in line and "2026" not in line
    assert len(columns.heading.rstrip()) <= width and len(line) <= width
