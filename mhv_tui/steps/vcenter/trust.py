"""Evaluates vCenter's certificate under the chosen trust mode: for our own login, and for nova on the node.

A mode that works here but with which nova could never connect is a failure.
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
class TrustCase:
    """What decides about the certificate: its host, the trust mode, and how nova on the node verifies it."""

    host: str
    trust: Trust
    release: Release | None = None
    node_ca_file: str = ""
    """The authority's file on the node, if the operator named one for nova."""

    @property
    def nova_verifies(self) -> bool:
        """nova verifies the certificate from Liberty on; an unknown release may be one of these."""
        return self.release is None or nova.OPTIONS["vmware/ca_file"].known_in(self.release)


def trust_findings(case: TrustCase, certificate: vsphere.Certificate) -> Iterator[Finding]:
    """VC03, VC04, VC05 under the chosen trust mode."""
    if case.trust.kind == "sha256":
        yield from _pinned_findings(case, certificate)
    elif case.trust.kind == "insecure":
        detail = f"vCenter's certificate is not verified: {described(certificate)}"
        yield finding("VC03", "warning", detail, subject=case.host, remedy=_trust_remedy(case, certificate))
    else:
        yield _signature_finding(case, certificate)
        yield _name_finding(case, certificate)


def described(certificate: vsphere.Certificate) -> str:
    """The certificate in one line, for the operator to compare."""
    until = f", valid until {certificate.not_after:%Y-%m-%d}" if certificate.not_after else ""
    return f"SHA-256 {certificate.sha256}, issued by {certificate.issuer or 'an unnamed authority'}{until}"


def root_remedy(host: str) -> str:
    """The remedy for a certificate that an authority signed."""
    return f"set trust = {{ ca_file = 'PATH' }} to the authority's root; vCenter has it in https://{host}/certs/download.zip"


def _pin_remedy(certificate: vsphere.Certificate) -> str:
    return f"compare the SHA-256 with vCenter's administrator and set trust = {{ sha256 = '{certificate.sha256}' }}"


def _trust_remedy(case: TrustCase, certificate: vsphere.Certificate) -> str:
    """The trust mode with which both we and nova can verify it: nova can pin a self-signed certificate only."""
    return _pin_remedy(certificate) if _can_be_pinned(case, certificate) else root_remedy(case.host)


def _can_be_pinned(case: TrustCase, certificate: vsphere.Certificate) -> bool:
    return certificate.self_signed or bool(case.node_ca_file) or not case.nova_verifies


def pin_problem(case: TrustCase, certificate: vsphere.Certificate) -> Finding | None:
    """VC03: why nova cannot use a pin; None if it can. nova takes the pinned certificate for an authority.

    OpenSSL accepts a certificate that another one signed as an authority only with a flag that oslo.vmware does not
    set.
    """
    if _can_be_pinned(case, certificate):
        return None
    detail = f"nova cannot pin a certificate that an authority signed: issued by {certificate.issuer or 'another'}"
    level: Level = "failure" if case.release else "warning"
    return finding("VC03", level, detail, subject=case.host, remedy=root_remedy(case.host))


def _pinned_findings(case: TrustCase, certificate: vsphere.Certificate) -> Iterator[Finding]:
    if certificate.sha256.upper() != case.trust.value.upper():
        detail = f"vCenter's certificate is not the pinned one ({case.trust.value}): {described(certificate)}"
        yield finding("VC05", "failure", detail, subject=case.host)
        return
    yield finding("VC05", "ok", f"pinned: {described(certificate)}", subject=case.host)
    if problem := pin_problem(case, certificate):
        yield problem
    if case.nova_verifies:
        yield _name_finding(case, certificate)


def _signature_finding(case: TrustCase, certificate: vsphere.Certificate) -> Finding:
    if certificate.problem == "expired":
        remedy = "renew vCenter's certificate; until then no client verifies it"
        detail = f"vCenter's certificate has expired: {described(certificate)}"
        return finding("VC03", "failure", detail, subject=case.host, remedy=remedy)
    if certificate.problem != "untrusted":
        return finding("VC03", "ok", described(certificate), subject=case.host)
    verifier = case.trust.value if case.trust.kind == "ca_file" else "this machine"
    detail = f"vCenter's certificate is not trusted by {verifier}: {described(certificate)}"
    return finding("VC03", "failure", detail, subject=case.host, remedy=_trust_remedy(case, certificate))


def _name_finding(case: TrustCase, certificate: vsphere.Certificate) -> Finding:
    """VC04: by the handshake if it got as far as the name, else by the names themselves; nova compares them too."""
    host, names = case.host, certificate.names
    if (certificate.problem == "" and case.trust.kind != "sha256") or covers(names, host):
        return finding("VC04", "ok", f"{host} is the certificate's name", subject=host)
    detail = f"the certificate is for {', '.join(names) or 'no name at all'}, not for {host}"
    level: Level = "failure" if case.release or case.trust.kind != "sha256" else "warning"
    return finding("VC04", level, detail, subject=host, remedy=_name_remedy(names))


def _name_remedy(names: tuple[str, ...]) -> str:
    full_names = [name for name in names if "*" not in name]
    if full_names:
        return f"set vcenter.host to {' or '.join(full_names)}, and make it resolve here and on the compute node"
    if names:
        return f"set vcenter.host to a name that {' or '.join(names)} matches, and make it resolve"
    return "give vCenter a certificate with its name in it, then set vcenter.host to that name"
