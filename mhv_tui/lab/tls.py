"""https for a lab's cloud: a private certificate authority, and one certificate for all services of the controller.

The authority's key exists only while it signs. A node is configured before its first boot, by cloud/tls.sh."""

from __future__ import annotations

import datetime
import ipaddress
from pathlib import Path
from typing import TYPE_CHECKING

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import images, machines
from mhv_tui.lab.host import LabError
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine

if TYPE_CHECKING:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey

NODE_CA = "/etc/ssl/certs/lab-cloud-ca.pem"
"""The authority's certificate on each node of the cloud, which the options `cafile` name."""

LIFETIME = datetime.timedelta(days=3650)


def ca_file(lab: Lab) -> Path | None:
    """Returns the authority's certificate for clients on this machine; None if the cloud has no https."""
    return lab.state / "cloud-ca.pem" if lab.profile.tls else None


def client_options(lab: Lab) -> dict[str, str]:
    """Returns openstacksdk's option for the authority, as an argument of `connect` or a key of clouds.yaml."""
    path = ca_file(lab)
    return {"cacert": str(path)} if path else {}


def configure(controller: Machine, *others: Machine) -> None:
    """Configures the nodes of the cloud for https before their first boot, if the lab's profile has it.

    Raises LabError if a node has booted with another setting."""
    ca = ca_file(controller.lab)
    for machine in (controller, *others):
        has_https = (machine.upper / NODE_CA.lstrip("/")).exists()
        if machine.console.exists() and has_https != bool(ca):
            words = f"was configured {'with' if has_https else 'without'} https"
            raise LabError(f"{machine.name} of lab {machine.lab.name} {words}; run `mhv-tui lab destroy` first.")
        if ca and not has_https:
            certificate = _server_certificate(controller, ca)
            _configure(machine, ca.read_text(), certificate if machine == controller else "")


def _configure(machine: Machine, authority: str, certificate: str) -> None:
    with machines.mounted(machine):
        if certificate:
            machines.put(machine, "/opt/mhv-lab/tls.pem", certificate, 0o600)
        images.chroot(machine.files, ["bash", "/opt/mhv-lab/cloud/tls.sh"])
        machines.put(machine, NODE_CA, authority)  # last, because it also tells that the node is configured


def _server_certificate(controller: Machine, ca: Path) -> str:
    """Returns the controller's key and certificate in PEM; creates them and the authority on first use."""
    path = ca.with_name("cloud-server.pem")
    if not ca.exists():
        from cryptography.hazmat.primitives.asymmetric import ec

        keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
        names = (controller.host_name, controller.name, controller.address)
        write_atomic(path, _key_text(keys[1]) + _certificate(keys[1], keys[0], names))
        write_atomic(ca, _certificate(keys[0], keys[0], ()), 0o644)
    return path.read_text()


def _certificate(key: EllipticCurvePrivateKey, signer: EllipticCurvePrivateKey, names: tuple[str, ...]) -> str:
    """Returns a certificate in PEM: of a server with these names and addresses, or of the authority without names."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.x509.oid import ExtendedKeyUsageOID

    now, public = datetime.datetime.now(datetime.UTC), key.public_key()
    builder = (
        x509.CertificateBuilder()
        .subject_name(_name(names[0] if names else "mhv-tui lab CA"))
        .issuer_name(_name("mhv-tui lab CA"))
        .public_key(public)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
        .add_extension(_key_usage(signs=not names), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key()), critical=False)
    )
    if names:
        usage = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
        hosts = x509.SubjectAlternativeName([_host(name) for name in names])
        builder = builder.add_extension(usage, critical=False).add_extension(hosts, critical=False)
    return builder.sign(signer, hashes.SHA256()).public_bytes(serialization.Encoding.PEM).decode()


def _key_usage(signs: bool) -> x509.KeyUsage:
    """Returns what a key may do: an authority's key signs certificates, a server's key signs handshakes."""
    from cryptography import x509

    return x509.KeyUsage(
        digital_signature=not signs, key_cert_sign=signs, crl_sign=signs, content_commitment=False,
        key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _name(text: str) -> x509.Name:
    from cryptography import x509
    from cryptography.x509.oid import NameOID

    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _host(name: str) -> x509.GeneralName:
    from cryptography import x509

    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_text(key: EllipticCurvePrivateKey) -> str:
    from cryptography.hazmat.primitives import serialization

    none = serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, none).decode()
