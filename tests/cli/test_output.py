"""What commands print for people: the findings, the plan and the last line."""

from __future__ import annotations

import pytest

from mhv_tui import cli

Capture = pytest.CaptureFixture[str]
DRS_OFF = ["--demo", "--scene", "drs-off"]


def test_a_stopped_run_ends_with_its_reason_and_remedy_and_without_the_plan(capsys: Capture) -> None:
    assert cli.main(["apply", *DRS_OFF, "--yes"]) == 3
    output = capsys.readouterr().out
    assert "+ plan" not in output and "10 more changes would be made but for this" in output
    tail = output.splitlines()[-5:]
    assert "CL05" in tail[0] and "remedy: Enable DRS" in tail[2] and tail[-1].startswith("stopped: 1 check failed")


def test_a_plan_is_complete_even_if_a_check_fails(capsys: Capture) -> None:
    assert cli.main(["plan", *DRS_OFF]) == 0
    assert capsys.readouterr().out.count("  + plan ") == 10
    assert cli.main(["apply", *DRS_OFF, "--yes", "--json"]) == 3
    assert capsys.readouterr().out.count('"event": "planned"') == 10


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], "done: checked everything: 10 changes to make; apply makes them"),
        (["--step", "network"], "done: checked network: 1 change to make; apply makes it"),
    ],
)
def test_a_check_ends_with_one_true_sentence(steps: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["check", "--demo", *steps]) == 0
    assert capsys.readouterr().out.splitlines()[-1].startswith(message)
