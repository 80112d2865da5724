"""What is copied from a working compute node, and what never is."""

from __future__ import annotations

import pytest

from mhv_tui.domain.nova_copy import copied, file_of, is_never_copied, lacking
from mhv_tui.domain.releases import by_name

ZED = """[DEFAULT]
transport_url = rabbit://nova:s$$ecret@controller:5672/
my_ip = 10.0.0.11
host = compute1
compute_driver = libvirt.LibvirtDriver
state_path = /var/lib/nova
[api]
auth_strategy = keystone
[keystone_authtoken]
auth_url = http://controller:5000
memcached_servers = a:11211
[placement]
auth_url = http://controller:5000
[neutron]
auth_url = http://controller:5000
[database]
connection = sqlite:////var/lib/nova/nova.sqlite
[api_database]
connection = sqlite:////var/lib/nova/nova_api.sqlite
[glance]
api_servers = http://$my_ip:9292
[vnc]
server_proxyclient_address = $my_ip
novncproxy_base_url = http://controller:6080/vnc_auto.html
[libvirt]
virt_type = qemu
[oslo_concurrency]
lock_path = $state_path/tmp
"""

HAVANA = """[DEFAULT]
rabbit_host = controller
rabbit_password = x
auth_strategy = keystone
glance_host = controller
neutron_url = http://controller:9696
flat_interface = eth1
network_manager = nova.network.manager.FlatDHCPManager
libvirt_type = qemu
[database]
connection = mysql://nova:x@controller/nova
[keystone_authtoken]
admin_password = y
"""


def test_a_node_of_a_current_release() -> None:
    found = copied(ZED, by_name("zed"), "neutron")
    keys = [f"{s}/{k}" for s, k, _ in found]
    assert keys == [
        "DEFAULT/transport_url",
        "api/auth_strategy",
        "keystone_authtoken/auth_url",
        "keystone_authtoken/memcached_servers",
        "placement/auth_url",
        "neutron/auth_url",
        "glance/api_servers",
        "vnc/novncproxy_base_url",
        "oslo_concurrency/lock_path",
    ]
    values = {f"{s}/{k}": v for s, k, v in found}
    assert values["DEFAULT/transport_url"].startswith("rabbit://nova:s$$ecret@")
    assert values["glance/api_servers"] == "http://10.0.0.11:9292"
    assert values["oslo_concurrency/lock_path"] == "$state_path/tmp"


def test_a_node_of_havana_with_nova_network() -> None:
    found = {f"{s}/{k}" for s, k, _ in copied(HAVANA, by_name("havana"), "nova-network")}
    assert "database/connection" in found and "DEFAULT/rabbit_password" in found
    assert "DEFAULT/network_manager" in found
    assert not found & {"DEFAULT/flat_interface", "DEFAULT/libvirt_type", "DEFAULT/neutron_url"}
    assert "DEFAULT/neutron_url" in {f"{s}/{k}" for s, k, _ in copied(HAVANA, by_name("havana"), "neutron")}


@pytest.mark.parametrize(("release", "there"), [("rocky", True), ("stein", False)])
def test_the_single_options_of_the_queue_are_copied_while_nova_reads_them(release: str, there: bool) -> None:
    found = {f"{s}/{k}" for s, k, _ in copied(HAVANA, by_name(release), "neutron")}
    assert ("DEFAULT/rabbit_host" in found) is there


@pytest.mark.parametrize(
    ("text", "release", "missing"),
    [
        (ZED, "zed", []),
        (HAVANA, "havana", []),
        ("", "zed", ["DEFAULT/transport_url", "placement/auth_url"]),
        ("", "newton", ["DEFAULT/transport_url"]),
        (HAVANA, "zed", ["DEFAULT/transport_url", "placement/auth_url"]),
        (HAVANA, "newton", []),
        (HAVANA, "rocky", ["placement/auth_url"]),
        (HAVANA, "stein", ["DEFAULT/transport_url", "placement/auth_url"]),
        ("[DEFAULT]\nqpid_hostname = controller\n", "havana", []),
        ("[oslo_messaging_qpid]\nqpid_hosts = a:5672,b:5672\n", "liberty", []),
        ("[DEFAULT]\nqpid_hostname = controller\n", "mitaka", ["DEFAULT/transport_url"]),
    ],
)
def test_lacking_options(text: str, release: str, missing: list[str]) -> None:
    assert lacking(text, by_name(release)) == missing


def test_settings_that_are_never_copied() -> None:
    assert is_never_copied("DEFAULT", "my_ip") and is_never_copied("libvirt", "virt_type")
    assert not is_never_copied("DEFAULT", "transport_url")


@pytest.mark.parametrize(
    ("path", "taken"),
    [
        ("$state_path/tmp", True),
        ("/var/lib/nova", True),
        ("/var/lock/nova", True),
        ("/var/lib/nova2/tmp", False),
        ("/var/lib/compute1-only/locks", False),
    ],
)
def test_a_directory_of_only_the_source_node_is_not_copied(path: str, taken: bool) -> None:
    found = copied(f"[oslo_concurrency]\nlock_path = {path}\n", by_name("zed"), "neutron")
    assert [value for _, _, value in found] == ([path] if taken else [])


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("cafile", "/etc/nova/ssl/ca.pem", "/etc/nova/ssl/ca.pem"),
        ("ssl_ca_file", "/etc/a$$b.pem", ""),
        ("keyfile", "$state_path/key.pem", ""),
        ("cafile", "ca.pem", ""),
        ("auth_url", "/v3", ""),
    ],
)
def test_a_setting_that_names_a_file(key: str, value: str, path: str) -> None:
    assert file_of(key, value) == path
