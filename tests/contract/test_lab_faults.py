"""Each service of the lab's cloud meets every fault, by proxies in front of Keystone, nova, Glance and Neutron."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

import pytest

from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.adapters.limits import MIB, Limit, Limits
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import Revealed
from mhv_tui.lab import cloud as cloud_nodes
from tests.contract.backends import BackendLogins
from tests.faults.api_cloud import call_name
from tests.faults.harness import Ledger, armed, authority, first_calls, problems, recorded, tls_proxy
from tests.faults.kinds import FAULTS
from tests.faults.names import Names, name_service
from tests.faults.proxy import Fault, FaultProxy, to_server

pytestmark = [
    pytest.mark.lab,
    pytest.mark.matrix,
    pytest.mark.timeout(2400),
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]

NAME = "cloud.fault.test"
PORTS = {"identity": 5000, "compute": 8774, "image": 9292, "network": 9696}
SECONDS = 6.0
LONGEST = 3 * SECONDS
PATIENT = Limit(SECONDS, 8 * MIB)
LIMITS = Limits(
    first_contact=PATIENT, login=Limit(2 * SECONDS, 8 * MIB), call=PATIENT, operation=Limit(LONGEST, 8 * MIB)
)
"""Limits that a test waits for, and that real services meet on a busy machine."""


@dataclass(frozen=True)
class LabFront:
    """The proxies by service, and the login through them."""

    proxies: dict[str, FaultProxy]
    names: Names
    login: CloudLogin

    def using(self, operation: Callable[[SdkCloud], object]) -> Callable[[], None]:
        """Logs in and runs the operation."""

        def use() -> None:
            cloud = SdkCloud(self.login, Revealed(cloud_nodes.ADMIN_PASSWORD), LIMITS)
            try:
                operation(cloud)
            finally:
                cloud.close()

        return use


@pytest.fixture(scope="module")
def front(lab_cloud: BackendLogins, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LabFront]:
    assert lab_cloud.cloud is not None
    host = urlsplit(lab_cloud.cloud.auth_url).hostname or ""
    certificates = authority(NAME, tmp_path_factory.mktemp("tls"))
    rewritten: dict[bytes, bytes] = {}
    with name_service() as names, contextlib.ExitStack() as stack:
        proxies = {
            service: stack.enter_context(
                tls_proxy(NAME, to_server(host, port, tls=False, rewritten=rewritten), call_name, certificates)
            )
            for service, port in PORTS.items()
        }
        for service, proxy in proxies.items():
            names.proxies[NAME] = proxy
            rewritten[f"http://{host}:{PORTS[service]}".encode()] = f"https://{NAME}:{proxy.port}".encode()
        url = f"https://{NAME}:{proxies['identity'].port}/v3"
        login = replace(lab_cloud.cloud, auth_url=url, ca_file=str(certificates.ca_file), password=None)
        yield LabFront(proxies, names, login)


OPERATIONS: dict[str, Callable[[SdkCloud], object]] = {
    "identity": lambda cloud: cloud.identity(),
    "compute": lambda cloud: cloud.hypervisors(),
    "image": lambda cloud: cloud.images(),
    "network": lambda cloud: cloud.networks(),
}


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
@pytest.mark.parametrize("service", PORTS)
def test_a_service_of_the_lab_meets_every_fault(
    front: LabFront, service: str, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    operation, ledger, proxy = front.using(OPERATIONS[service]), Ledger(), front.proxies[service]
    front.names.proxies[NAME] = proxy
    calls = recorded(proxy, operation)
    for number in first_calls(calls):
        outcome = armed(proxy, fault, number, operation)
        wrong = problems(outcome, (cloud_nodes.ADMIN_PASSWORD,), LONGEST)
        wrong += ["ends without an error"] * (outcome.error is None)
        wrong += ["sent a request over the changed certificate"] * bool(proxy.caught)
        wrong += ["followed a redirect"] * bool(front.names.asked)
        ledger.add(f"{fault.name} at {calls[number]}", outcome, wrong)
    proxy.disarm()
    ledger.report(record_property)
