"""What only a real machine shows of its package tools: jobs that outlive us, the guard, the lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError, MhvError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from tests.contract.places import Place, ssh_node

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

SLOW = "/etc/apt/apt.conf.d/00slow"


@pytest.fixture
def slow(machine: Place) -> Iterator[None]:
    """A machine whose apt takes its time before it installs, so that there is a while to be killed in."""
    assert machine.node is not None
    node = machine.world.node(machine.node)
    node.write(SLOW, RemoteFile(b'DPkg::Pre-Install-Pkgs { "sleep 5"; };\n', 0o644, "root", "root"))
    yield
    node.remove(SLOW)


def silent(percent: int, line: str) -> None:
    """Nobody listens."""


@pytest.mark.usefixtures("slow")
def test_an_installation_outlives_us_and_is_found_again(world: RealBackend, host: SshHost, machine: Place) -> None:
    class Left(Exception):
        pass

    def leave(percent: int, line: str) -> None:
        raise Left

    first = world.node(host)
    first.purge(["cowsay"])
    with pytest.raises(Left):
        first.install("outlives", ["cowsay"], leave)
    world.close()
    again = machine.world.node(host)
    end = time.monotonic() + 60
    while again.survey(SurveyRequest(jobs=("outlives",))).jobs["outlives"].running and time.monotonic() < end:
        time.sleep(0.5)
    assert again.survey(SurveyRequest(jobs=("outlives",))).jobs["outlives"].code == 0
    heard: list[str] = []
    again.install("outlives", ["cowsay"], lambda percent, line: heard.append(line))
    assert heard == [], "its end was adopted, nothing was started"
    again.purge(["cowsay"])


@pytest.mark.usefixtures("slow")
def test_a_dropped_connection_is_made_anew_while_the_job_goes_on(world: RealBackend, host: SshHost) -> None:
    machine = ssh_node(world, host)
    drops: list[int] = []

    def drop(percent: int, line: str) -> None:
        if not drops and machine._current is not None:
            drops.append(percent)
            machine._current._transport.close()

    machine.install("drops", ["cowsay"], drop)
    assert drops and "cowsay" in machine.installed()
    machine.purge(["cowsay"])


@pytest.mark.usefixtures("slow")
def test_a_job_that_was_killed_is_told_mended_and_its_guard_is_harmless(world: RealBackend, host: SshHost) -> None:
    machine = ssh_node(world, host)
    assert machine.run(["test", "-e", "/usr/sbin/policy-rc.d"]).code == 1
    killed: list[int] = []

    def kill(percent: int, line: str) -> None:
        if not killed:
            killed.append(percent)
            guard = machine.run(["/usr/sbin/policy-rc.d", "x", "start"])
            assert guard.code == 101, "no service is started while the job runs"
            machine.run(
                [
                    "sh",
                    "-c",
                    "kill -9 $(cat /var/lib/mhv-tui/jobs/killed/pid); pkill -9 -x apt-get; pkill -9 -x dpkg; true",
                ]
            )

    with pytest.raises(FindingError) as told:
        machine.install("killed", ["cowsay"], kill)
    assert told.value.finding.code == "CN32" and "killed" in told.value.message
    assert machine.run(["/usr/sbin/policy-rc.d", "x", "start"]).code == 0, "the guard forbids nothing any more"
    machine.install("killed", ["cowsay"], silent)
    assert machine.run(["test", "-e", "/usr/sbin/policy-rc.d"]).code == 1
    assert machine.survey(SurveyRequest()).broken_packages == ()
    machine.purge(["cowsay"])


def test_a_former_policy_is_put_back_exactly(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    former = RemoteFile(b"#!/bin/sh\nexit 104\n", 0o755, "root", "root")
    machine.write("/usr/sbin/policy-rc.d", former)
    machine.install("former", ["cowsay"], silent)
    assert machine.read("/usr/sbin/policy-rc.d") == former
    machine.remove("/usr/sbin/policy-rc.d")
    machine.purge(["cowsay"])


def test_purging_takes_nothing_else(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    before = dict(machine.installed())
    with pytest.raises(FindingError) as refused_purge:
        machine.purge(["openssh-client"])
    assert "would take" in refused_purge.value.message
    assert machine.installed() == before


def test_who_holds_the_package_tools_lock_is_named(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    lock = "/var/lib/dpkg/lock-frontend"
    hold = f"import fcntl, time; f = open('{lock}', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(120)"
    if machine.run(["python3", "-c", ""]).code:
        machine.install("python", ["python3-minimal"], silent)
    holder = threading.Thread(
        target=lambda: _quietly(lambda: world.node(host).run(["python3", "-c", hold], timeout=110))
    )
    holder.start()
    end, seen = time.monotonic() + 60, ""
    while not seen and time.monotonic() < end:
        seen = machine.survey(SurveyRequest()).lock_holder
    assert seen.startswith("python3 (")
    machine.run(["sh", "-c", f"kill {seen.split('(')[1].rstrip(')')}"])
    holder.join(120)


def _quietly(action: Any) -> None:
    try:
        action()
    except MhvError:
        return
