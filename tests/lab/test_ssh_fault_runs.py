"""Faults of the SSH connection to a node during apply and undo of its page.

One chain of runs applies the page, and one undoes it. Each run but the last meets a fault at a change, and ends.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from subprocess import CompletedProcess
from typing import Any

import pytest

from tests.faults.stream_proxy import StreamFault, StreamProxy, stream_proxy
from tests.lab.node_front import BY_NAME, IN_STREAM, LATENCY, NODE, Case, NodeFront, arguments, judged, report
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.matrix, pytest.mark.timeout(3600)]

CONF = "config:/etc/nova/nova.conf"
MIDDLE = 1 << 17
"""Bytes of the client after which a write of nova.conf, which has 350 kB, is not complete."""

UNPACKING = 41
"""Percent of an installation from which on apt unpacks."""


@dataclass(frozen=True)
class Strike:
    """A fault that an event of a change starts: after so many bytes of the sender; `seconds` until a sentence."""

    event: str
    change: str
    fault: StreamFault
    seconds: float
    after: int = 0
    sender: str = "server"
    once: bool = False

    def begins_at(self, event: Mapping[str, Any]) -> bool:
        kind, _, path = self.change.partition(":")
        is_change = event["event"] == self.event and event["id"].startswith(kind) and event["id"].endswith(path)
        is_connected = not event.get("note", "").startswith("the connection dropped")
        return is_change and is_connected and event.get("done", UNPACKING) >= UNPACKING


PURGE = 50_000
"""Bytes of the node after which it purges packages: before that, it lists those that are installed."""

WRITES = [(Strike("applying", CONF, fault, 120, MIDDLE, "client"),) for fault in IN_STREAM]
HEALED = ("reset", "closed", "half closed", "garbage")
LOST = BY_NAME["reset"]
APPLY = [
    (
        *(Strike("progress", "packages", BY_NAME[name], 0, once=True) for name in HEALED),
        Strike("progress", "packages", LOST, 240),
    ),
    *WRITES,
    (Strike("applying", "service", LOST, 200),),
]
UNDO = [(Strike("applying", "service", LOST, 200),), *WRITES, (Strike("applying", "packages", LOST, 240, PURGE),)]
"""The faults of each run that is interrupted. Those that occur once do not end it."""

REMAINS = """
remains() { sudo find /etc /var/lib/mhv-tui -name '.mhv-tui.*'; }
for try in $(seq 50); do [ -n "$(remains)" ] || break; sleep 0.2; done
remains; sudo sha256sum /etc/nova/nova.conf 2>/dev/null || true
"""
"""Prints the temporary files that are left after ten seconds, and the checksum of nova.conf."""


RANDOM = "/etc/iscsi/initiatorname.iscsi"
"""A file that each installation of open-iscsi fills with another name."""


def state_of(lab: RunningLab) -> list[str]:
    """The node's state without what differs after each installation."""
    return [line for line in lab.node_state() if not line.endswith(RANDOM)]


def struck_run(proxy: StreamProxy, argv: list[str], strikes: tuple[Strike, ...]) -> CompletedProcess[str]:
    """Runs mhv-tui to its end, and starts each fault at its event."""
    lines, waiting = list[str](), list(strikes)
    with subprocess.Popen(
        [sys.executable, "-m", "mhv_tui", *argv],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    ) as process:  # fmt: skip
        assert process.stdout
        for line in process.stdout:
            lines.append(line)
            if waiting and line.startswith("{") and waiting[0].begins_at(json.loads(line)):
                strike = waiting.pop(0)
                proxy.arm(strike.fault, strike.after, strike.sender, strike.once)
    output = "".join(lines)
    assert not waiting, f"no event for {waiting[0]} in {output[-3000:]}"
    return CompletedProcess(argv, process.returncode, output, "")


def interrupted(
    front: NodeFront, proxy: StreamProxy, argv: list[str], runs: Sequence[tuple[Strike, ...]], checksums: set[str]
) -> list[Case]:
    """Interrupts each run, and adds the checksum that nova.conf has after it."""
    cases = []
    for strikes in runs:
        last = strikes[-1]
        result = struck_run(proxy, argv, strikes)
        seconds, wrong = judged(front.lab, result, proxy.began, last.seconds)
        proxy.disarm()
        for line in front.lab.ssh(NODE, REMAINS).splitlines():
            if line.endswith("  /etc/nova/nova.conf"):
                checksums.add(line.split()[0])
            else:
                wrong.append(f"leaves {line}")
        names = ", ".join(strike.fault.name for strike in strikes)
        cases.append((f"{names} in {argv[0]} of {last.change}", seconds, wrong))
    return cases


def test_apply_and_undo_of_a_node_meet_every_fault(
    front: NodeFront, record_property: Callable[[str, object], None]
) -> None:
    lab, before = front.lab, state_of(front.lab)
    with stream_proxy(front.servers) as proxy:
        proxy.arm(LATENCY)
        usual = front.run(proxy, "apply", "usual")
        assert usual.returncode == 0, lab.failures(usual)
        expected, checksum = state_of(lab), lab.ssh(NODE, REMAINS).split()[0]
        undone = lab.mhv("undo", "usual", "--yes", "--json", timeout=900)
        assert undone.returncode == 0, lab.failures(undone)
        assert state_of(lab) == before

        proxy.disarm()
        applied, restored = set[str](), set[str]()
        cases = interrupted(front, proxy, arguments(lab, proxy, "apply", "struck"), APPLY, applied)
        again = front.run(proxy, "apply", "struck")
        assert again.returncode == 0, lab.failures(again)
        assert state_of(lab) == expected
        last = front.run(proxy, "apply", "struck")
        assert lab.events(last)[-1]["outcome"] == "nothing-to-do", lab.failures(last)

        undo = ["undo", "struck", "--yes", "--json"]
        cases += interrupted(front, proxy, undo, UNDO, restored)
        undone = lab.mhv(*undo, timeout=900)
        assert undone.returncode == 0, lab.failures(undone)
        assert state_of(lab) == before
        # nova.conf is the packages' or ours, and nothing between; the purge deletes it.
        assert len(applied) == 2 and restored | {checksum} <= applied, (checksum, applied, restored)
    report(cases, record_property)
