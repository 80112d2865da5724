"""A cloud with https and a private certificate authority: each service, each kind of login, and a cloud without it."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from mhv_tui.lab import cloud, lifecycle, tls
from mhv_tui.lab.host import LabError
from mhv_tui.lab.lab import Lab, open_lab
from tests.lab.logins import LOGINS, findings_of_login
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

KINDS = ("identity", "image", "placement", "compute", "network")


@pytest.fixture
def lab(running_lab: RunningLab) -> Lab:
    return open_lab(running_lab.name)


def test_every_service_shows_a_certificate_of_the_private_authority_only(running_lab: RunningLab, lab: Lab) -> None:
    rows = running_lab.openstack("endpoint list")
    assert {row["Service Type"] for row in rows} == set(KINDS) and len(rows) == 3 * len(KINDS)
    assert {urlsplit(row["URL"]).scheme for row in rows} == {"https"}
    verifying = ssl.create_default_context(cafile=str(tls.ca_file(lab)))
    verifying.verify_flags |= ssl.VERIFY_X509_STRICT
    for host, port in {(urlsplit(row["URL"]).hostname, urlsplit(row["URL"]).port) for row in rows}:
        assert host and handshake(verifying, host, port or 443)
        with pytest.raises(ssl.SSLCertVerificationError):
            handshake(ssl.create_default_context(), host, port or 443)


def handshake(context: ssl.SSLContext, host: str, port: int) -> str | None:
    """Connects with TLS; returns the version of the protocol."""
    with socket.create_connection((host, port), 10) as raw, context.wrap_socket(raw, server_hostname=host) as secured:
        return secured.version()


@pytest.mark.parametrize("kind", LOGINS)
def test_the_release_is_detected_over_https(kind: str, running_lab: RunningLab) -> None:
    findings = findings_of_login(running_lab, kind)
    assert {event["level"] for event in findings if event["code"] == "OS08"} == {"ok"}, findings
    assert not [event for event in findings if event["level"] in ("failure", "unknown")], findings


def test_a_login_without_the_authority_is_refused(running_lab: RunningLab) -> None:
    answers = str(running_lab.answers("no-authority", cloud={"ca_file": ""}))
    result = running_lab.mhv("check", answers, "--step", "cloud", "--json")
    (failure,) = [e for e in running_lab.events(result) if e["event"] == "found" and e["level"] == "failure"]
    assert (result.returncode, failure["code"]) == (3, "OS02") and "cloud.ca_file" in failure["remedy"]


def untrusted_services(lab: RunningLab) -> list[str]:
    """The sentences of the page `node` about services whose certificate the node's own authorities do not verify."""
    result = lab.mhv("check", str(lab.answers("system-authorities")), "--step", "node", "--json")
    rows = [e for e in lab.events(result) if e["event"] == "found" and (e["code"], e["level"]) == ("CN11", "failure")]
    return [row["detail"] for row in rows]


def test_an_authority_in_the_system_of_the_other_node_must_be_in_the_system_of_this_node(
    running_lab: RunningLab,
) -> None:
    conf, certificate = "/etc/nova/nova.conf", "/usr/local/share/ca-certificates/lab-cloud.crt"
    system = "s,^cafile = .*,cafile = /etc/ssl/certs/ca-certificates.crt,"
    pem = running_lab.ssh(cloud.COMPUTE, f"cat {tls.NODE_CA}")
    running_lab.ssh(cloud.COMPUTE, f"sudo cp -p {conf} {conf}.before; sudo sed -i '{system}' {conf}")
    try:
        (sentence,) = untrusted_services(running_lab)
        assert "do not verify the certificate of controller.lab.test:15000" in sentence
        running_lab.ssh("novavmware1", f"echo '{pem}' | sudo tee {certificate}; sudo update-ca-certificates")
        assert untrusted_services(running_lab) == []
    finally:
        running_lab.ssh(cloud.COMPUTE, f"sudo mv {conf}.before {conf}")
        running_lab.ssh("novavmware1", f"sudo rm -f {certificate}; sudo update-ca-certificates --fresh")


def test_a_lab_keeps_its_https(running_lab: RunningLab) -> None:
    """Its nodes are configured before their first boot, so that another profile needs another lab."""
    with pytest.raises(LabError, match="was configured with https"):
        lifecycle.up(running_lab.name, profile="plain", parts=("cloud",))
    lifecycle.up(running_lab.name, profile="dvs", parts=("cloud",))


@pytest.mark.matrix
def test_a_cloud_without_tls_gets_the_same_path(tmp_path: Path) -> None:
    name = "plain"
    try:
        lab = lifecycle.up(name, profile="plain")
        running = RunningLab(name, tmp_path)
        assert cloud.auth_url(lab).startswith("http://") and "ca_file" not in running.document()["cloud"]
        before = running.node_state()
        answers = str(running.answers(name))
        first, second = (running.mhv("apply", answers, "--yes", "--json", timeout=1500) for _ in range(2))
        assert first.returncode == 0, running.failures(first)
        assert running.events(second)[-1]["outcome"] == "nothing-to-do", running.failures(second)
        undone = running.mhv("undo", name, "--yes", "--json", timeout=900)
        assert undone.returncode == 0, running.failures(undone)
        assert running.node_state() == before
    finally:
        lifecycle.destroy(name)
