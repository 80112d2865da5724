"""Logins, trust and host keys: the simulated world says no where a real one would, with the catalogue's code."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.demo.backend import DemoBackend

from .ways import login, node, vcenter

KEYSTONE = "https://cloud.example.org:5000/v3"


def code(work: Callable[[], object]) -> str:
    with pytest.raises(FindingError) as said:
        work()
    assert said.value.remedy
    return said.value.finding.code


@pytest.mark.parametrize(
    ("changed", "wanted"),
    [
        ({"trust_kind": "system", "trust_value": ""}, "VC03"),
        ({"trust_value": "00:11"}, "VC05"),
        ({"trust_kind": "ca_file", "trust_value": "/etc/ssl/other.pem"}, "VC03"),
        ({"host": "192.0.2.10", "trust_kind": "system", "trust_value": ""}, "VC04"),
        ({"host": "nowhere.example.org"}, "VC01"),
        ({"port": 8443}, "VC16"),
        ({"username": "root"}, "VC07"),
    ],
)
def test_a_vcenter_refuses(world: DemoBackend, changed: dict[str, object], wanted: str) -> None:
    assert code(lambda: world.vcenter(replace(login(), **changed))) == wanted  # type: ignore[arg-type]


def test_a_ca_file_that_is_not_there_is_told_as_that(world: DemoBackend) -> None:
    with pytest.raises(FindingError, match=r"the CA file /none\.pem cannot be used: No such file"):
        world.certificate(login().host, login().port, "/none.pem")


@pytest.mark.parametrize(("kind", "value"), [("ca_file", "/etc/ssl/certs/example-vmca.pem"), ("insecure", "")])
def test_a_vcenter_is_trusted_in_other_ways(world: DemoBackend, kind: str, value: str) -> None:
    assert world.vcenter(login(kind, value)).inventory().about.api_type == "VirtualCenter"


def test_every_login_attempt_is_counted(make: Callable[..., DemoBackend]) -> None:
    world = make("wrong-password")
    assert code(lambda: vcenter(world)) == "VC07"
    assert make("wrong-password").store.state["vcenters"]["vc.example.org"]["logins"] == 1
    assert code(lambda: vcenter(world)) == "VC07"
    assert make("wrong-password").store.state["vcenters"]["vc.example.org"]["logins"] == 1


def test_a_connection_is_kept(world: DemoBackend) -> None:
    assert vcenter(world) is vcenter(world)
    assert world.store.state["vcenters"]["vc.example.org"]["logins"] == 1


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        ("OS05", CloudLogin("staging")),
        ("OS01", CloudLogin(auth_url="https://nowhere:5000/v3")),
        (
            "OS03",
            CloudLogin(
                auth_url="https://cloud.example.org:5000/v3", username="bob", password=SecretRef("prompt", key="cloud")
            ),
        ),
    ],
)
def test_a_cloud_refuses(make: Callable[..., DemoBackend], wanted: str, asked: CloudLogin) -> None:
    vault = Vault()
    if asked.password:
        vault.put(asked.password, "demo")
    world = DemoBackend(make().store.path, vault=vault)
    assert code(lambda: world.cloud(asked)) == wanted


def test_a_machine_shows_its_host_key(world: DemoBackend) -> None:
    shown = world.host_key(SshHost("novavmware1"))
    assert shown.startswith("SHA256:")
    assert node(world).installed()
    assert code(lambda: world.node(SshHost("novavmware1", host_key="SHA256:other"))) == "CN01"
    assert code(lambda: world.node(SshHost("unheard-of"))) == "CN01"
