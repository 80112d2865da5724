"""Reads the certificate of a TLS port and checks it before any login, within the limits of a first contact.

Checks loopback addresses like all others; the SDK would skip them.
"""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime

from mhv_tui.adapters.failures import failure, own_errors, unexpected
from mhv_tui.adapters.limits import LIMITS, AnswerTooLong, DeadlinePassed, Limit, connect, limited
from mhv_tui.adapters.tls_socket import with_closed_sockets
from mhv_tui.core.errors import FindingError
from mhv_tui.core.paths import expanded, open_regular
from mhv_tui.core.text import host_port
from mhv_tui.core.vsphere import Certificate

_DER = 2
"""The encoding DER of the objects that the ssl module has for certificates."""
_EXPIRED = {9, 10}
"""X509_V_ERR_CERT_NOT_YET_VALID and _HAS_EXPIRED (openssl x509_vfy.h)."""
_RENEW = "Renew vCenter's certificate, and check the clock of this machine."
_NAME = {62, 63, 64}
"""X509_V_ERR_HOSTNAME_MISMATCH, EMAIL_MISMATCH, IP_ADDRESS_MISMATCH."""


def certificate(host: str, port: int, ca_file: str = "", limit: Limit = LIMITS.first_contact) -> Certificate:
    """Reads the certificate of `host:port`, and why the system's authorities (or `ca_file` alone) refuse it."""
    with own_errors(lambda error: unreachable(host, port, error)), limited(limit, host):
        pem = fetch(host, port)
        return _parse(pem, _problem(host, port, verifying(ca_file)))


def chain(host: str, port: int, limit: Limit = LIMITS.first_contact) -> tuple[str, ...]:
    """Returns the certificates that the port sends, its own first, in PEM, not verified."""
    with (
        own_errors(lambda error: unreachable(host, port, error)),
        limited(limit, host),
        _handshake(host, port, _unverified()) as tls,
    ):
        return tuple(map(ssl.DER_cert_to_PEM_cert, _sent_certificates(tls)))


def _sent_certificates(tls: ssl.SSLSocket) -> list[bytes]:
    """Before Python 3.13, only the object behind the socket has all of them; without it, returns the first one."""
    source = tls if hasattr(tls, "get_unverified_chain") else getattr(tls, "_sslobj", None)
    rows = getattr(source, "get_unverified_chain", lambda: None)()
    if rows is None:
        return [tls.getpeercert(binary_form=True) or b""]
    return [row if isinstance(row, bytes) else row.public_bytes(_DER) for row in rows]


def fetch(host: str, port: int) -> str:
    """Returns the certificate of the port in PEM, not verified."""
    with _handshake(host, port, _unverified()) as tls:
        der = tls.getpeercert(binary_form=True)
    if not der:
        raise failure("VC03", f"{host_port(host, port)} sent no certificate")
    return ssl.DER_cert_to_PEM_cert(der)


def context_for(host: str, port: int, kind: str, value: str) -> ssl.SSLContext:
    """Returns the TLS context for a login. `kind` and `value` are the answer vcenter.trust. Raises VC03, VC04 or VC05.

    For a pinned certificate, that certificate is the context's only authority, so that each connection checks it.
    """
    if kind == "insecure":
        return _unverified()
    if kind == "sha256":
        return _pinned(host, port, value)
    context = verifying(value if kind == "ca_file" else "")
    problem = _problem(host, port, context)
    if problem:
        refused = _parse(fetch(host, port), problem)
        raise failure("VC04" if problem == "name" else "VC03", _refusal(host, port, refused), subject=host)
    return context


def fingerprint(pem: str) -> str:
    """Returns the SHA-256 of a PEM certificate as AA:BB:..."""
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(pem)).hexdigest().upper()
    return ":".join(digest[i : i + 2] for i in range(0, 64, 2))


def verifying(ca_file: str) -> ssl.SSLContext:
    """Returns a TLS context that verifies servers by the system's authorities or by `ca_file` alone. Raises VC03."""
    path = expanded(ca_file) if ca_file else None
    try:
        if path:
            os.close(open_regular(path))  # OpenSSL waits for the other end of a pipe
        context = with_closed_sockets(ssl.create_default_context(cafile=str(path) if path else None))
    except OSError as error:
        reason = "it contains no certificate" if isinstance(error, ssl.SSLError) else error.strerror
        raise failure("VC03", f"the CA file {ca_file} cannot be used: {reason}", remedy="Correct ca_file.") from None
    # Python 3.13 enables strict RFC 5280 checks, which some VMCA certificates fail; nova does not use them.
    context.verify_flags &= ~ssl.VERIFY_X509_STRICT
    return context


