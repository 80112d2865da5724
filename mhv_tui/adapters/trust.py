"""What a TLS port shows and whether it is to be believed, decided before any login and with our own time limits.

Refuses to skip anything for loopback addresses: the SDK's own shortcuts are not used.
"""

from __future__ import annotations

import contextlib
import hashlib
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from mhv_tui.adapters.failures import endpoint, failure
from mhv_tui.core.paths import expanded
from mhv_tui.core.vsphere import Certificate

TIMEOUT = 10.0
"""Seconds for the TCP connection, and again for the TLS handshake."""

_EXPIRED = {9, 10}
"""X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED (openssl x509_vfy.h)."""
_NAME = {62, 63, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH, EMAIL_MISMATCH, IP_ADDRESS_MISMATCH."""


def certificate(host: str, port: int, ca_file: str = "") -> Certificate:
    """The certificate that `host:port` shows, and why the system store (or `ca_file` alone) would refuse it."""
    pem = shown(host, port)
    return _described(pem, _problem(host, port, verifying(ca_file)))


def shown(host: str, port: int) -> str:
    """The certificate of the port in PEM, believed by nobody yet."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with _reached(host, port), _handshake(host, port, context) as tls:
        der = tls.getpeercert(binary_form=True)
    if not der:
        raise failure("VC03", f"{endpoint(host, port)} showed no certificate")
    return ssl.DER_cert_to_PEM_cert(der)


def context_for(host: str, port: int, kind: str, value: str) -> ssl.SSLContext:
    """The context that a login uses: `kind` and `value` are the answer vcenter.trust. Raises VC03, VC04 or VC05.

    A pin is the certificate itself as the only authority, so that the SDK cannot forget to compare it.
    """
    if kind == "insecure":
        return _unverified()
    if kind == "sha256":
        return _pinned(host, port, value)
    context = verifying(value if kind == "ca_file" else "")
    problem = _problem(host, port, context)
    if problem:
        found = _described(shown(host, port), problem)
        raise failure("VC04" if problem == "name" else "VC03", _refusal(host, port, found), subject=host)
    return context


def fingerprint(pem: str) -> str:
    """SHA-256 of a certificate as AA:BB:..."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, 64, 2))


def verifying(ca_file: str) -> ssl.SSLContext:
    """A verifying client context: the system's authorities, or those of `ca_file` alone."""
    path = expanded(ca_file) if ca_file else None
    try:
        context = ssl.create_default_context(cafile=str(path) if path else None)
    except (OSError, ssl.SSLError) as error:
        reason = error.strerror if isinstance(error, FileNotFoundError | PermissionError) else "it holds no certificate"
        raise failure("VC03", f"the CA file {ca_file} cannot be used: {reason}", remedy="Correct ca_file.") from None
    # Python 3.13 switched RFC 5280 pedantry on, which VMCA's certificates do not always pass; nova's side has it off.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _pinned(host: str, port: int, wanted: str) -> ssl.SSLContext:
    pem = shown(host, port)
    if fingerprint(pem) != wanted:
        raise failure(
            "VC05", f"{endpoint(host, port)} shows {fingerprint(pem)}; pinned is {wanted}", subject=endpoint(host, port)
        )
    context = ssl.create_default_context(cadata=pem)
    # Without this flag only a self-signed certificate could stand for itself, not one that VMCA signed.
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    context.check_hostname = False
    return context


def _unverified() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _problem(host: str, port: int, context: ssl.SSLContext) -> str:
    try:
        with _reached(host, port), _handshake(host, port, context):
            return ""
    except ssl.SSLCertVerificationError as error:
        if error.verify_code in _EXPIRED:
            return "expired"
        return "name" if error.verify_code in _NAME else "untrusted"


def _refusal(host: str, port: int, seen: Certificate) -> str:
    names = ", ".join(seen.names) or "no name"
    sentences = {
        "name": f"the certificate is for {names}, not for {host}",
        "expired": f"the certificate is not valid now; it ends on {seen.not_after:%Y-%m-%d}" if seen.not_after else "",
        "untrusted": f"its issuer {seen.issuer or 'without a name'} is not trusted here",
    }
    return f"{endpoint(host, port)}: {sentences[seen.problem]} (SHA-256 {seen.sha256})"


@contextlib.contextmanager
def _handshake(host: str, port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with (
        socket.create_connection((host, port), TIMEOUT) as raw,
        context.wrap_socket(raw, server_hostname=host) as tls,
    ):
        yield tls


@contextlib.contextmanager
def _reached(host: str, port: int) -> Iterator[None]:
    try:
        yield
    except ssl.SSLCertVerificationError:
        raise
    except OSError as error:
        raise unreachable(host, port, error) from None


def unreachable(host: str, port: int, error: BaseException) -> Exception:
    """The FindingError for a connection to vCenter that did not come about."""
    where = endpoint(host, port)
    if isinstance(error, socket.gaierror):
        return failure(
            "VC01", f"the name {host} does not resolve here", subject=host, remedy="Correct the name or its DNS record."
        )
    if isinstance(error, TimeoutError):
        return failure("VC19", f"{where} did not answer in {TIMEOUT:.0f} s", subject=where)
    if isinstance(error, ConnectionRefusedError):
        return failure("VC19", f"{where} refuses the connection: nothing listens there", subject=where)
    if isinstance(error, ssl.SSLError):
        return failure(
            "VC19", f"{where} does not speak TLS as expected ({error.reason or 'broken off'})", subject=where
        )
    reason = (error.strerror if isinstance(error, OSError) else None) or "it was broken off"
    return failure("VC19", f"the connection to {where} failed: {reason}", subject=where)


def _described(pem: str, problem: str) -> Certificate:
    from cryptography import x509

    seen = x509.load_pem_x509_certificate(pem.encode())
    names: list[str] = []
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        alternatives = seen.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += [str(n.value) for n in alternatives if isinstance(n, x509.DNSName | x509.IPAddress)]
    # The subject's name counts only where there is no other.
    names = names or [str(n.value) for n in seen.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        not_after = seen.not_valid_after_utc
    except ValueError:  # a year past 9999, as some appliances write it
        not_after = datetime.max.replace(tzinfo=UTC)
    issuer = seen.issuer.rfc4514_string()
    own = seen.issuer == seen.subject
    return Certificate(fingerprint(pem), pem, tuple(names), issuer, not_after, problem, own)
