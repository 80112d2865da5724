"""What is copied from a working compute node, and what never is."""

from __future__ import annotations

import pytest

from mhv_tui.domain.nova_copy import authority_of, copied, file_of, is_never_copied, lacking
from mhv_tui.domain.releases import all_releases, by_name

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


ALIKE = (
    ("DEFAULT/amqp_durable_queues", "havana", "rocky"),
    ("DEFAULT/rabbit_durable_queues", "havana", "rocky"),
    ("DEFAULT/amqp_auto_delete", "havana", "dalmatian"),
    ("DEFAULT/rabbit_ha_queues", "havana", "dalmatian"),
    ("DEFAULT/rabbit_login_method", "havana", "dalmatian"),
    ("DEFAULT/kombu_ssl_ca_certs", "havana", "ocata"),
    ("DEFAULT/kombu_ssl_certfile", "havana", "ocata"),
    ("DEFAULT/kombu_ssl_keyfile", "havana", "ocata"),
    ("DEFAULT/control_exchange", "havana", "hibiscus"),
    ("oslo_messaging_rabbit/amqp_durable_queues", "juno", "hibiscus"),
    ("DEFAULT/notification_driver", "havana", "dalmatian"),
    ("DEFAULT/notification_topics", "havana", "dalmatian"),
    ("oslo_messaging_notifications/driver", "juno", "hibiscus"),
    ("DEFAULT/notify_on_state_change", "havana", "hibiscus"),
    ("notifications/notify_on_state_change", "ocata", "hibiscus"),
    ("notifications/notification_format", "ocata", "hibiscus"),
    ("DEFAULT/instance_usage_audit", "havana", "hibiscus"),
    ("DEFAULT/instance_usage_audit_period", "havana", "hibiscus"),
    ("DEFAULT/neutron_ca_certificates_file", "havana", "juno"),
    ("DEFAULT/neutron_api_insecure", "havana", "juno"),
    ("DEFAULT/neutron_region_name", "havana", "juno"),
    ("DEFAULT/neutron_admin_tenant_id", "havana", "juno"),
    ("DEFAULT/glance_api_insecure", "havana", "juno"),
    ("DEFAULT/cinder_ca_certificates_file", "havana", "juno"),
    ("DEFAULT/cinder_catalog_info", "havana", "juno"),
    ("DEFAULT/cinder_endpoint_template", "havana", "juno"),
    ("DEFAULT/os_region_name", "havana", "juno"),
    ("ssl/ca_file", "juno", "ocata"),
    ("DEFAULT/dhcp_domain", "havana", "epoxy"),
    ("api/dhcp_domain", "pike", "hibiscus"),
)


@pytest.mark.parametrize(("option", "first", "last"), ALIKE)
def test_what_must_be_alike_is_copied_in_the_releases_that_read_it(option: str, first: str, last: str) -> None:
    section, _, key = option.partition("/")
    names = [release.name for release in all_releases()]
    text = f"[{section}]\n{key} = x\n"
    reading = [name for name in names if copied(text, by_name(name), "neutron") == [(section, key, "x")]]
    assert (reading[0], reading[-1]) == (first, last) and len(reading) == names.index(last) - names.index(first) + 1


def test_an_option_that_nova_has_removed_is_not_copied() -> None:
    text = "[api]\nauth_strategy = keystone\ndhcp_domain = x\n"
    assert len(copied(text, by_name("epoxy"), "neutron")) == 2
    assert copied(text, by_name("flamingo"), "neutron") == [("api", "dhcp_domain", "x")]


def test_an_option_that_is_given_twice_is_copied_twice() -> None:
    text = "[oslo_messaging_notifications]\ndriver = messagingv2\ndriver = log\n"
    assert [value for _, _, value in copied(text, by_name("zed"), "neutron")] == ["messagingv2", "log"]


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
        ("neutron_ca_certificates_file", "/etc/ssl/neutron.pem", "/etc/ssl/neutron.pem"),
        ("cinder_ca_certificates_file", "/etc/ssl/cinder.pem", "/etc/ssl/cinder.pem"),
        ("kombu_ssl_ca_certs", "/etc/ssl/rabbit.pem", "/etc/ssl/rabbit.pem"),
        ("cafile", "ca.pem", ""),
        ("auth_url", "/v3", ""),
    ],
)
def test_a_setting_that_names_a_file(key: str, value: str, path: str) -> None:
    assert file_of(key, value) == path


@pytest.mark.parametrize(
    ("key", "value", "path"),
    [
        ("cafile", "/etc/nova/ssl/ca.pem", "/etc/nova/ssl/ca.pem"),
        ("ssl_ca_file", "/etc/nova/ssl/ca.pem", "/etc/nova/ssl/ca.pem"),
        ("cafile", "/etc/ssl/certs/ca-certificates.crt", ""),
        ("ssl_cert_file", "/etc/nova/ssl/client.pem", ""),
        ("keyfile", "/etc/nova/ssl/client.key", ""),
        ("auth_url", "/v3", ""),
    ],
)
def test_only_authorities_that_no_package_brings_are_copied(key: str, value: str, path: str) -> None:
    assert authority_of(key, value) == path