def _pinned(host: str, port: int, pin: str) -> ssl.SSLContext:
    pem = fetch(host, port)
    if fingerprint(pem) != pin:
        detail = f"{host_port(host, port)} has the certificate {fingerprint(pem)}; the answers pin {pin}"
        raise failure("VC05", detail, subject=host_port(host, port))
    pinned = _parse(pem, "expired")
    if pinned.not_after and pinned.not_after <= datetime.now(UTC):
        raise failure("VC03", _refusal(host, port, pinned), subject=host, remedy=_RENEW)
    context = with_closed_sockets(ssl.create_default_context(cadata=pem))
    # Without this flag only a self-signed certificate can be its own authority, not one that VMCA signed.
    context.verify_flags = (context.verify_flags | ssl.VERIFY_X509_PARTIAL_CHAIN) & ~ssl.VERIFY_X509_STRICT
    context.check_hostname = False
    return context


def _unverified() -> ssl.SSLContext:
    context = with_closed_sockets(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _problem(host: str, port: int, context: ssl.SSLContext) -> str:
    """Returns why the context refuses the certificate: expired, name or untrusted; "" if it accepts it."""
    try:
        with _handshake(host, port, context):
            return ""
    except ssl.SSLCertVerificationError as error:
        return _problem_of(error)


def _problem_of(error: ssl.SSLCertVerificationError) -> str:
    if error.verify_code in _EXPIRED:
        return "expired"
    return "name" if error.verify_code in _NAME else "untrusted"


def changed(host: str, port: int, error: ssl.SSLCertVerificationError) -> FindingError:
    """Returns the FindingError for a certificate that was accepted before: it has changed or expired."""
    address = host_port(host, port)
    if _problem_of(error) == "expired":
        return failure("VC03", f"the certificate of {address} is not valid now", subject=host, remedy=_RENEW)
    detail = f"the certificate of {address} has changed since mhv-tui checked it"
    return failure("VC05", detail, subject=address)


def _refusal(host: str, port: int, certificate: Certificate) -> str:
    names = ", ".join(certificate.names) or "no name"
    end = f"; it ends on {certificate.not_after:%Y-%m-%d}" if certificate.not_after else ""
    address, issuer = host_port(host, port), certificate.issuer or "(no name)"
    sentences = {
        "name": f"the certificate of {address} is for {names}, not for {host}",
        "expired": f"the certificate of {address} is not valid now{end}",
        "untrusted": f"the certificate of {address} has an issuer that this machine does not trust: {issuer}",
    }
    return f"{sentences[certificate.problem]} (SHA-256 {certificate.sha256})"


@contextlib.contextmanager
def _handshake(host: str, port: int, context: ssl.SSLContext) -> Iterator[ssl.SSLSocket]:
    with connect(host, port) as raw, context.wrap_socket(raw, server_hostname=host) as tls:
        yield tls


def unreachable(host: str, port: int, error: Exception) -> FindingError:
    """Returns the FindingError for a failed connection to vCenter, or for a certificate that cannot be read."""
    address = host_port(host, port)
    if isinstance(error, socket.gaierror | UnicodeError):
        detail = f"the name {host} does not resolve on this machine"
        return failure("VC01", detail, subject=host)
    if isinstance(error, DeadlinePassed | AnswerTooLong):
        return failure("VC19", error.sentence(address), subject=address)
    return failure("VC19", _connection_problem(address, error), subject=address)


def _connection_problem(address: str, error: Exception) -> str:
    if isinstance(error, ConnectionRefusedError):
        return f"{address} refuses the connection: no service listens on this port"
    if isinstance(error, ssl.SSLError):
        return f"the TLS handshake with {address} failed ({error.reason or 'the connection was closed'})"
    if isinstance(error, http.client.RemoteDisconnected):
        return f"{address} closed the connection without an answer"
    if isinstance(error, OSError):
        return f"the connection to {address} failed: {error.strerror or unexpected(error)}"
    return f"the certificate of {address} cannot be read ({unexpected(error)})"


def _parse(pem: str, problem: str) -> Certificate:
    from cryptography import x509

    parsed = x509.load_pem_x509_certificate(pem.encode())
    names: list[str] = []
    with contextlib.suppress(x509.ExtensionNotFound, ValueError):
        alternatives = parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names += [str(n.value) for n in alternatives if isinstance(n, x509.DNSName | x509.IPAddress)]
    # The subject's common name counts only if there are no alternative names.
    names = names or [str(n.value) for n in parsed.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)]
    try:
        not_after = parsed.not_valid_after_utc
    except ValueError:  # some appliances write a year after 9999
        not_after = datetime.max.replace(tzinfo=UTC)
    return Certificate(
        sha256=fingerprint(pem),
        pem=pem,
        names=tuple(names),
        issuer=parsed.issuer.rfc4514_string(),
        not_after=not_after,
        problem=problem,
        self_signed=parsed.issuer == parsed.subject,
    )
