"""Reads known_hosts files as OpenSSH does, line by line: host keys, certificate authorities and revoked keys.

Skips a malformed line with a warning in the log, because one bad line must not lock out every other host.
Source of the format: sshd(8), SSH_KNOWN_HOSTS FILE FORMAT.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import logging
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mhv_tui.adapters.ssh_limits import MAX_FILE, size
from mhv_tui.core.paths import expanded, open_regular
from mhv_tui.core.text import join_names

log = logging.getLogger(__name__)

MARKERS = ("@cert-authority", "@revoked")


@dataclass(frozen=True)
class Entry:
    """One line: its marker or "", its host patterns, the kind of key and the public key in SSH's wire format."""

    marker: str
    patterns: str
    kind: str
    blob: bytes


@dataclass(frozen=True)
class KnownKeys:
    """The keys of one host, in SSH's wire format."""

    keys: tuple[tuple[str, bytes], ...] = ()
    """(kind, key) in the order of the files."""
    authorities: frozenset[bytes] = frozenset()
    """Keys of authorities that sign host certificates."""
    revoked: frozenset[bytes] = frozenset()
    """Keys of hosts or authorities that are never accepted."""


def known_keys(paths: Sequence[str], host: str, port: int, alias: str = "") -> KnownKeys:
    """The keys of a host in these files; `alias` replaces its name and port (HostKeyAlias). Never raises for a file."""
    name = (alias or (host if port == 22 else f"[{host}]:{port}")).lower()
    # OpenSSH also accepts a certificate of an authority that the file names for the host without its port.
    names = {name, (alias or host).lower()}
    entries = [entry for path in paths for entry in _entries(path)]
    marked = [e for e in entries if e.marker and any(matches(e.patterns, one) for one in names)]
    return KnownKeys(
        tuple((e.kind, e.blob) for e in entries if not e.marker and matches(e.patterns, name)),
        frozenset(e.blob for e in marked if e.marker == "@cert-authority"),
        frozenset(e.blob for e in marked if e.marker == "@revoked"),
    )


def _entries(path: str) -> Iterator[Entry]:
    for number, line in enumerate(_lines(path), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        try:
            yield parse(line)
        except ValueError as error:
            log.warning("%s:%d: skipped, because %s", path, number, error)


def _lines(path: str) -> list[str]:
    """The lines of a file; none if it does not exist. A file that cannot be read is logged."""
    try:
        with os.fdopen(open_regular(expanded(path)), "rb") as file:
            content = file.read(MAX_FILE + 1)
    except FileNotFoundError:
        return []
    except (OSError, ValueError) as error:
        if path not in ("none", "/dev/null"):
            log.warning("%s is not read: %s", path, error)
        return []
    if len(content) > MAX_FILE:
        log.warning("%s has more than %s: the rest is not read", path, size(MAX_FILE))
        content = content[:MAX_FILE].rpartition(b"\n")[0]
    return content.decode("utf-8", "surrogateescape").split("\n")


def parse(line: str) -> Entry:
    """Parses one line. Raises ValueError with the reason."""
    fields = line.split()
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if marker and marker not in MARKERS:
        raise ValueError(f"{marker} is no marker; OpenSSH knows {join_names(MARKERS)}")
    if len(fields) < 3:
        raise ValueError("it is not host names, kind of key and key")
    patterns, kind, text = fields[:3]
    try:
        blob = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("its key is not base64") from None
    if not blob.startswith(len(kind.encode("utf-8", "replace")).to_bytes(4, "big") + kind.encode("utf-8", "replace")):
        raise ValueError(f"its key is not of the kind {kind}")
    return Entry(marker, patterns, kind, blob)


def matches(patterns: str, name: str) -> bool:
    """True if a comma-separated list of patterns, or a hashed name, is for this host name in lower case."""
    if patterns.startswith("|1|"):
        return _hash_matches(patterns, name)
    positive = False
    for pattern in patterns.lower().split(","):
        if pattern.startswith("!") and wildcard(pattern[1:], name):
            return False
        positive = positive or wildcard(pattern, name)
    return positive


def wildcard(pattern: str, name: str) -> bool:
    """True if a pattern of OpenSSH fits the whole name: `*` and `?` are wildcards, brackets are not."""
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in re.sub(r"\*+", "*", pattern))
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None


def _hash_matches(text: str, name: str) -> bool:
    """HashKnownHosts: |1|SALT|HMAC-SHA1 of the name, both in base64."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in text[3:].split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode("utf-8", "surrogateescape"), "sha1").digest(), digest)
