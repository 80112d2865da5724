"""Failing logins, clouds with old microversions, and rows with missing or unusual fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters import cloud_documents, cloud_rows
from mhv_tui.adapters.backend import RealBackend
from mhv_tui.adapters.cloud import SdkCloud
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudLogin, NewServer
from mhv_tui.core.ports import Cloud
from mhv_tui.core.secret import Revealed, Vault
from tests.adapters.old_cloud import OldCloud, running
from tests.adapters.servers import HOST, identity, tls


def login(url: str, **more: Any) -> CloudLogin:
    return CloudLogin(auth_url=url, username="admin", project_name="admin", **more)


def refusal(action: Callable[[], object]) -> FindingError:
    with pytest.raises(FindingError) as error:
        action()
    assert error.value.remedy and "Traceback" not in error.value.message
    return error.value


def code(request: CloudLogin) -> str:
    return refusal(lambda: SdkCloud(request, Revealed("secret"))).finding.code


@pytest.fixture
def old() -> Iterator[OldCloud]:
    with running() as cloud:
        yield cloud


@pytest.fixture
def cloud(old: OldCloud) -> Iterator[SdkCloud]:
    cloud = SdkCloud(login(f"{old.url}/v3", region_name="R"), Revealed("secret"))
    yield cloud
    cloud.close()


@pytest.fixture
def clouds_yaml(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    file = tmp_path / "clouds.yaml"
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(file))
    return file


def test_an_unreachable_address() -> None:
    assert code(login(f"http://{HOST}:1/v3")) == "OS01"
    assert code(login("http://no-such-name.invalid:5000/v3")) == "OS01"


def test_an_untrusted_certificate(tmp_path: Path) -> None:
    authority = identity("CA", authority=True)
    ca_file = authority.files(tmp_path, "ca")[0]
    with tls(*identity("keystone", issuer=authority).files(tmp_path, "server")) as port:
        assert code(login(f"https://{HOST}:{port}/v3")) == "OS02"
        assert code(login(f"https://{HOST}:{port}/v3", ca_file=ca_file)) == "OS01", "trusted, but no Keystone"
    assert code(login("https://127.0.0.2:1/v3", ca_file=str(tmp_path / "none.pem"))) == "OS02"


def test_a_missing_entry_of_clouds_yaml(clouds_yaml: Path) -> None:
    clouds_yaml.write_text("clouds: {}\n")
    error = refusal(lambda: SdkCloud(CloudLogin(name="prod"), None))
    assert error.finding.code == "OS05" and "prod" in error.message
    clouds_yaml.write_text("clouds: [\n")
    assert refusal(lambda: SdkCloud(CloudLogin(name="prod"), None)).finding.code == "OS05"


def test_an_entry_of_clouds_yaml_suffices_to_log_in(clouds_yaml: Path, old: OldCloud) -> None:
    clouds_yaml.write_text(
        f"clouds:\n  prod:\n    region_name: R\n    auth: {{auth_url: '{old.url}/v3', username: admin, "
        "password: secret, project_name: admin, user_domain_name: Default, project_domain_name: Default}\n"
    )
    world = RealBackend(Vault())
    identity = world.cloud(CloudLogin(name="prod")).identity()
    assert (identity.username, identity.project, identity.roles, identity.region) == ("admin", "admin", ("admin",), "R")
    world.close()


def test_a_region_missing_in_the_catalogue(old: OldCloud) -> None:
    other_region = SdkCloud(login(f"{old.url}/v3", region_name="Elsewhere"), Revealed("secret"))
    error = refusal(other_region.services)
    assert error.finding.code == "OS06" and "Elsewhere" in error.message
    other_region.close()


def test_an_old_cloud_is_called_with_its_newest_microversion(cloud: SdkCloud, old: OldCloud) -> None:
    assert cloud.versions().compute_max == "2.3"
    assert [(h.id, h.service_host) for h in cloud.hypervisors()] == [("1", "kvm1")]
    (service,) = cloud.services()
    assert (service.id, service.updated_at) == ("3", datetime(2015, 6, 1, 10, tzinfo=UTC))
    assert {version for _, path, version, _ in old.calls if "os-" in path} == {"2.3"}


def test_an_old_cloud_names_a_service_by_host_and_binary(cloud: SdkCloud, old: OldCloud) -> None:
    (service,) = cloud.services()
    cloud.set_service(service, False, "maintenance")
    cloud.set_service(service, True)
    puts = [(path.rsplit("/", 1)[1], body) for method, path, _, body in old.calls if method == "PUT"]
    kvm1 = {"host": "kvm1", "binary": "nova-compute"}
    assert puts == [("disable-log-reason", {**kvm1, "disabled_reason": "maintenance"}), ("enable", kvm1)]
    cloud.delete_service(service)
    cloud.delete_service(replace(service, id="99"))


def test_a_service_without_an_id_is_disabled_by_name_and_never_deleted(cloud: SdkCloud, old: OldCloud) -> None:
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


def test_without_neutron_the_networks_are_those_of_nova(cloud: SdkCloud) -> None:
    assert not cloud.versions().neutron
    assert [(n.id, n.name, n.physical_network) for n in cloud.networks()] == [("n1", "private", "br100")]
    assert cloud.agents() == ()
    assert cloud.ports("proof") == ()
    assert refusal(lambda: cloud.create_port("n1", "proof")).finding.code == "OS06"


def test_an_old_cloud_cannot_create_a_server_without_a_network(cloud: SdkCloud, old: OldCloud) -> None:
    server = cloud.create_server(NewServer("probe", "i", "f", availability_zone="vmware"))
    assert (server.id, server.status) == ("s1", "BUILD")
    body = old.calls[-1][3]["server"]
    assert "networks" not in body and body["availability_zone"] == "vmware"


@pytest.mark.parametrize(
    ("call", "expected", "reason"),
    [
        (lambda cloud: cloud.flavors(), "OS10", "database is down"),
        (lambda cloud: cloud.aggregates(), "OS07", "Policy doesn't allow it"),
    ],
)
def test_an_error_contains_the_message_of_the_service(
    cloud: SdkCloud, call: Callable[[Cloud], object], expected: str, reason: str
) -> None:
    error = refusal(lambda: call(cloud))
    assert error.finding.code == expected and reason in error.message


def test_versions_compare_as_numbers() -> None:
    assert max(["2.96", "2.100", "2.9"], key=cloud_documents.numbers) == "2.100"


def test_an_image_has_only_the_properties_that_are_not_fields_of_glance() -> None:
    row = {
        **{"id": "i", "name": None, "status": "active", "size": None, "min_disk": 1, "os_hidden": False, "tags": ["a"]},
        **{"hypervisor_type": "vmware", "vmware_disktype": "sparse", "owner_specified.openstack.md5": "x"},
    }
    image = cloud_rows.image(row)
    assert (image.name, image.size, image.min_disk) == ("", 0, 1)
    assert image.properties == {k: row[k] for k in row if "." in k or "_type" in k or "disktype" in k}


def test_a_server_has_fault_and_host() -> None:
    row = {"id": "s", "name": "n", "status": "ERROR", "fault": {"message": "No valid host was found.", "code": 500}}
    assert cloud_rows.server(row).fault == "No valid host was found."
    with_host = {**row, "OS-EXT-SRV-ATTR:host": "kvm1", "OS-EXT-SRV-ATTR:hypervisor_hostname": None}
    assert (cloud_rows.server(with_host).host, cloud_rows.server(with_host).hypervisor_hostname) == ("kvm1", "")


@pytest.mark.parametrize("value", [None, 7, [], {}, True, 1.5])
def test_a_text_of_another_type_counts_as_missing(value: object) -> None:
    row = {"id": 1, "name": value, "hypervisor_hostname": value, "hosts": value, "subnets": value, "host": value}
    assert cloud_rows.hypervisor(row).hostname == cloud_rows.network(row).name == cloud_rows.service(row).host == ""
    assert cloud_rows.aggregate(row).hosts == cloud_rows.network(row).subnet_ids == ()


def test_a_text_can_be_stored_whatever_json_allows() -> None:
    row = {"id": "i\ud800", "name": "a\udfffb", "key\ud800": "\ud800", "hosts": ["\ud800"]}
    assert (cloud_rows.image(row).name, cloud_rows.image(row).properties) == ("a?b", {"key?": "?"})
    assert cloud_rows.aggregate(row).hosts == ("?",)


@pytest.mark.parametrize("value", [None, [], {}, 1.5])
def test_a_row_without_an_id_is_an_error(value: object) -> None:
    with pytest.raises(TypeError):
        cloud_rows.image({"id": value})


@pytest.mark.parametrize(("sent", "task_state"), [("spawning", "spawning"), (None, "")])
def test_a_server_has_the_task_of_nova(sent: str | None, task_state: str) -> None:
    row = {"id": "s1", "name": "proof", "status": "BUILD", "OS-EXT-STS:task_state": sent}
    assert cloud_rows.server(row).task_state == task_state
