"""Every call to vCenter meets every fault, by a proxy in front of the lab's: a sentence in time, no secret lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mhv_tui.adapters import trust
from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.limits import Limits
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.adapters.vsphere_record import InventoryReader
from mhv_tui.core.ports import Vcenter
from mhv_tui.core.secret import Revealed, Vault
from mhv_tui.core.vsphere import VcenterLogin
from mhv_tui.lab import simulator
from mhv_tui.lab.simulator import Simulator
from tests.adapters.raw_server import Request, soap_fault, vcenter_call
from tests.contract.backends import INVENTORY, PASSWORD, PROMPT, USER
from tests.faults.harness import (
    LIMITS,
    Authority,
    Ledger,
    armed,
    authority,
    by_fault,
    first_calls,
    problems,
    recorded,
    tls_proxy,
)
from tests.faults.kinds import BY_NAME, FAULTS
from tests.faults.names import Names, name_service
from tests.faults.proxy import CONNECTION, Exchange, Fault, FaultProxy, ProxiedRequest, to_server

pytestmark = [pytest.mark.vcenter, pytest.mark.slow]

NAME = "vcenter.fault.test"
CONTACT = (CONNECTION, "versions", "RetrieveServiceContent")
"""The calls before the login."""
OPTIONAL = ("DestroyView", "Logout")
"""Calls whose failure changes nothing for the operator."""


ENDED = (
    '<NotAuthenticatedFault xmlns="urn:vim25" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
    'xsi:type="NotAuthenticated"><object type="Folder">group-d1</object><privilegeId>System.View</privilegeId>'
    "</NotAuthenticatedFault>"
)


def session_ended(exchange: Exchange) -> None:
    exchange.connection.sendall(soap_fault(ENDED))


ALL = (*FAULTS, Fault("session ended", "answer", answer=session_ended))


@dataclass(frozen=True)
class Front:
    """The proxy with the lab's vCenter behind it."""

    proxy: FaultProxy
    sim: Simulator
    names: Names
    certificates: Authority

    def login(self, kind: str = "ca_file") -> VcenterLogin:
        value = self.certificates.sha256 if kind == "sha256" else str(self.certificates.ca_file)
        return VcenterLogin(NAME, self.proxy.port, USER, kind, value, PROMPT)

    def using(
        self, operation: Callable[[PyvmomiVcenter], object], kind: str = "ca_file", limits: Limits = LIMITS
    ) -> Callable[[], None]:
        """Logs in, runs the operation and logs out."""

        def use() -> None:
            vcenter = PyvmomiVcenter(self.login(kind), Revealed(PASSWORD), limits)
            try:
                operation(vcenter)
            finally:
                vcenter.close()

        return use

    def reset(self) -> None:
        """Gives vCenter its first state again."""
        self.proxy.disarm()
        simulator.control(self.sim, "POST", "/inventory", "")


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    directory = tmp_path_factory.mktemp("vcenter")
    (directory / "inventory.toml").write_text(INVENTORY)
    sim = simulator.start(directory / "inventory.toml", directory=directory)
    certificates = authority(NAME, Path(directory))
    upstream = to_server(sim.host, sim.port, tls=True)
    try:
        with name_service() as names, tls_proxy(NAME, upstream, call_of, certificates) as proxy:
            names.proxies[NAME] = proxy
            yield Front(proxy, sim, names, certificates)
    finally:
        simulator.stop(sim)


def call_of(request: ProxiedRequest) -> str:
    return vcenter_call(Request(request.method, request.path, request.body))


def host_of(vcenter: PyvmomiVcenter) -> str:
    return next(h.id for h in vcenter.inventory().hosts if h.name == "esx1.example.org")


def cluster_of(vcenter: PyvmomiVcenter) -> str:
    return next(c.id for c in vcenter.inventory().clusters if c.name == "DC0_C0")


def add_and_remove(vcenter: PyvmomiVcenter) -> None:
    host = host_of(vcenter)
    vcenter.add_port_group(host, "br100", "vSwitch0", 0)
    vcenter.remove_port_group(host, "br100")


def add_and_remove_distributed(vcenter: PyvmomiVcenter) -> None:
    (dvs,) = vcenter.inventory().switches
    vcenter.remove_distributed_port_group(vcenter.add_distributed_port_group(dvs.id, "trial", 0))


OPERATIONS: dict[str, Callable[[PyvmomiVcenter], object]] = {
    "login": lambda vcenter: None,
    "inventory": lambda vcenter: vcenter.inventory(),
    "missing_privileges": lambda vcenter: vcenter.missing_privileges({"": ("System.Read",)}),
    "clock": lambda vcenter: vcenter.clock(),
    "extensions": lambda vcenter: vcenter.extensions(),
    "virtual_machines": lambda vcenter: vcenter.virtual_machines(cluster_of(vcenter)),
    "resource_pools": lambda vcenter: vcenter.resource_pools(cluster_of(vcenter)),
    "add_port_group, remove_port_group": add_and_remove,
    "add_distributed_port_group, remove_distributed_port_group": add_and_remove_distributed,
    "set_drs": lambda vcenter: vcenter.set_drs(cluster_of(vcenter), False, ""),
}
"""The smallest operations that make every call. Their names are methods of the port."""


