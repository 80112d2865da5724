"""Faults of the SSH connection to a node, in checks of its page and in the middle of a file."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from mhv_tui.core.machine import RemoteFile
from tests.faults.harness import outcome_of, problems
from tests.faults.stream_proxy import StreamFault, stream_proxy
from tests.lab.node_front import (
    AT_CONNECT,
    BUSY,
    BY_NAME,
    IN_STREAM,
    LATENCY,
    LIMITS,
    NODE,
    Case,
    NodeFront,
    codes,
    connected,
    judged,
    report,
)

pytestmark = [pytest.mark.lab, pytest.mark.timeout(1800)]


def check_with(front: NodeFront, fault: StreamFault, moment: str) -> Case:
    """Checks the node page through a proxy of its own."""
    case = f"{fault.name} {moment}"
    with stream_proxy(front.servers) as proxy:
        proxy.arm(fault, front.moments[moment])
        result = front.run(proxy, "check", case.replace(" ", "-"))
        seconds, wrong = judged(front.lab, result, proxy.began, LIMITS[moment])
    return case, seconds, wrong


@pytest.mark.parametrize(
    ("name", "moment"), [("host key changed", "at connect"), ("reset", "in the output of a command")]
)
def test_a_check_of_a_node_meets_a_fault(
    front: NodeFront, name: str, moment: str, record_property: Callable[[str, object], None]
) -> None:
    report([check_with(front, BY_NAME[name], moment)], record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("moment", LIMITS)
def test_a_check_of_a_node_meets_every_fault(
    front: NodeFront, moment: str, record_property: Callable[[str, object], None]
) -> None:
    faults = AT_CONNECT if moment == "at connect" else IN_STREAM
    with ThreadPoolExecutor(4) as pool:
        report(list(pool.map(lambda fault: check_with(front, fault, moment), faults)), record_property)


@pytest.mark.matrix
def test_a_check_of_a_node_succeeds_in_spite_of_latency(front: NodeFront) -> None:
    with stream_proxy(front.servers) as proxy:
        proxy.arm(LATENCY)
        assert codes(front.lab, front.run(proxy, "check", "latency")) == front.codes


PATH = "/var/tmp/mhv-trial"
OLD, NEW = (RemoteFile(letter * (1 << 20), 0o640, "root", "root") for letter in (b"o", b"n"))


@pytest.mark.parametrize(
    "fault", [pytest.param(f, id=f.name, marks=() if f.name == "reset" else pytest.mark.matrix) for f in IN_STREAM]
)
def test_a_write_that_a_fault_interrupts_leaves_the_old_file(front: NodeFront, fault: StreamFault) -> None:
    with stream_proxy(front.servers) as proxy:
        node = connected(front.lab, proxy)
        node.write(PATH, OLD)
        proxy.arm(fault, 1 << 19, "client")
        outcome = outcome_of(lambda: node.write(PATH, NEW))
        assert outcome.error is not None and problems(outcome, (), 120 + BUSY) == []
        proxy.disarm()
        current = node.read(PATH)
        assert current is not None and (current.content, current.mode) == (OLD.content, OLD.mode)
        node.write(PATH, NEW)
        assert front.lab.ssh(NODE, f"sudo head -c 3 {PATH}; sudo find /var/tmp -name '.mhv-tui.*'") == "nnn"
        node.remove(PATH)
        node.close()
