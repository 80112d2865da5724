"""`mhv-tui check` as a monitor: the systemd units of --print-timer, and JUnit XML on stdout."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest

from mhv_tui import cli

Capture = pytest.CaptureFixture[str]
ANSWERS = """
mhv_answers = 1

[vcenter]
host = "vc.example.org"
password = { env = "VC" }

[node]
password = { file = "node.secret" }
"""


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    path = tmp_path / "prod 50%.toml"
    path.write_text(ANSWERS)
    return path


def units(capsys: Capture) -> dict[str, str]:
    """Name of the unit -> its text, as the printed command writes them."""
    texts = re.split(r"^# /etc/systemd/system/(.*)\n", capsys.readouterr().out, flags=re.MULTILINE)[1:]
    return dict(zip(texts[::2], texts[1::2], strict=True))


@pytest.mark.systemd
def test_systemd_accepts_the_units_and_the_sentence_writes_them(
    answers: Path, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", '/a "b" 5%/$c\\clouds.yaml')
    assert cli.main(["check", str(answers), "--accept", 'CL09=100% "ours" $HOME', "--all", "--print-timer"]) == 0
    printed = capsys.readouterr()
    awk = re.findall(r"\| sudo (awk '.*?') &&", printed.err)[0].replace("/etc/systemd/system/", f"{tmp_path}/")
    text = printed.out.replace("# /etc/systemd/system/", f"# {tmp_path}/")
    subprocess.run(awk, shell=True, input=text, text=True, check=True)
    files = [str(tmp_path / f"mhv-tui-check-prod-50.{kind}") for kind in ("service", "timer")]
    done = subprocess.run(["systemd-analyze", "verify", *files], capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_the_service_runs_this_check_and_changes_nothing_else(answers: Path, capsys: Capture) -> None:
    assert cli.main(["check", str(answers), "--step", "cluster", "--session", "p", "--json", "--print-timer"]) == 0
    texts = units(capsys)
    assert list(texts) == ["mhv-tui-check-p.service", "mhv-tui-check-p.timer"]
    service = texts["mhv-tui-check-p.service"]
    start = shlex.split(re.findall("^ExecStart=(.*)$", service, re.MULTILINE)[0].replace("%%", "%"))
    assert start[-6:] == [str(answers), "--session", "p", "--step", "cluster", "--json"]
    assert start[-7] == "check" and Path(start[0]).is_absolute()
    assert "ProtectSystem=strict" in service and "ReadWritePaths=" in service
    assert "VC=VALUE" in service and "EnvironmentFile=/etc/mhv-tui/p.env" in service
    assert "OnCalendar=" in texts["mhv-tui-check-p.timer"]


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        ('{ env = "VC" }', [], "vcenter.password"),
        ("", ["--demo"], "not a simulated world"),
    ],
)
def test_a_check_that_no_timer_can_run_is_refused(
    change: str, options: list[str], message: str, answers: Path, capsys: Capture
) -> None:
    answers.write_text(ANSWERS.replace(change, "{ prompt = true }") if change else ANSWERS)
    assert cli.main(["check", str(answers), *options, "--print-timer"]) == 2
    printed = capsys.readouterr()
    assert message in printed.err and printed.out == ""


def test_answers_are_needed(capsys: Capture) -> None:
    assert cli.main(["check", "--print-timer"]) == 2
    assert "no answer file and no session is named" in capsys.readouterr().err


def test_the_findings_as_junit_are_those_of_the_report(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--scene", "drs-partial", "--format", "junit"]) == 3
    document = capsys.readouterr().out
    assert document.startswith("<?xml") and "CL06" in document
    assert cli.main(["export", "demo-drs-partial", "--to", "report", "--format", "junit"]) == 0
    assert capsys.readouterr().out == document


def test_a_failed_check_has_its_exit_code_with_junit(capsys: Capture) -> None:
    assert cli.main(["check", "--demo", "--scene", "drs-off", "--format", "junit", "--step", "cluster"]) == 3
    document = capsys.readouterr().out
    assert '<testsuite name="cluster"' in document and '<testsuite name="node"' not in document
    assert "<failure" in document


def test_json_and_junit_exclude_each_other(capsys: Capture) -> None:
    with pytest.raises(SystemExit) as stopped:
        cli.main(["check", "--demo", "--json", "--format", "junit"])
    assert stopped.value.code == 2 and "--format and --json exclude each other" in capsys.readouterr().err


def test_each_target_of_a_fleet_has_its_suites(capsys: Capture) -> None:
    code = cli.main(["check", "--demo", "--scene", "fleet", "--format", "junit", "--step", "cluster"])
    document = capsys.readouterr().out
    names = [name for name in re.findall('<testsuite name="(.*?)"', document) if name.endswith("cluster")]
    assert code in (0, 3) and len(names) == len(set(names)) > 1
    assert document.startswith("<?xml") and document.count("<testsuites ") == 1
