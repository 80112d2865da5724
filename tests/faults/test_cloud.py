"""Every call to the cloud meets every fault, by a proxy in front of the APIs: a sentence in time, no secret lost."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import Limits
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.core.openstack import NewImage, NewServer
from mhv_tui.core.ports import Cloud
from mhv_tui.core.secret import Revealed
from tests.faults.api_cloud import PASSWORD
from tests.faults.cloud_world import CloudFront, cloud_front
from tests.faults.harness import LIMITS, Ledger, armed, by_fault, first_calls, problems, recorded
from tests.faults.kinds import BY_NAME, FAULTS
from tests.faults.proxy import Exchange, Fault

# CPython 3.11 forgets to close a socket that is reset before its TLS handshake begins; it is freed at once.
pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")]

TOKEN, VOLUME = "POST /identity/v3/auth/tokens", "GET /volume/v3"
OPTIONAL = (VOLUME, "GET /image/v2/info/usage")
"""Calls whose failure changes nothing for the operator."""
UNTIL_ITS_END = ("reset in the answer", "cut answer", "half a document", "dripping headers", "dripping body")
HARMLESS = {("DELETE", name) for name in UNTIL_ITS_END}
"""An answer without a body is complete with its status line."""
IMAGE = NewImage("11111111-aaaa-4bbb-8ccc-222222222222", "trial", "vmdk")


def login_ended(exchange: Exchange) -> None:
    """The token ends at this call: the service does not know it any more."""
    api = exchange.proxy.upstream
    assert hasattr(api, "tokens")
    api.tokens.clear()
    answer = exchange.forward()
    exchange.connection.sendall(answer.head(close=True) + answer.body)


LOGIN_ENDED = Fault("login ended", "answer", answer=login_ended)


@dataclass(frozen=True)
class Using:
    """A front and its operations."""

    front: CloudFront

    def operation(self, name: str, limits: Limits = LIMITS) -> Callable[[], None]:
        """Logs in and runs the operation."""

        def use() -> None:
            cloud = SdkCloud(self.front.login(), Revealed(PASSWORD), limits)
            try:
                OPERATIONS[name](cloud, self.front)
            finally:
                cloud.close()

        return use


@pytest.fixture(scope="module")
def using(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Using]:
    directory = tmp_path_factory.mktemp("cloud")
    (directory / "disk").write_bytes(bytes(range(256)) * 400)
    with cloud_front(directory) as front:
        yield Using(front)


def aggregates(cloud: SdkCloud, front: CloudFront) -> None:
    key = cloud.create_aggregate("trial", "vmware")
    cloud.add_to_aggregate(key, "compute1")
    cloud.remove_from_aggregate(key, "compute1")
    cloud.delete_aggregate(key)


def service(cloud: SdkCloud, front: CloudFront) -> None:
    compute = next(s for s in cloud.services() if s.host == "compute2")
    cloud.set_service(compute, False, "trial")
    cloud.delete_service(compute)


def image(cloud: SdkCloud, front: CloudFront) -> None:
    with ThisMachine().stream(front.directory / "disk") as data:
        uploaded = cloud.upload_image(IMAGE, data, lambda done, total, reason: None)
    cloud.set_image_properties(uploaded.id, {"hw_vif_model": "e1000"})
    cloud.delete_image(uploaded.id)


def port(cloud: SdkCloud, front: CloudFront) -> None:
    created = cloud.create_port(cloud.networks()[0].id, "trial", "compute1")
    cloud.ports("trial")
    cloud.delete_port(created.id)


def server(cloud: SdkCloud, front: CloudFront) -> None:
    created = cloud.create_server(NewServer("trial", cloud.images()[0].id, cloud.flavors()[0].id))
    cloud.server(created.id)
    cloud.servers("trial")
    cloud.delete_server(created.id)


OPERATIONS: dict[str, Callable[[SdkCloud, CloudFront], object]] = {
    "login, identity": lambda cloud, front: cloud.identity(),
    "versions": lambda cloud, front: cloud.versions(),
    "hypervisors": lambda cloud, front: cloud.hypervisors(),
    "services": lambda cloud, front: cloud.services(),
    "agents": lambda cloud, front: cloud.agents(),
    "images": lambda cloud, front: cloud.images(),
    "flavors": lambda cloud, front: cloud.flavors(),
    "networks": lambda cloud, front: cloud.networks(),
    "aggregates": lambda cloud, front: cloud.aggregates(),
    "zones": lambda cloud, front: cloud.zones(),
    "servers_on": lambda cloud, front: cloud.servers_on("compute1"),
    "create_aggregate, add_to_aggregate, remove_from_aggregate, delete_aggregate": aggregates,
    "set_service, delete_service": service,
    "upload_image, set_image_properties, delete_image": image,
    "create_port, ports, delete_port": port,
    "create_server, server, servers, delete_server": server,
}
"""The smallest operations that make every call. Their names are methods of the port."""


def positions(name: str, calls: list[str]) -> list[int]:
    """The different calls of an operation that the login does not make."""
    after_login = len(calls) - calls[::-1].index(TOKEN)
    first = 0 if name.startswith("login") else after_login
    return [number for number in first_calls(calls) if number >= first]


def judged(
    front: CloudFront, case: str, fault: Fault, number: int, operation: Callable[[], None], ledger: Ledger
) -> None:
    """Runs one case: the fault from this call on."""
    call = case.rpartition(": ")[2]
    outcome = armed(front.proxy, fault, number, operation)
    wrong = problems(outcome, (PASSWORD, "token-"))
    harmless = call in OPTIONAL or (call.partition(" ")[0], fault.name) in HARMLESS
    # A service may refuse to show its version document.
    harmless = harmless or (case.startswith("versions:") and fault.name == "status 403")
    wrong += ["ends without an error"] * (outcome.error is None and not harmless)
    wrong += ["sent a request over the changed certificate"] * bool(front.proxy.caught)
    wrong += ["followed a redirect"] * bool(front.names.asked)
    wrong += ["sent the password"] * (number == 0 and front.proxy.received(PASSWORD))
    ledger.add(f"{fault.name} at {case}", outcome, wrong)


def test_every_method_of_the_port_has_an_operation() -> None:
    methods = {name for name in vars(Cloud) if not name.startswith("_")}
    assert methods == {name for names in OPERATIONS for name in names.split(", ")} - {"login"}


@by_fault(FAULTS)
def test_a_fault_in_a_call_is_a_sentence_in_time(
    using: Using, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    using.front.reset()
    operation, ledger = using.operation("services"), Ledger()
    calls = recorded(using.front.proxy, operation)
    call = "GET /compute/v2.1/os-services"
    judged(using.front, f"services: {call}", fault, calls.index(call), operation, ledger)
    ledger.report(record_property)


def test_a_changed_certificate_gets_no_secret(using: Using, record_property: Callable[[str, object], None]) -> None:
    using.front.reset()
    operation, ledger = using.operation("services"), Ledger()
    for number, call in enumerate(recorded(using.front.proxy, operation)):
        judged(using.front, f"services: {call}", BY_NAME["certificate changed"], number, operation, ledger)
    ledger.report(record_property)


def test_a_login_that_ends_is_renewed_once(using: Using) -> None:
    using.front.reset()
    operation = using.operation("services")
    calls = recorded(using.front.proxy, operation)
    outcome = armed(using.front.proxy, LOGIN_ENDED, calls.index("GET /compute/v2.1/os-services"), operation, once=True)
    assert outcome.error is None
    assert using.front.proxy.calls.count(TOKEN) == calls.count(TOKEN) + 1


@pytest.mark.parametrize("name", ["connection reset", "reset before the answer", "closed before the answer"])
def test_a_reading_call_survives_one_reset(using: Using, name: str) -> None:
    using.front.reset()
    operation = using.operation("services")
    calls = recorded(using.front.proxy, operation)
    number = calls.index("GET /compute/v2.1/os-services")
    assert armed(using.front.proxy, BY_NAME[name], number, operation, once=True).error is None


@pytest.mark.matrix
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("name", OPERATIONS)
def test_every_call_meets_every_fault(
    using: Using, name: str, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    operation, ledger = using.operation(name), Ledger()
    using.front.reset()
    calls = recorded(using.front.proxy, operation)
    for number in positions(name, calls):
        using.front.reset()
        judged(using.front, f"{name}: {calls[number]}", fault, number, operation, ledger)
    using.front.reset()
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize(
    ("call", "seconds"), [("GET /identity/v3", 12), (TOKEN, 30), ("GET /compute/v2.1/os-services", 60)]
)
def test_the_real_limits_end_a_silent_call(
    using: Using, call: str, seconds: float, record_property: Callable[[str, object], None]
) -> None:
    using.front.reset()
    operation, ledger = using.operation("services", Limits()), Ledger()
    number = recorded(using.front.proxy, operation).index(call)
    outcome = armed(using.front.proxy, BY_NAME["silent"], number, operation)
    ledger.add(call, outcome, problems(outcome, (PASSWORD,), seconds + 8))
    ledger.report(record_property)
    assert outcome.error is not None
