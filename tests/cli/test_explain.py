"""`mhv-tui explain`: its pages promise only what mhv-tui does, and it reads packed logs."""

from __future__ import annotations

import ast
import gzip
import re
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.domain import catalogue
from mhv_tui.steps import FIXED, FLOW

Capture = pytest.CaptureFixture[str]


LOG = "2026-11-22 11:00:00.123 12 ERROR oslo_vmware.api [-] Faults: ['InvalidLogin']\n"


def test_a_packed_log_is_read(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "nc.log.1").write_bytes(gzip.compress(LOG.encode()))
    assert cli.main(["explain", "--log", str(tmp_path / "nc.log.1")]) == 0
    assert "nc.log.1:1: VC07 12 ERROR oslo_vmware.api" in capsys.readouterr().out


def test_a_truncated_packed_log_is_reported(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "nc.log.gz").write_bytes(gzip.compress(LOG.encode())[:-12])
    assert cli.main(["explain", "--log", str(tmp_path / "nc.log.gz")]) == 2
    assert "nc.log.gz: cannot be unpacked" in capsys.readouterr().err


def test_an_explanation_through_a_pipe_fits_80_columns(capsys: Capture) -> None:
    assert cli.main(["explain", "VC07"]) == 0
    assert max(map(len, capsys.readouterr().out.splitlines())) <= 80


@pytest.mark.parametrize(
    ("content", "code", "message"),
    [
        (b"\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4F\x02\x00!\x01\x1c\x00\x00\x00\x10\xcfX\xcc", 2, "nc.log: is not text"),
        (b"", 0, "nc.log: the log is empty"),
        (b"\x00" * 4096 + LOG.encode(), 0, "nc.log:1: VC07"),
    ],
)
def test_a_log_that_is_binary_empty_or_begins_with_zeros(
    content: bytes, code: int, message: str, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "nc.log").write_bytes(content)
    assert cli.main(["explain", "--log", str(tmp_path / "nc.log")]) == code
    assert message in "".join(capsys.readouterr())


ROOT = Path(cli.__file__).parents[1]
APART = ("demo", "lab", "domain/catalogue.py")
"""May name a code without reporting it: the simulated backend, the lab, and the catalogue itself."""

NOT_PLANNED = {
    "NW10": "the plan stops no other node's nova-network",
    "CN19": "the service of nova-api-metadata is one of those of CN27",
}
"""Postconditions that the plan does not make, and why."""


def codes_of_kind(kind: str) -> set[str]:
    return {code for code, row in catalogue.ENTRIES.items() if row.kind == kind}


def named() -> Mapping[str, set[str]]:
    """By code: the files of the product that name it."""
    files = defaultdict[str, set[str]](set)
    for path in ROOT.rglob("*.py"):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(APART):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in catalogue.ENTRIES:
                files[node.value].add(name)
    return files


def test_exactly_the_codes_with_a_fix_promise_one() -> None:
    assert codes_of_kind("F") == FIXED
    for code, row in catalogue.ENTRIES.items():
        assert set(re.findall(r"the fix ([A-Z]{2}\d\d)", row.remedy)) <= {code} & FIXED, code


def test_exactly_the_postconditions_are_described_as_made_by_the_plan() -> None:
    codes = {code for step in FLOW for check in step.work.postconditions for code in check.codes}
    assert codes_of_kind("P") == codes - set(NOT_PLANNED)


def test_codes_that_no_check_reports_are_marked() -> None:
    assert codes_of_kind("U") == set(catalogue.ENTRIES) - set(named())


def test_a_code_names_a_step_that_reports_it() -> None:
    reporting = defaultdict[str, set[str]](set)
    for step in FLOW:
        for check in (*step.work.preconditions, *step.work.postconditions):
            for code in check.codes:
                reporting[code].add(step.id)
    for code, files in named().items():  # a probe's error is reported by the step of the probe
        if any(name.startswith(("adapters/", "engine/")) for name in files):
            reporting[code].add(catalogue.ENTRIES[code].step)
    by_step = {code: steps for code, steps in reporting.items() if catalogue.ENTRIES[code].step != "engine"}
    assert {code: steps for code, steps in by_step.items() if catalogue.ENTRIES[code].step not in steps} == {}


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("CL06", "Action:    mhv-tui fixes this problem if you request it with --fix CL06; a\n"),
        ("CN26", "Action:    the plan of mhv-tui contains the missing change\n"),
        ("VC01", "Action:    mhv-tui shows the remedy, and you carry it out yourself; cannot be\n"),
        (
            "CO04",
            "Action:    a known problem that no check of mhv-tui reports;",
        ),
        ("NW02", "Step:      network, node\n"),
        ("WZ08", "Step:      any step\n"),
    ],
)
def test_a_page_names_the_remedy_and_the_step(code: str, message: str, capsys: Capture) -> None:
    assert cli.main(["explain", code]) == 0
    assert message in capsys.readouterr().out
