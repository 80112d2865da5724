"""The scripts of a node run only commands of the table, on this machine; a machine without some of them is surveyed."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

import pytest

from mhv_tui.core.machine import SurveyRequest
from mhv_tui.domain import node_commands
from tests.adapters.test_node_scripts import Machine
from tests.adapters.test_node_survey import machine_of, surveyed

TESTS = node_commands.tests()

WORDS = {"sh"} | {word for row in node_commands.commands() for word in row.name.split() if word != "or"}
NOT_NEEDED = {
    *("chronyc", "timedatectl", "virsh", "restorecon", "sync", "sudo"),  # used if the machine has them
    *("sshd", "python", "python2"),  # whose version is reported
    "true",  # the command of a test
}

RECORDER = """#!/bin/sh
printf '%s\\n' "${0##*/}" >>"$RECORD"
PATH=$REAL_PATH exec "${0##*/}" "$@"
"""

FACTS = SurveyRequest(
    packages=("chrony",),
    units=("ssh",),
    files=("/etc/os-release",),
    patterns=("/etc/os-*",),
    targets=("127.0.0.1:1", "127.0.0.1:443", "localhost:1"),
    modules=("json",),
    jobs=("one",),
    sources=("json/decoder.py",),
    commands=TESTS,
)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """A machine on which each program that the table lacks is recorded when a script runs it."""
    machine = Machine(tmp_path)
    (recorder := tmp_path / "recorder").write_text(RECORDER)
    recorder.chmod(0o755)
    table, others = tmp_path / "table", tmp_path / "others"
    table.mkdir()
    others.mkdir()
    (table / "python3").symlink_to(sys.executable)
    for directory in (*os.environ["PATH"].split(":"), "/usr/sbin", "/sbin"):
        for program in Path(directory).iterdir() if Path(directory).is_dir() else ():
            is_needed = program.name in WORDS
            link = (table if is_needed else others) / program.name
            if not link.exists():
                link.symlink_to(program if is_needed else recorder)
    monkeypatch.setenv("RECORD", str(tmp_path / "recorded"))
    monkeypatch.setenv("REAL_PATH", os.environ["PATH"])
    machine.path = f"{table}:{others}"
    return machine


def recorded(machine: Machine) -> set[str]:
    file = machine.root / "recorded"
    return set(file.read_text().split()) if file.exists() else set()


def test_the_scripts_run_only_commands_of_the_table(machine: Machine) -> None:
    file, copy = str(machine.root / "folder" / "file"), str(machine.root / "backup" / "file")
    machine.run("write", file, "0640", f"{os.getuid()}:{os.getgid()}", "4", stdin="text")
    (machine.root / "link").symlink_to(file)
    machine.run("write", str(machine.root / "link"), "0640", f"{os.getuid()}:{os.getgid()}", "4", stdin="text")
    assert machine.run("read", file).endswith("\ntext")
    machine.run("copy", file, copy)
    for verb in ("install", "purge", "refresh"):
        assert machine.start("one", verb, "nova-compute") == "started"
        assert machine.end("one") == "ended 0"
        machine.run("ack", "one")
    machine.run("unpacked", "one")
    machine.run("discard", "one")
    machine.run("installed")
    machine.run("journal", "ssh", "10")
    environment = {"PATH": f"{machine.bin}:{machine.path}", "RECORD": os.environ["RECORD"]}
    surveyed(FACTS, {**environment, "REAL_PATH": os.environ["REAL_PATH"]})
    assert recorded(machine) - NOT_NEEDED == set()


def test_this_machine_has_all_commands_but_those_of_systemd() -> None:
    results = surveyed(SurveyRequest(commands=TESTS)).commands
    assert set(results) == set(TESTS)
    names = {row.name for row in node_commands.missing("debian", results)}
    assert names <= {"systemctl", "journalctl", "hostname", "openssl or python3"}, names


def test_a_machine_without_some_commands_is_surveyed_and_reports_them(tmp_path: Path) -> None:
    environment = machine_of(tmp_path)
    for name in ("mktemp", "awk", "base64", "timeout"):
        (tmp_path / name).unlink()
    (tmp_path / "stat").unlink()
    (tmp_path / "stat").write_text("#!/bin/sh\necho 'stat: invalid option -- c' >&2\nexit 1\n")
    (tmp_path / "stat").chmod(0o755)
    survey = surveyed(SurveyRequest(commands=TESTS, targets=("127.0.0.1:1",), modules=("json",)), environment)
    names = {row.name for row in node_commands.missing("debian", survey.commands)}
    assert {"mktemp", "awk", "base64", "timeout", "stat -L -c"} <= names
    assert not names & {"grep", "sed", "date -d", "df -Pk"}
    assert survey.modules == {"json": False} and "127.0.0.1:1" in survey.connections


def test_the_versions_of_basic_programs_are_read(tmp_path: Path) -> None:
    environment = machine_of(
        tmp_path,
        sudo="#!/bin/sh\necho sudo-rs 0.2.8\n",
        systemctl="#!/bin/sh\necho systemd 260 '(260.1)'\n",
        sshd="#!/bin/sh\necho unknown option -- V >&2\necho OpenSSH_8.4p1 Debian-5, OpenSSL 1.1.1n >&2\nexit 1\n",
        python2="#!/bin/sh\necho Python 2.7.18 >&2\n",
        apt_get="#!/bin/sh\necho apt 3.0.3 '(amd64)'\n",
    )
    (tmp_path / "readlink").symlink_to(shutil.which("readlink") or "")
    tools = dict(surveyed(SurveyRequest(commands=("true",)), environment).tools)
    assert tools.pop("sh").startswith("/")
    assert tools == {
        "sudo": "sudo-rs 0.2.8",
        "systemd": "systemd 260 (260.1)",
        "sshd": "OpenSSH_8.4p1",
        "python": "Python 2.7.18",
        "apt": "apt 3.0.3 (amd64)",
    }
    assert surveyed(SurveyRequest(), environment).tools == {}
