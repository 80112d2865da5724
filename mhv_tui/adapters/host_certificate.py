"""Verifies OpenSSH host certificates, which paramiko reads but does not verify.

paramiko verifies that the server has the private key of the certificate; this module verifies everything else.
Source: PROTOCOL.certkeys of OpenSSH, and the checks of sshkey_cert_check_host in sshkey.c.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime

from mhv_tui.adapters.known_hosts import wildcard

SUFFIX = "-cert-v01@openssh.com"

KEY_FIELDS = {
    "ssh-ed25519": 1,
    "ssh-rsa": 2,
    "ecdsa-sha2-nistp256": 2,
    "ecdsa-sha2-nistp384": 2,
    "ecdsa-sha2-nistp521": 2,
}
"""Kind of key -> number of fields of its public key. Authorities may have the same kinds of keys."""

HOST = 2
"""Type number of a host certificate; a user certificate has the number 1."""


@dataclass(frozen=True)
class HostCertificate:
    """The fields of an OpenSSH certificate that matter for a host."""

    key: bytes
    """The certified public key, in SSH's wire format."""
    type: int
    principals: tuple[str, ...]
    valid_after: int
    valid_before: int
    critical_options: bytes
    authority: bytes
    """The public key of the certificate authority that signed the certificate."""
    signed: bytes
    signature: bytes


class _Fields:
    """Reads the fields of a certificate one after the other. Raises ValueError if the bytes end too early."""

    def __init__(self, content: bytes) -> None:
        self.content, self.position = content, 0

    def take(self, length: int) -> bytes:
        end = self.position + length
        if end > len(self.content):
            raise ValueError("the data ends too early")
        part, self.position = self.content[self.position : end], end
        return part

    def number(self, length: int = 4) -> int:
        return int.from_bytes(self.take(length), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    @property
    def ended(self) -> bool:
        return self.position == len(self.content)


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def parse(blob: bytes) -> HostCertificate:
    """Parses an OpenSSH certificate. Raises ValueError with the reason."""
    fields = _Fields(blob)
    name = fields.string().decode("ascii")
    kind = name.removesuffix(SUFFIX)
    if kind == name or kind not in KEY_FIELDS:
        raise ValueError(f"the kind {name} is unknown")
    fields.string()  # nonce
    key = _string(kind.encode()) + b"".join(_string(fields.string()) for _ in range(KEY_FIELDS[kind]))
    fields.number(8)  # serial number
    type_, _key_id, names = fields.number(), fields.string(), _Fields(fields.string())
    principals = []
    while not names.ended:
        principals.append(names.string().decode("utf-8", "replace"))
    after, before, critical = fields.number(8), fields.number(8), fields.string()
    fields.string()  # extensions
    fields.string()  # reserved
    authority = fields.string()
    signed = blob[: fields.position]
    signature = fields.string()
    if not fields.ended:
        raise ValueError("there are bytes after the signature")
    return HostCertificate(key, type_, tuple(principals), after, before, critical, authority, signed, signature)


def problem(blob: bytes, key: bytes, host: str, authorities: Collection[bytes], now: float) -> str:
    """Returns why a host certificate does not prove that `key` is the key of `host`; "" if it proves this.

    `authorities` are the keys that known_hosts marks as @cert-authority for this host; `now` is in seconds.
    Refuses a certificate without principals, which would be valid for every host by PROTOCOL.certkeys.
    """
    try:
        certificate = parse(blob)
    except ValueError as error:
        return f"the certificate cannot be read: {error}"
    if certificate.authority not in authorities:
        return "known_hosts does not name its certificate authority for this host"
    if not _signature_valid(certificate):
        return "its signature is wrong"
    # What the authority signed is trusted, so it is safe to interpret it.
    for wrong, sentence in (
        (certificate.key != key, "it is for another key"),
        (certificate.type != HOST, "it is a user certificate"),
        (bool(certificate.critical_options), "it has critical options, which host certificates do not have"),
        (now < certificate.valid_after, f"it is valid only from {_date(certificate.valid_after)}"),
        (now >= certificate.valid_before, f"it expired on {_date(certificate.valid_before)}"),
        (not _names(certificate, host), f"it is for {', '.join(certificate.principals) or 'no host'}, not for {host}"),
    ):
        if wrong:
            return sentence
    return ""


def _names(certificate: HostCertificate, host: str) -> bool:
    return any(wildcard(principal.lower(), host.lower()) for principal in certificate.principals)


def _signature_valid(certificate: HostCertificate) -> bool:
    """Verifies the authority's signature. Refuses SHA-1 (ssh-rsa), like OpenSSH 8.2 and later."""
    import paramiko

    try:
        kind = _Fields(certificate.authority).string().decode("ascii")
        signature = _Fields(certificate.signature)
        signature.string(), signature.string()  # the algorithm and the signature itself
        if kind not in KEY_FIELDS or not signature.ended:
            return False
        key = paramiko.PKey.from_type_string(kind, certificate.authority)
        return bool(key.verify_ssh_sig(certificate.signed, paramiko.Message(certificate.signature)))
    except (ValueError, TypeError, LookupError, paramiko.SSHException):
        return False


def _date(seconds: int) -> str:
    try:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")
    except (OverflowError, ValueError, OSError):
        return f"second {seconds}"
