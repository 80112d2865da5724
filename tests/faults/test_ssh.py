"""Every call over SSH meets every fault, by a proxy in front of an SSH server: a sentence in time, no secret lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest

from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_limits import SshLimits
from mhv_tui.core.ports import Node
from tests.faults.harness import Ledger, outcome_of, problems
from tests.faults.openssh import openssh
from tests.faults.ssh_world import OPERATIONS, PASSWORD, SECONDS, SshFront, ssh_front
from tests.faults.stream_proxy import CONNECT, STREAM, StreamFault

pytestmark = pytest.mark.slow

LONGEST = 4 * SECONDS + 4
"""Seconds until a sentence: each of our limits is SECONDS, and a job's connection is opened again."""

TOTAL_LIMIT = ("silent", "garbage", "dripping")
"""Faults in the middle of an answer that only the limit of the whole command ends; that of `run` is short here."""

JOBS = ("install", "purge", "refresh_packages")
"""They reach the machine again if the connection drops."""

QUARTERS = (0.0, 0.25, 0.5, 0.75)
"""Where in the bytes of the login a fault happens."""


by_stream_fault = pytest.mark.parametrize(
    "fault",
    [
        pytest.param(fault, id=fault.name, marks=() if fault.name in ("silent", "reset") else pytest.mark.matrix)
        for fault in STREAM
    ],
)


@pytest.fixture(scope="module", params=["simulated", pytest.param("openssh", marks=pytest.mark.sshd)])
def front(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshFront]:
    if request.param == "simulated":
        with ssh_front() as front:
            yield front
        return
    with openssh(tmp_path_factory.mktemp("openssh")) as real:
        login = {"username": "root", "key_files": (str(real.key_file),)}
        with ssh_front(("127.0.0.1", real.port), login, real.secrets) as front:
            yield front


def judged(front: SshFront, case: str, operation: Callable[[], object], ledger: Ledger, heals: bool = False) -> None:
    """Runs one case; `heals` if the operation may succeed in spite of the fault.

    After the first byte of an answer, what it needs may have arrived before the fault.
    """
    outcome = outcome_of(operation)
    wrong = problems(outcome, (PASSWORD,), LONGEST)
    wrong += ["ends without an error"] * (outcome.error is None and not heals)
    wrong += ["sent the password to another host key"] * any(impostor.passwords for impostor in front.impostors)
    ledger.add(case, outcome, wrong)
    front.proxy.disarm()


def login_bytes(front: SshFront) -> int:
    """How many bytes the server sends until the end of the login."""
    front.proxy.disarm()
    front.connect().close()
    return front.proxy.passed["server"]


def answer_bytes(front: SshFront, node: SshNode, name: str) -> int:
    """How many bytes the server sends in an operation."""
    front.proxy.disarm()
    OPERATIONS[name](node)
    return front.proxy.passed["server"]


def test_every_method_of_the_port_has_an_operation() -> None:
    assert {name for name in vars(Node) if not name.startswith("_")} == set(OPERATIONS)


@pytest.mark.parametrize("fault", CONNECT, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", ["connect", pytest.param("host_key", marks=pytest.mark.matrix)])
def test_a_connection_meets_every_fault(
    front: SshFront, name: str, fault: StreamFault, record_property: Callable[[str, object], None]
) -> None:
    ledger, operations = Ledger(), {"connect": front.connect, "host_key": front.host_key}
    front.proxy.disarm()
    front.proxy.arm(fault)
    if fault.name == "no more sessions":
        node = partial(SshNode, "n1", front.connect, lambda: None)
        judged(front, f"{fault.name} at run", lambda: OPERATIONS["run"](node()), ledger)
    else:
        shows_key = name == "host_key" and fault.stage == "server"
        judged(front, f"{fault.name} at {name}", operations[name], ledger, heals=shows_key)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", STREAM, ids=lambda fault: fault.name)
def test_a_login_meets_every_fault_in_every_quarter(
    front: SshFront, fault: StreamFault, record_property: Callable[[str, object], None]
) -> None:
    ledger, total = Ledger(), login_bytes(front)
    for quarter in QUARTERS:
        front.proxy.arm(fault, int(total * quarter))
        judged(front, f"{fault.name} after {quarter:.0%} of a login", front.connect, ledger)
    ledger.report(record_property)


@by_stream_fault
def test_a_command_meets_every_fault(
    front: SshFront, fault: StreamFault, record_property: Callable[[str, object], None]
) -> None:
    ledger = Ledger()
    for share in (0.0, 0.5):
        with front.node() as node:
            total = answer_bytes(front, node, "run")
            front.proxy.arm(fault, int(total * share))
            case = f"{fault.name} after {share:.0%} of run"
            judged(front, case, partial(OPERATIONS["run"], node), ledger, heals=share > 0)
            if share:
                outcome_of(partial(OPERATIONS["run"], node))  # the answer may have been complete before the end
            assert OPERATIONS["run"](node), "the next command connects again"
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", STREAM, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_command_meets_every_fault(
    front: SshFront, name: str, fault: StreamFault, record_property: Callable[[str, object], None]
) -> None:
    ledger = Ledger()
    with front.node() as node:
        total = answer_bytes(front, node, name)
    shares = (0.0,) if fault.name in TOTAL_LIMIT and name != "run" else (0.0, 0.3, 0.6, 0.9)
    for share in shares:
        with front.node() as node:
            front.proxy.disarm()
            front.proxy.arm(fault, int(total * share))
            heals = share > 0 or (name in JOBS and fault.name in ("reset", "closed"))
            judged(front, f"{fault.name} after {share:.0%} of {name}", partial(OPERATIONS[name], node), ledger, heals)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", CONNECT, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_command_whose_connection_dropped_meets_every_fault_of_a_new_one(
    front: SshFront, name: str, fault: StreamFault, record_property: Callable[[str, object], None]
) -> None:
    ledger = Ledger()
    with front.node() as node:
        front.proxy.arm(STREAM[1])
        outcome_of(partial(OPERATIONS["run"], node))
        front.proxy.disarm()
        front.proxy.arm(fault)
        judged(front, f"{fault.name} at {name}", partial(OPERATIONS[name], node), ledger)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize(("phase", "seconds"), [("banner", 15), ("login", 60), ("command", 60)])
def test_the_real_limits_end_a_silent_phase(
    front: SshFront, phase: str, seconds: float, record_property: Callable[[str, object], None]
) -> None:
    real, ledger, total = replace(front, limits=SshLimits()), Ledger(), login_bytes(front)
    with real.node() as node:
        front.proxy.arm(STREAM[0], {"banner": 0, "login": int(total * 0.9), "command": 0}[phase])
        outcome = outcome_of(partial(node.read, "/etc/hostname") if phase == "command" else real.connect)
    ledger.add(phase, outcome, problems(outcome, (PASSWORD,), seconds + 8))
    front.proxy.disarm()
    ledger.report(record_property)
    assert outcome.error is not None
