"""What commands print for people: the findings, the plan and the last line."""

from __future__ import annotations

from datetime import date
from io import StringIO
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli import output
from mhv_tui.core import answerfile
from mhv_tui.demo.scenes import answers_of
from mhv_tui.domain import catalogue

Capture = pytest.CaptureFixture[str]
DRS_OFF = ["--demo", "--scene", "drs-off"]

MAKES = (
    "10 changes: 7 to create, 3 to edit, nothing to delete. Starts nova-compute on novavmware1; restarts nothing. "
    "Then a test server boots on each hypervisor and is deleted."
)


def test_a_stopped_run_names_each_failure_again_at_its_end_and_shows_no_plan(capsys: Capture) -> None:
    assert cli.main(["apply", *DRS_OFF, "--yes"]) == 3
    output = capsys.readouterr().out
    assert "\nprove: Prove\n" in output and "finish: " not in output  # nothing is below it
    assert "+ plan" not in output and "failed checks block 10 planned changes" in output
    assert output.count("remedy: Enable DRS") == 1
    assert output.splitlines()[-2] == "  ✗ cluster CL05  DRS of DC0_C0 is off, but the cluster has 2 hosts"
    assert output.splitlines()[-1].startswith("stopped: 1 check failed (CL05); this run changed nothing")


