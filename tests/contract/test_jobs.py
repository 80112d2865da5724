"""Tests that need a real machine's package tools: detached jobs, policy-rc.d, the lock."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError, MhvError
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from tests.contract.backends import BackendLogins, ssh_node

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

SLOW = "/etc/apt/apt.conf.d/00slow"


@pytest.fixture
def slow(machine: BackendLogins) -> Iterator[None]:
    """Makes apt wait before it installs, so that a test can interrupt it."""
    assert machine.node is not None
    node = machine.world.node(machine.node)
    node.write(SLOW, RemoteFile(b'DPkg::Pre-Install-Pkgs { "sleep 5"; };\n', 0o644, "root", "root"))
    yield
    node.remove(SLOW)


def ignore(percent: int, line: str) -> None:
    """Ignores progress."""


@pytest.mark.usefixtures("slow")
def test_an_installation_continues_without_a_connection_and_is_attached_to_again(
    world: RealBackend, host: SshHost, machine: BackendLogins
) -> None:
    class Disconnect(MhvError):
        pass

    def disconnect(percent: int, line: str) -> None:
        raise Disconnect("disconnected")

    first = world.node(host)
    first.purge(["cowsay"])
    with pytest.raises(Disconnect):
        first.install("outlives", ["cowsay"], disconnect)
    world.close()
    again = machine.world.node(host)
    end = time.monotonic() + 60
    while again.survey(SurveyRequest(jobs=("outlives",))).jobs["outlives"].running and time.monotonic() < end:
        time.sleep(0.5)
    assert again.survey(SurveyRequest(jobs=("outlives",))).jobs["outlives"].code == 0
    lines: list[str] = []
    again.install("outlives", ["cowsay"], lambda percent, line: lines.append(line))
    assert lines == [], "the finished job is acknowledged; no new one starts"
    again.purge(["cowsay"])


@pytest.mark.usefixtures("slow")
def test_a_dropped_connection_is_replaced_while_the_job_continues(world: RealBackend, host: SshHost) -> None:
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
def test_a_killed_job_is_reported_and_repeated_and_its_guard_is_harmless(world: RealBackend, host: SshHost) -> None:
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

    with pytest.raises(FindingError) as failed:
        machine.install("killed", ["cowsay"], kill)
    assert failed.value.finding.code == "CN32" and "killed" in failed.value.message
    assert machine.run(["/usr/sbin/policy-rc.d", "x", "start"]).code == 0, "the guard of a killed job blocks nothing"
    machine.install("killed", ["cowsay"], ignore)
    assert machine.run(["test", "-e", "/usr/sbin/policy-rc.d"]).code == 1
    assert machine.survey(SurveyRequest()).broken_packages == ()
    machine.purge(["cowsay"])


def test_a_former_policy_is_restored_exactly(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    former = RemoteFile(b"#!/bin/sh\nexit 104\n", 0o755, "root", "root")
    machine.write("/usr/sbin/policy-rc.d", former)
    machine.install("former", ["cowsay"], ignore)
    assert machine.read("/usr/sbin/policy-rc.d") == former
    machine.remove("/usr/sbin/policy-rc.d")
    machine.purge(["cowsay"])


def test_a_purge_that_would_remove_other_packages_is_refused(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    before = dict(machine.installed())
    with pytest.raises(FindingError) as refused_purge:
        machine.purge(["openssh-client"])
    assert "would also remove" in refused_purge.value.message
    assert machine.installed() == before


def test_the_holder_of_the_package_tools_lock_is_named(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    lock = "/var/lib/dpkg/lock-frontend"
    hold = f"import fcntl, time; f = open('{lock}', 'w'); fcntl.lockf(f, fcntl.LOCK_EX); time.sleep(120)"
    if machine.run(["python3", "-c", ""]).code:
        machine.install("python", ["python3-minimal"], ignore)
    holder = threading.Thread(
        target=lambda: _quietly(lambda: world.node(host).run(["python3", "-c", hold], timeout=110))
    )
    holder.start()
    end, lock_holder = time.monotonic() + 60, ""
    while not lock_holder and time.monotonic() < end:
        lock_holder = machine.survey(SurveyRequest()).lock_holder
    assert lock_holder.startswith("python3 (")
    machine.run(["sh", "-c", f"kill {lock_holder.split('(')[1].rstrip(')')}"])
    holder.join(120)


def _quietly(action: Any) -> None:
    try:
        action()
    except MhvError:
        return
