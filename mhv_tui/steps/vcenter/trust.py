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

FINGERPRINT = "echo | openssl s_client -connect localhost:443 2>/dev/null | openssl x509 -noout -fingerprint -sha256"
"""The command that shows a machine's own certificate on port 443, so that no other machine can answer in its place."""


@dataclass(frozen=True)
class TrustCase:
    """What decides whether the certificate is trusted: host, trust mode, release, and the node's CA file."""

    host: str
    trust: Trust
    release: Release | None = None
    node_ca_file: str = ""
    """The CA file on the node that nova uses; empty if the operator named none."""

    @property
    def nova_verifies(self) -> bool:
        """Whether nova verifies vCenter's certificate, as it does from Liberty on; true if the release is unknown."""
        return self.release is None or nova.OPTIONS["vmware/ca_file"].known_in(self.release)


def trust_findings(case: TrustCase, certificate: vsphere.Certificate) -> Iterator[Finding]:
    """Yields the findings VC03, VC04 and VC05 for the chosen trust mode."""
    if case.trust.kind == "sha256":
        yield from _pinned_findings(case, certificate)
    elif case.trust.kind == "insecure":
        detail = f"vCenter's certificate is not verified: {described(certificate)}"
        yield finding("VC03", "warning", detail, subject=case.host, remedy=_trust_remedy(case, certificate))
    else:
        yield _signature_finding(case, certificate)
        yield _name_finding(case, certificate)


def described(certificate: vsphere.Certificate) -> str:
    """Returns the certificate's SHA-256, what signed it, and its last day in one line, for the operator to compare."""
    until = f", valid until {certificate.not_after:%Y-%m-%d}" if certificate.not_after else ""
    return f"SHA-256 {certificate.sha256}, {_signed(certificate)}{until}"


def _signed(certificate: vsphere.Certificate) -> str:
    """Whether a certificate is self-signed or an authority, such as vCenter's own, signed it; with its issuer."""
    issuer = certificate.issuer
    if certificate.self_signed:
        has_own_name = any(name.lower() in issuer.lower() for name in certificate.names)
        return "self-signed" if has_own_name or not issuer else f"self-signed ({issuer})"
    return f"signed by the authority {issuer}" if issuer else "signed by an authority without a name"


def root_remedy(host: str) -> str:
    """Returns the remedy for a certificate that a CA signed: trust the root certificate of the CA."""
    return f"Set trust = {{ ca_file = 'PATH' }} to the CA's root certificate, from https://{host}/certs/download.zip"


def _pin_remedy(certificate: vsphere.Certificate) -> str:
    return (
        f"Compare this SHA-256 with the one that vCenter's administrator reads in vCenter's own shell: `{FINGERPRINT}` "
        f"If they are equal, set trust = {{ sha256 = '{certificate.sha256}' }}."
    )


def _trust_remedy(case: TrustCase, certificate: vsphere.Certificate) -> str:
    """Returns a remedy that suits mhv-tui and nova: nova can pin only a certificate that is self-signed."""
    return _pin_remedy(certificate) if _can_be_pinned(case, certificate) else root_remedy(case.host)


def _can_be_pinned(case: TrustCase, certificate: vsphere.Certificate) -> bool:
    return certificate.self_signed or bool(case.node_ca_file) or not case.nova_verifies


def pin_problem(case: TrustCase, certificate: vsphere.Certificate) -> Finding | None:
    """Returns the finding VC03 if nova cannot use a pinned certificate, else None.

    nova uses the pinned certificate as a CA. OpenSSL accepts a certificate that is not self-signed as a CA only with a
    flag that oslo.vmware does not set.
    """
    if _can_be_pinned(case, certificate):
        return None
    detail = (
        f"nova cannot pin a certificate that a CA signed; this one is issued by {certificate.issuer or 'another CA'}"
    )
    level: Level = "failure" if case.release else "warning"
    return finding("VC03", level, detail, subject=case.host, remedy=root_remedy(case.host))


def _pinned_findings(case: TrustCase, certificate: vsphere.Certificate) -> Iterator[Finding]:
    if certificate.sha256.upper() != case.trust.value.upper():
        detail = f"vCenter's certificate is not the pinned one ({case.trust.value}): {described(certificate)}"
        yield finding("VC05", "failure", detail, subject=case.host)
        return
    yield finding("VC05", "ok", f"vCenter's certificate is the pinned one: {described(certificate)}", subject=case.host)
    if problem := pin_problem(case, certificate):
        yield problem
    if case.nova_verifies:
        yield _name_finding(case, certificate)


def _signature_finding(case: TrustCase, certificate: vsphere.Certificate) -> Finding:
    if certificate.problem == "expired":
        remedy = "Renew vCenter's certificate; no client accepts an expired one."
        detail = f"vCenter's certificate has expired: {described(certificate)}"
        return finding("VC03", "failure", detail, subject=case.host, remedy=remedy)
    verifier = case.trust.value if case.trust.kind == "ca_file" else "this machine"
    if certificate.problem != "untrusted":
        detail = f"the certificate is trusted by {verifier}: {described(certificate)}"
        return finding("VC03", "ok", detail, subject=case.host)
    detail = f"vCenter's certificate is not trusted by {verifier}: {described(certificate)}"
    return finding("VC03", "failure", detail, subject=case.host, remedy=_trust_remedy(case, certificate))


def _name_finding(case: TrustCase, certificate: vsphere.Certificate) -> Finding:
    """VC04: the certificate is valid for the host's name; nova compares the names too."""
    host, names = case.host, certificate.names
    if (certificate.problem == "" and case.trust.kind != "sha256") or covers(names, host):
        return finding("VC04", "ok", f"the certificate is valid for {host}", subject=host)
    detail = f"the certificate is for {', '.join(names) or 'no name at all'}, not for {host}"
    level: Level = "failure" if case.release or case.trust.kind != "sha256" else "warning"
    return finding("VC04", level, detail, subject=host, remedy=_name_remedy(names))


def _name_remedy(names: tuple[str, ...]) -> str:
    full_names = [name for name in names if "*" not in name]
    if full_names:
        return f"Set vcenter.host to {' or '.join(full_names)}, and make it resolve here and on the compute node."
    if names:
        return f"Set vcenter.host to a name that {' or '.join(names)} matches, and make it resolve."
    return "Give vCenter a certificate that contains its name, then set vcenter.host to this name."
