"""Logins that fail each for its own reason, clouds older than today's microversions, and rows of every shape."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters import cloud_rows, cloud_session
from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, NewServer
from mhv_tui.core.ports import Cloud
from mhv_tui.core.secret import Revealed, Vault
from tests.adapters.old_cloud import OldCloud, running
from tests.adapters.servers import HOST, identity, silent, tls


def login(url: str, **more: Any) -> CloudLogin:
    return CloudLogin(auth_url=url, username="admin", project_name="admin", **more)


def refusal(action: Callable[[], object]) -> FindingError:
    with pytest.raises(FindingError) as error:
        action()
    assert error.value.remedy and "Traceback" not in error.value.message
    return error.value


def code(asked: CloudLogin) -> str:
    return refusal(lambda: SdkCloud(asked, Revealed("secret"))).finding.code


@pytest.fixture
def old() -> Iterator[OldCloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def cloud(old: OldCloud) -> Iterator[SdkCloud]:
    made = SdkCloud(login(f"{old.url}/v3", region_name="R"), Revealed("secret"))
    yield made
    made.close()


@pytest.fixture
def clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def test_an_address_where_nothing_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    assert code(login(f"http://{HOST}:1/v3")) == "OS01"
    assert code(login("http://no-such-name.invalid:5000/v3")) == "OS01"
    monkeypatch.setattr(cloud_session, "TIMEOUT", 0.5)
    with silent() as port:
        before = time.monotonic()
        assert code(login(f"http://{HOST}:{port}/v3")) == "OS01"
        assert time.monotonic() - before < 5


def test_a_certificate_that_is_not_trusted(tmp_path: Path) -> None:
    authority = identity("CA", authority=True)
    ca_file = authority.files(tmp_path, "ca")[0]
    with tls(*identity("keystone", issuer=authority).files(tmp_path, "server")) as port:
        assert code(login(f"https://{HOST}:{port}/v3")) == "OS02"
        assert code(login(f"https://{HOST}:{port}/v3", ca_file=ca_file)) == "OS01", "trusted, but no Keystone"
    assert code(login("https://127.0.0.2:1/v3", ca_file=str(tmp_path / "none.pem"))) == "OS02"


def test_an_entry_that_is_not_in_clouds_yaml(clouds_yaml: Path) -> None:
    clouds_yaml.write_text("clouds: {}\n")
    error = refusal(lambda: SdkCloud(CloudLogin(name="prod"), None))
    assert error.finding.code == "OS05" and "prod" in error.message
    clouds_yaml.write_text("clouds: [\n")
    assert refusal(lambda: SdkCloud(CloudLogin(name="prod"), None)).finding.code == "OS05"


def test_an_entry_of_clouds_yaml_is_enough(clouds_yaml: Path, old: OldCloud) -> None:
    clouds_yaml.write_text(
        f"clouds:\n  prod:\n    region_name: R\n    auth: {{auth_url: '{old.url}/v3', username: admin, "
        "password: secret, project_name: admin, user_domain_name: Default, project_domain_name: Default}\n"
    )
    world = RealBackend(Vault())
    seen = world.cloud(CloudLogin(name="prod")).identity()
    assert (seen.username, seen.project, seen.roles, seen.region) == ("admin", "admin", ("admin",), "R")
    world.close()


def test_a_region_that_the_catalogue_does_not_have(old: OldCloud) -> None:
    elsewhere = SdkCloud(login(f"{old.url}/v3", region_name="Elsewhere"), Revealed("secret"))
    error = refusal(elsewhere.services)
    assert error.finding.code == "OS06" and "Elsewhere" in error.message
    elsewhere.close()


def test_a_cloud_of_old_is_asked_in_its_own_words(cloud: SdkCloud, old: OldCloud) -> None:
    assert cloud.versions().compute_max == "2.3"
    assert [(h.id, h.service_host) for h in cloud.hypervisors()] == [("1", "kvm1")]
    (service,) = cloud.services()
    assert (service.id, service.updated_at) == ("3", datetime(2015, 6, 1, 10, tzinfo=UTC))
    assert {version for _, path, version, _ in old.calls if "os-" in path} == {"2.3"}


def test_a_service_of_old_is_named_by_host_and_binary(cloud: SdkCloud, old: OldCloud) -> None:
    (service,) = cloud.services()
    cloud.set_service(service, False, "maintenance")
    cloud.set_service(service, True)
    puts = [(path.rsplit("/", 1)[1], body) for method, path, _, body in old.calls if method == "PUT"]
    kvm1 = {"host": "kvm1", "binary": "nova-compute"}
    assert puts == [("disable-log-reason", {**kvm1, "disabled_reason": "maintenance"}), ("enable", kvm1)]
    cloud.delete_service(service)
    cloud.delete_service(replace(service, id="99"))


def test_a_record_without_an_id_is_disabled_by_name_and_never_deleted(cloud: SdkCloud, old: OldCloud) -> None:
    old.services = [{k: v for k, v in row.items() if k != "id"} for row in old.services]
    (service,) = cloud.services()
    assert service.id == ""
    cloud.set_service(service, False, "gone")
    assert old.calls[-1][3] == {"host": "kvm1", "binary": "nova-compute", "disabled_reason": "gone"}
    error = refusal(lambda: cloud.delete_service(service))
    assert error.finding.code == "RG09" and "nova-compute on kvm1" in error.message
    assert all(method != "DELETE" for method, _, _, _ in old.calls)


def test_the_servers_of_a_host_are_those_of_every_project(cloud: SdkCloud, old: OldCloud) -> None:
    assert [s.name for s in cloud.servers_on("kvm1")] == ["web"]
    assert old.queries[-1] == "all_tenants=1&host=kvm1"


def test_without_neutron_networks_are_novas(cloud: SdkCloud) -> None:
    assert not cloud.versions().neutron
    assert [(n.id, n.name, n.physical_network) for n in cloud.networks()] == [("n1", "private", "br100")]
    assert cloud.agents() == ()
    assert cloud.ports("proof") == ()
    assert refusal(lambda: cloud.create_port("n1", "proof")).finding.code == "OS06"


def test_a_server_of_old_cannot_be_asked_for_without_a_network(cloud: SdkCloud, old: OldCloud) -> None:
    made = cloud.create_server(NewServer("probe", "i", "f", availability_zone="vmware"))
    assert (made.id, made.status) == ("s1", "BUILD")
    body = old.calls[-1][3]["server"]
    assert "networks" not in body and body["availability_zone"] == "vmware"


@pytest.mark.parametrize(
    ("ask", "expected", "said"),
    [
        (lambda cloud: cloud.flavors(), "OS10", "database is down"),
        (lambda cloud: cloud.aggregates(), "OS07", "Policy doesn't allow it"),
    ],
)
def test_a_refusal_says_what_the_service_said(
    cloud: SdkCloud, ask: Callable[[Cloud], object], expected: str, said: str
) -> None:
    error = refusal(lambda: ask(cloud))
    assert error.finding.code == expected and said in error.message


def test_versions_compare_as_numbers() -> None:
    assert max(["2.96", "2.100", "2.9"], key=cloud_session.numbers) == "2.100"


def test_an_image_of_glance_keeps_its_free_properties_alone() -> None:
    row = {
        **{"id": "i", "name": None, "status": "active", "size": None, "min_disk": 1, "os_hidden": False, "tags": ["a"]},
        **{"hypervisor_type": "vmware", "vmware_disktype": "sparse", "owner_specified.openstack.md5": "x"},
    }
    seen = cloud_rows.image(row)
    assert (seen.name, seen.size, seen.min_disk) == ("", 0, 1)
    assert seen.properties == {k: row[k] for k in row if "." in k or "_type" in k or "disktype" in k}


def test_a_server_tells_its_fault_and_place() -> None:
    row = {"id": "s", "name": "n", "status": "ERROR", "fault": {"message": "No valid host was found.", "code": 500}}
    assert cloud_rows.server(row).fault == "No valid host was found."
    placed = {**row, "OS-EXT-SRV-ATTR:host": "kvm1", "OS-EXT-SRV-ATTR:hypervisor_hostname": None}
    assert (cloud_rows.server(placed).host, cloud_rows.server(placed).hypervisor_hostname) == ("kvm1", "")