def positions(name: str, calls: list[str]) -> list[int]:
    """The calls of an operation that the login does not make."""
    first = 0 if name == "login" else calls.index("Login") + 1
    return [
        number for number in first_calls(calls) if number >= first and (name == "login" or calls[number] != "Logout")
    ]


def judged(front: Front, case: str, fault: Fault, number: int, operation: Callable[[], None], ledger: Ledger) -> None:
    """Runs one case: the fault from this call on."""
    call = case.rsplit(" ", 1)[-1]
    outcome = armed(front.proxy, fault, number, operation)
    wrong = problems(outcome, (PASSWORD,))
    wrong += ["ends without an error"] * (outcome.error is None and call not in OPTIONAL)
    wrong += ["sent a request over the changed certificate"] * bool(front.proxy.caught)
    wrong += ["followed a redirect"] * bool(front.names.asked)
    wrong += ["sent the password"] * (call in CONTACT and front.proxy.received(PASSWORD))
    ledger.add(f"{fault.name} at {case}", outcome, wrong)


def test_every_method_of_the_port_has_an_operation() -> None:
    methods = {name for name in vars(Vcenter) if not name.startswith("_")}
    assert methods == {name for names in OPERATIONS for name in names.split(", ")} - {"login"}


@by_fault(ALL)
def test_a_fault_in_a_call_is_a_sentence_in_time(
    front: Front, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    operation = front.using(OPERATIONS["clock"])
    calls, ledger = recorded(front.proxy, operation), Ledger()
    judged(front, "clock CurrentTime", fault, calls.index("CurrentTime"), operation, ledger)
    ledger.report(record_property)


@pytest.mark.parametrize("kind", ["sha256", "ca_file"])
def test_a_changed_certificate_gets_no_password(
    front: Front, kind: str, record_property: Callable[[str, object], None]
) -> None:
    operation, ledger = front.using(OPERATIONS["clock"], kind), Ledger()
    for number, call in enumerate(recorded(front.proxy, operation)):
        judged(front, f"clock {call}", BY_NAME["certificate changed"], number, operation, ledger)
        assert front.proxy.received(PASSWORD) == (call not in (*CONTACT, "Login"))
    ledger.report(record_property)


@by_fault((f for f in ALL if f.stage == "answer"), ("silent", "reset in the answer", "status 503", "session ended"))
def test_after_a_fault_the_next_call_works_with_at_most_one_login(front: Front, fault: Fault) -> None:
    vault = Vault()
    vault.put(PROMPT, PASSWORD)
    world = RealBackend(vault, limits=LIMITS)
    front.reset()
    world.vcenter(front.login()).clock()
    armed(front.proxy, fault, 0, lambda: world.vcenter(front.login()).clock(), once=True)
    front.proxy.disarm()
    assert world.vcenter(front.login()).clock() and front.proxy.calls.count("Login") <= 1
    world.close()


@pytest.mark.matrix
@pytest.mark.parametrize("fault", ALL, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_meets_every_fault(
    front: Front, name: str, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    operation, ledger = front.using(OPERATIONS[name]), Ledger()
    front.reset()
    calls = recorded(front.proxy, operation)
    for number in positions(name, calls):
        front.reset()
        judged(front, f"{name} {calls[number]}", fault, number, operation, ledger)
    front.reset()
    ledger.report(record_property)


def record(vcenter: PyvmomiVcenter) -> None:
    """Reads everything for a recording; a call that vCenter refuses is noted, which counts as an error here."""
    reader = InventoryReader(vcenter.session)
    list(reader.objects())
    reader.privileges()
    reader.skew()
    if reader.unreadable:
        raise failure("VC21", f"vCenter refused {sum(reader.unreadable.values())} calls")


@by_fault((f for f in ALL if f.stage == "answer"), ("silent", "status 503", "session ended"))
def test_a_recording_ends_in_order(front: Front, fault: Fault, record_property: Callable[[str, object], None]) -> None:
    operation, ledger = front.using(record), Ledger()
    front.reset()
    calls = recorded(front.proxy, operation)
    for number in positions("record", calls):
        judged(front, f"record {calls[number]}", fault, number, operation, ledger)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_the_look_at_the_certificate_meets_every_fault(
    front: Front, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    def look() -> None:
        trust.certificate(NAME, front.proxy.port, str(front.certificates.ca_file), LIMITS.first_contact)

    calls, ledger = recorded(front.proxy, look), Ledger()
    for number in range(len(calls)):
        outcome = armed(front.proxy, fault, number, look)
        silent = fault.stage in ("answer", "certificate")
        wrong = problems(outcome, ()) + ["ends without an error"] * (outcome.error is None and not silent)
        ledger.add(f"{fault.name} at connection {number + 1}", outcome, wrong)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize(("call", "seconds"), [("versions", 12), ("Login", 30), ("CurrentTime", 60)])
def test_the_real_limits_end_a_silent_call(
    front: Front, call: str, seconds: float, record_property: Callable[[str, object], None]
) -> None:
    operation, ledger = front.using(OPERATIONS["clock"], limits=Limits()), Ledger()
    outcome = armed(front.proxy, BY_NAME["silent"], recorded(front.proxy, operation).index(call), operation)
    ledger.add(call, outcome, problems(outcome, (PASSWORD,), seconds + 8))
    ledger.report(record_property)
    assert outcome.error is not None
