"""What vCenter's certificate is worth under the answered way of trust: to this program's own login, and to nova.

Refuses a way of trust with which the login would work here while nova on the node could never connect.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mhv_tui.core import vsphere
from mhv_tui.core.answers import Trust
from mhv_tui.core.findings import Finding, Level
from mhv_tui.domain import nova
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.certificates import covers
from mhv_tui.domain.releases import Release


@dataclass(frozen=True)
class Trusted:
    """What the certificate is judged by: where it was shown, how it is to be trusted, and who else has to trust it."""

    host: str
    trust: Trust
    release: Release | None = None
    node_ca_file: str = ""
    """The authority's file on the node, where the operator named one for nova."""

    @property
    def nova_verifies(self) -> bool:
        """From Liberty on nova looks at the certificate at all; a release that is not known yet may be one of these."""
        return self.release is None or nova.OPTIONS["vmware/ca_file"].known_in(self.release)


def trust_findings(judged: Trusted, certificate: vsphere.Certificate) -> Iterator[Finding]:
    """VC03, VC04, VC05: what the certificate is worth under the answered way of trust."""
    if judged.trust.kind == "sha256":
        yield from _pinned(judged, certificate)
    elif judged.trust.kind == "insecure":
        detail = f"vCenter's certificate is not verified: {shown(certificate)}"
        yield finding("VC03", "warning", detail, subject=judged.host, remedy=_better(judged, certificate))
    else:
        yield _signed(judged, certificate)
        yield _named(judged, certificate)


def shown(certificate: vsphere.Certificate) -> str:
    """The certificate in one line, for the operator to compare."""
    until = f", valid until {certificate.not_after:%Y-%m-%d}" if certificate.not_after else ""
    return f"SHA-256 {certificate.sha256}, issued by {certificate.issuer or 'an unnamed authority'}{until}"


def root_of(host: str) -> str:
    """What to do where an authority signed the certificate."""
    return f"set trust = {{ ca_file = 'PATH' }} to the authority's root; vCenter has it in https://{host}/certs/download.zip"


def _pin(certificate: vsphere.Certificate) -> str:
    return f"compare the SHA-256 with vCenter's administrator and set trust = {{ sha256 = '{certificate.sha256}' }}"


def _better(judged: Trusted, certificate: vsphere.Certificate) -> str:
    """How to trust it so that both we and nova can verify it: a pin serves nova for a self-signed certificate only."""
    return _pin(certificate) if _can_be_pinned(judged, certificate) else root_of(judged.host)


def _can_be_pinned(judged: Trusted, certificate: vsphere.Certificate) -> bool:
    return certificate.self_signed or bool(judged.node_ca_file) or not judged.nova_verifies


def pinning(judged: Trusted, certificate: vsphere.Certificate) -> Finding | None:
    """VC03: why a pin would not do for nova, which takes the pinned certificate for an authority; None where it does.

    OpenSSL takes a certificate that another one signed for an authority only with a flag that oslo.vmware does not set.
    """
    if _can_be_pinned(judged, certificate):
        return None
    detail = f"nova cannot pin a certificate that an authority signed: issued by {certificate.issuer or 'another'}"
    level: Level = "failure" if judged.release else "warning"
    return finding("VC03", level, detail, subject=judged.host, remedy=root_of(judged.host))


def _pinned(judged: Trusted, certificate: vsphere.Certificate) -> Iterator[Finding]:
    if certificate.sha256.upper() != judged.trust.value.upper():
        detail = f"vCenter's certificate is not the pinned one ({judged.trust.value}): {shown(certificate)}"
        yield finding("VC05", "failure", detail, subject=judged.host)
        return
    yield finding("VC05", "ok", f"pinned: {shown(certificate)}", subject=judged.host)
    if unfit := pinning(judged, certificate):
        yield unfit
    if judged.nova_verifies:
        yield _named(judged, certificate)


def _signed(judged: Trusted, certificate: vsphere.Certificate) -> Finding:
    if certificate.problem == "expired":
        remedy = "renew vCenter's certificate; until then no client verifies it"
        return finding(
            "VC03",
            "failure",
            f"vCenter's certificate has expired: {shown(certificate)}",
            subject=judged.host,
            remedy=remedy,
        )
    if certificate.problem != "untrusted":
        return finding("VC03", "ok", shown(certificate), subject=judged.host)
    by = judged.trust.value if judged.trust.kind == "ca_file" else "this machine"
    detail = f"vCenter's certificate is not trusted by {by}: {shown(certificate)}"
    return finding("VC03", "failure", detail, subject=judged.host, remedy=_better(judged, certificate))


def _named(judged: Trusted, certificate: vsphere.Certificate) -> Finding:
    """By the handshake where it came so far as the name, else by the names themselves; nova compares them as well."""
    host, names = judged.host, certificate.names
    if (certificate.problem == "" and judged.trust.kind != "sha256") or covers(names, host):
        return finding("VC04", "ok", f"{host} is the certificate's name", subject=host)
    detail = f"the certificate is for {', '.join(names) or 'no name at all'}, not for {host}"
    level: Level = "failure" if judged.release or judged.trust.kind != "sha256" else "warning"
    return finding("VC04", level, detail, subject=host, remedy=_other_name(names))


def _other_name(names: tuple[str, ...]) -> str:
    whole = [name for name in names if "*" not in name]
    if whole:
        return f"set vcenter.host to {' or '.join(whole)}, and make it resolve here and on the compute node"
    if names:
        return f"set vcenter.host to a name that {' or '.join(names)} matches, and make it resolve"
    return "give vCenter a certificate with its name in it, then set vcenter.host to that name"
