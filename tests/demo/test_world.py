"""Logins, trust and host keys: the simulated world fails like a real one, with the same codes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.redaction import remember
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.demo.backend import DemoBackend

from .helpers import login, node, vcenter

KEYSTONE = "https://cloud.example.org:5000/v3"


def code(work: Callable[[], object]) -> str:
    with pytest.raises(FindingError) as error:
        work()
    assert error.value.remedy
    return error.value.finding.code


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"trust_kind": "system", "trust_value": ""}, "VC03"),
        ({"trust_value": "00:11"}, "VC05"),
        ({"trust_kind": "ca_file", "trust_value": "/etc/ssl/other.pem"}, "VC03"),
        ({"host": "192.0.2.10", "trust_kind": "system", "trust_value": ""}, "VC04"),
        ({"host": "nowhere.example.org"}, "VC01"),
        ({"port": 8443}, "VC19"),
        ({"username": "root"}, "VC07"),
    ],
)
def test_a_vcenter_refuses(world: DemoBackend, changed: dict[str, object], expected: str) -> None:
    assert code(lambda: world.vcenter(replace(login(), **changed))) == expected  # type: ignore[arg-type]


def test_a_missing_ca_file_is_reported(world: DemoBackend) -> None:
    with pytest.raises(FindingError, match=r"the CA file /none\.pem cannot be used: No such file"):
        world.certificate(login().host, login().port, "/none.pem")


@pytest.mark.parametrize(("kind", "value"), [("ca_file", "/etc/ssl/certs/example-vmca.pem"), ("insecure", "")])
def test_other_trust_modes_are_accepted(world: DemoBackend, kind: str, value: str) -> None:
    assert world.vcenter(login(kind, value)).inventory().about.api_type == "VirtualCenter"


def test_every_login_attempt_is_counted(make: Callable[..., DemoBackend]) -> None:
    world = make("wrong-password")
    assert code(lambda: vcenter(world)) == "VC07"
    assert make("wrong-password").store.state["vcenters"]["vc.example.org"]["logins"] == 1
    with pytest.raises(FindingError, match=r"password \(login at \d\d:\d\d:\d\d, not repeated since\)"):
        vcenter(world)
    assert make("wrong-password").store.state["vcenters"]["vc.example.org"]["logins"] == 1


@pytest.mark.parametrize(
    ("typed", "right"), [("", "VMware1!"), ("VMware1!", "the password that you typed before")], ids=["new", "masked"]
)
def test_a_refusal_says_the_right_password(typed: str, right: str, make: Callable[..., DemoBackend]) -> None:
    if typed:
        remember(typed)
    with pytest.raises(FindingError) as refused:
        vcenter(make("wrong-password"))
    hint = f"Type {right}: this vCenter is simulated. For a real vCenter: correct vcenter.password"
    assert refused.value.remedy.startswith(hint)


def test_a_connection_is_opened_once(world: DemoBackend) -> None:
    assert vcenter(world) is vcenter(world)
    assert world.store.state["vcenters"]["vc.example.org"]["logins"] == 1


@pytest.mark.parametrize(
    ("expected", "login_request"),
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
def test_a_cloud_refuses(make: Callable[..., DemoBackend], expected: str, login_request: CloudLogin) -> None:
    vault = Vault()
    if login_request.password:
        vault.put(login_request.password, "demo")
    world = DemoBackend(make().store.path, vault=vault)
    assert code(lambda: world.cloud(login_request)) == expected


def test_a_key_file_must_exist_on_the_machine_of_the_operator(world: DemoBackend, tmp_path: Path) -> None:
    key = tmp_path / "id_ed25519"
    with pytest.raises(FindingError, match=f"the key file {key} does not exist") as error:
        world.node(SshHost("novavmware1", key_file=str(key)))
    assert (error.value.finding.code, error.value.remedy) == ("CN30", "Correct key_file.")
    key.touch()
    assert world.node(SshHost("novavmware1", key_file=str(key)))


def test_a_machine_shows_its_host_key(world: DemoBackend) -> None:
    key = world.host_key(SshHost("novavmware1"))
    assert key.startswith("SHA256:")
    assert node(world).installed()
    with pytest.raises(
        FindingError, match="another host key than host_key in the answers: it was installed"
    ) as refused:
        world.node(SshHost("novavmware1", host_key="SHA256:other"))
    assert refused.value.finding.code == "CN01" and f'host_key = "{key}"' in refused.value.finding.remedy


def test_a_wrong_name_of_a_machine_is_reported_as_a_wrong_name(world: DemoBackend) -> None:
    with pytest.raises(FindingError) as refused:
        world.node(SshHost("unheard-of"))
    finding = refused.value.finding
    assert finding.code == "CN29" and "in node.host or" in finding.remedy and "fingerprint" not in finding.remedy
    with pytest.raises(FindingError) as unresolved:
        world.vcenter(replace(login(), host="nowhere.example.org"))
    assert unresolved.value.finding.code == "VC01"
    assert unresolved.value.finding.remedy.startswith("Check the name in vcenter.host.")