def test_failures_are_repeated_below_a_heading(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--scene", "wrong-password"]) == 3
    output = capsys.readouterr().out
    assert "\nfailed checks:\n  ✗ vcenter VC07" in output and "; Solve" not in output
    assert output.count("; solve the problem on the page vcenter first\n") == 7


def test_a_failure_that_ends_the_output_is_printed_once(capsys: Capture) -> None:
    assert cli.main(["check", *DRS_OFF, "--step", "cluster"]) == 3
    output = capsys.readouterr().out
    assert output.count("DRS of DC0_C0 is off") == output.count("CL05.") + output.count("--fix CL05") == 1
    remedy = "remedy: Enable DRS on the cluster in vCenter.\n"
    fix, accept = "or let mhv-tui fix it: add --fix CL05\n", "or accept it: add --accept CL05=REASON\n"
    assert f"      {remedy}      {fix}      {accept}" in output
    assert output.splitlines()[-3] == "stopped: 1 check failed (CL05)."


def test_an_acceptance_is_printed_with_its_last_day(capsys: Capture, tmp_path: Path) -> None:
    row = {"code": "CL05", "reason": "a lab", "until": date(2099, 3, 1)}
    (tmp_path / "prod.toml").write_text(answerfile.dumps({**answers_of("drs-off"), "accept": [row]}))
    command = ["check", str(tmp_path / "prod.toml"), *DRS_OFF, "--step", "cluster"]
    assert cli.main(command) == 0
    assert "accepted: a lab (until 2099-03-01)" in capsys.readouterr().out


def test_a_change_has_one_name_from_its_start_to_its_end(capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--step", "network", "--yes"]) == 0
    output = capsys.readouterr().out
    summary = "add distributed port group vmware-net to DVS0 with ephemeral binding"
    assert f"> doing  {summary}\n" in output and f"done   {summary} (" in output


def test_a_plan_is_complete_even_if_a_check_fails(capsys: Capture) -> None:
    assert cli.main(["plan", *DRS_OFF]) == 0
    output = capsys.readouterr().out
    end = output.splitlines()[output.splitlines().index("stopped: 1 check failed (CL05).") + 1 :]
    assert " ".join(end[:-1]) == f"When this is solved or accepted, apply would make {MAKES}" and len(end) == 4
    assert end[-1] == "Checks: 45 skipped, 69 ok, 1 unknown, 1 warning, 1 problem."
    assert output.count("  ~ plan ") == 3
    assert output.count(" plan   ") == 10
    assert cli.main(["apply", *DRS_OFF, "--yes", "--json"]) == 3
    output = capsys.readouterr().out
    assert output.count('"event": "planned"') == 10 and output.count('"effect": "create"') == 7


@pytest.mark.parametrize(
    ("steps", "message"),
    [
        ([], f"done: all steps checked. apply would make {MAKES} Checks: "),
        (
            ["--step", "network"],
            "done: network checked. apply would make 1 change: 1 to create, nothing to delete. No service starts",
        ),
    ],
)
def test_a_check_ends_with_what_apply_would_do(steps: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["check", "--demo", *steps]) == 0
    assert message in capsys.readouterr().out.replace("\n", " ")


def test_a_matrix_with_a_problem_is_printed_after_the_findings_and_not_as_json(capsys: Capture) -> None:
    scene = ["--demo", "--scene", "port-group-vlan", "--step", "network"]
    assert cli.main(["check", *scene]) == 3
    lines = capsys.readouterr().out.splitlines()
    first = lines.index("      Hosts × port group br100:")
    assert lines[first + 1 : first + 5] == [
        "      host  port group  VLAN  switch    uplinks     MTU",
        "      esx1  missing     –     vSwitch0  vmnic0 10G  1500",
        "      esx2  exists      ✗ 7   vSwitch0  vmnic0 10G  1500",
        "      esx4  missing     –     vSwitch0  vmnic0 10G  1500",
    ]
    assert "NW17" in "".join(lines[:first])
    assert cli.main(["check", *scene, "--json"]) == 3
    assert "port group  VLAN" not in capsys.readouterr().out


def test_a_matrix_without_a_problem_is_printed_only_with_all(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "cluster"]) == 0
    assert "Hosts of DC0_C0" not in capsys.readouterr().out
    assert cli.main(["check", "--demo", "--step", "cluster", "--all"]) == 0
    assert "      esx1  connected  auto  8.0.2    32   128 GiB  none\n" in capsys.readouterr().out


def test_a_check_says_that_only_apply_tests_whether_servers_boot(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--step", "prove"]) == 0
    assert "  ○ skipped PR01  apply boots a server on each hypervisor after its changes" in capsys.readouterr().out


class Terminal(StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_lines_for_people_break_at_blanks_on_a_terminal(columns: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    terminal, file = Terminal(), StringIO()
    text = catalogue.explain("CN16", 200)
    for stream in (terminal, file):
        output.say(text, stream)
    lines = terminal.getvalue().splitlines()
    assert max(map(len, lines)) <= columns and file.getvalue() == f"{text}\n"
    assert terminal.getvalue().split() == file.getvalue().split(), "no word is broken"


def test_no_line_of_a_check_is_longer_than_the_terminal_and_none_loses_text(monkeypatch: pytest.MonkeyPatch) -> None:
    flags = ["check", "--demo", "--scene", "drs-off", "--all"]
    shown = []
    for stream in (Terminal(), StringIO()):
        monkeypatch.setenv("COLUMNS", "60")
        monkeypatch.setattr("sys.stdout", stream)
        assert cli.main(flags) == 3
        shown.append(stream.getvalue())
    narrow, whole = shown
    assert max(map(len, narrow.splitlines())) <= 60
    assert set(whole.split()) - {whole.split("SHA-256 ")[1].split()[0], "DC0_C0:"} <= set(narrow.split())


def test_the_plan_shows_no_ids(capsys: Capture) -> None:
    assert cli.main(["plan", "--demo"]) == 0
    assert "tag image cirros: hypervisor_type=qemu\n" in capsys.readouterr().out


def test_the_first_line_says_which_session_and_answers_are_used(capsys: Capture, tmp_path: Path) -> None:
    def first_line(*words: str) -> str:
        cli.main([*words, "--step", "cloud"])
        return capsys.readouterr().out.splitlines()[0]

    scene = "session demo-drs-off, with the answers of the scene drs-off"
    assert [first_line(command, *DRS_OFF) for command in ("check", "plan")] == [scene, scene]
    assert first_line("apply", *DRS_OFF, "--yes") == scene
    assert first_line("check", *DRS_OFF) == "session demo-drs-off, with its saved answers"
    file = tmp_path / "prod.toml"
    file.write_text(answerfile.dumps(answers_of("drs-off")))
    assert first_line("check", *DRS_OFF, str(file)) == f"session demo-drs-off, with the answers of {file}"
    assert first_line("check", *DRS_OFF, "--json").startswith("{")
