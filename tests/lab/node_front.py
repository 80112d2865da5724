"""A node behind a proxy in front of its SSH server, and how a run that meets a fault there must end.

The operator reaches the node through a forwarded port: its address is the proxy's, and its pinned host key is its own.
"""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from subprocess import CompletedProcess
from typing import Any

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.node import SshNode
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import Vault
from mhv_tui.domain.catalogue import ENTRIES
from mhv_tui.lab import machines
from mhv_tui.lab.lab import open_lab
from tests.adapters.servers import HOST
from tests.faults.harness import CRASHES, Ledger, Outcome
from tests.faults.stream_proxy import CONNECT, STREAM, StreamFault, StreamProxy, dripping, stream_proxy
from tests.lab.running_lab import RunningLab

NODE, OTHER = "novavmware1", "controller"
BUSY = 20.0
"""Seconds that a busy machine may add to a limit."""

TICK = 0.001
"""Seconds that the time of an event may be too early, because it is cut to milliseconds."""

AT_CONNECT = [fault for fault in CONNECT if fault.stage in ("refused", "connection") or fault.server == "changed"]
IN_STREAM = [
    *(fault for fault in STREAM if fault.name != "dripping"),
    StreamFault("one byte a second", "stream", act=dripping(1.0)),
]
LATENCY = StreamFault("latency of 300 ms", "delay", delay=0.15)
BY_NAME = {fault.name: fault for fault in (*AT_CONNECT, *IN_STREAM)}

LIMITS = {
    "at connect": 40.0,
    "after the banner": 40.0,
    "in the key exchange": 40.0,
    "after the login": 100.0,
    "in the output of a command": 240.0,
}
"""Moment of a check -> seconds from the fault to a sentence: limits of ssh_limits.py, and of node.SURVEY."""


@dataclass(frozen=True)
class NodeFront:
    """The lab, the SSH servers behind a proxy, and the bytes that the node has sent until each moment of a check."""

    lab: RunningLab
    servers: Mapping[str, tuple[str, int]]
    moments: Mapping[str, int]
    codes: frozenset[tuple[str, str]]
    """(code, level) of each finding of an undisturbed check."""

    def run(self, proxy: StreamProxy, command: str, name: str) -> CompletedProcess[str]:
        """Runs check or apply of the node page through a proxy, in the session `name`."""
        return self.lab.mhv(*arguments(self.lab, proxy, command, name), timeout=900)


def arguments(lab: RunningLab, proxy: StreamProxy, command: str, name: str) -> list[str]:
    answers = lab.answers(name, node={"host": HOST, "port": proxy.port})
    return [command, str(answers), "--session", name, "--step", "node", "--json", *["--yes"] * (command == "apply")]


def ssh_host(lab: RunningLab, proxy: StreamProxy) -> SshHost:
    """The node through a proxy, with its key and its pinned host key."""
    node = {key: value for key, value in lab.document()["node"].items() if key != "copy_settings_from"}
    return SshHost(**{**node, "host": HOST, "port": proxy.port})


def connected(lab: RunningLab, proxy: StreamProxy) -> SshNode:
    """A new connection to the node."""
    node = RealBackend(Vault()).node(ssh_host(lab, proxy))
    assert isinstance(node, SshNode)
    return node


def codes(lab: RunningLab, result: CompletedProcess[str]) -> frozenset[tuple[str, str]]:
    return frozenset((event["code"], event["level"]) for event in lab.events(result) if event["event"] == "found")


def node_front(running_lab: RunningLab) -> NodeFront:
    """Measures an undisturbed login and check."""
    lab = open_lab(running_lab.name)
    servers = {"real": (machines.get(lab, NODE).address, 22), "changed": (machines.get(lab, OTHER).address, 22)}
    with socket.create_connection(servers["real"]) as connection:
        banner = len(connection.makefile("rb").readline())
    with stream_proxy(servers) as proxy:
        connected(running_lab, proxy).close()
        login = proxy.passed["server"]
        proxy.disarm()
        result = running_lab.mhv(*arguments(running_lab, proxy, "check", "undisturbed"))
        total = proxy.passed["server"]
    positions = (0, banner, banner + 300, login, (login + total) // 2)
    assert sorted(positions) == list(positions), positions
    return NodeFront(running_lab, servers, dict(zip(LIMITS, positions, strict=True)), codes(running_lab, result))


def failures(lab: RunningLab, result: CompletedProcess[str]) -> list[dict[str, Any]]:
    """The events of a run that report a failure on the node page."""
    return [
        event
        for event in lab.events(result)
        if event["event"] == "failed" or (event.get("level"), event.get("step")) == ("failure", "node")
    ]


def judged(lab: RunningLab, result: CompletedProcess[str], began: float, limit: float) -> tuple[float, list[str]]:
    """The seconds from the fault to the first sentence about it, and what is wrong with how the run ended."""
    reports = failures(lab, result)
    wrong = ["met no fault"] * (not began) + ["has a traceback"] * ("Traceback" in result.stdout + result.stderr)
    wrong += [f"ends with {result.returncode}"] * (result.returncode not in (1, 3))
    wrong += ["has no sentence"] * (not reports)
    for event in reports:
        sentence, code = event.get("error") or event["detail"], event["code"]
        wrong += [f"has the code {code}"] * (code not in ENTRIES or code in CRASHES)
        wrong += [f"{code} lacks a sentence or a remedy"] * (not sentence or not event["remedy"])
    seconds = datetime.fromisoformat(reports[0]["time"]).timestamp() - began if reports else 0.0
    return seconds, wrong + [f"took {seconds:.1f} s"] * (not -TICK <= seconds <= limit + BUSY)


Case = tuple[str, float, list[str]]
"""A name, the seconds from the fault to a sentence, and what is wrong."""


def report(cases: Sequence[Case], record: Callable[[str, object], None]) -> None:
    """Prints and records the figures of the cases, and fails if one is wrong."""
    ledger = Ledger()
    for case, seconds, wrong in cases:
        ledger.add(case, Outcome(None, seconds), wrong)
    slowest = max(cases, key=lambda row: row[1])
    ledger.longest, ledger.slowest = slowest[1], slowest[0]
    print(f"{ledger.cases} cases, longest time to a sentence {ledger.longest:.1f} s ({ledger.slowest})")
    ledger.report(record)
