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
    """One line of a known_hosts file: marker or "", host patterns, kind of key, public key in SSH's wire format."""

    marker: str
    patterns: str
    kind: str
    blob: bytes


@dataclass(frozen=True)
class KnownKeys:
    """The keys that known_hosts files have for one host, in SSH's wire format."""

    keys: tuple[tuple[str, bytes], ...] = ()
    """(kind of key, key) of each host key, in the order of the files."""
    authorities: frozenset[bytes] = frozenset()
    """Keys of certificate authorities that may sign the certificate of the host."""
    revoked: frozenset[bytes] = frozenset()
    """Keys of hosts or authorities that known_hosts marks as revoked."""


def known_keys(paths: Sequence[str], host: str, port: int, alias: str = "") -> KnownKeys:
    """Returns the keys of a host in these files. `alias` (HostKeyAlias) replaces host name and port."""
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
            log.warning("%s:%d: line skipped, because %s", path, number, error)


def _lines(path: str) -> list[str]:
    """Returns the lines of a file; none if it does not exist. Logs a warning if the file cannot be read."""
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
        log.warning("%s is longer than %s: the rest of the file is ignored", path, size(MAX_FILE))
        content = content[:MAX_FILE].rpartition(b"\n")[0]
    return content.decode("utf-8", "surrogateescape").split("\n")


def parse(line: str) -> Entry:
    """Parses one line of a known_hosts file. Raises ValueError with the reason."""
    fields = line.split()
    marker = fields.pop(0) if fields[0].startswith("@") else ""
    if marker and marker not in MARKERS:
        raise ValueError(f"the marker {marker} is unknown; OpenSSH has {join_names(MARKERS)}")
    if len(fields) < 3:
        raise ValueError("it does not have the form HOSTS KIND KEY")
    patterns, kind, text = fields[:3]
    try:
        blob = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        raise ValueError("the key is not base64") from None
    if not blob.startswith(len(kind.encode("utf-8", "replace")).to_bytes(4, "big") + kind.encode("utf-8", "replace")):
        raise ValueError(f"the key is not of the kind {kind}")
    return Entry(marker, patterns, kind, blob)


def matches(patterns: str, name: str) -> bool:
    """Returns True if comma-separated patterns, or one hashed name, match this host name in lower case."""
    if patterns.startswith("|1|"):
        return _hash_matches(patterns, name)
    positive = False
    for pattern in patterns.lower().split(","):
        if pattern.startswith("!") and wildcard(pattern[1:], name):
            return False
        positive = positive or wildcard(pattern, name)
    return positive


def wildcard(pattern: str, name: str) -> bool:
    """Returns True if an OpenSSH pattern matches the whole name: `*` and `?` are wildcards, brackets are not."""
    parts = (".*" if sign == "*" else "." if sign == "?" else re.escape(sign) for sign in re.sub(r"\*+", "*", pattern))
    return re.fullmatch("".join(parts), name, re.DOTALL) is not None


def _hash_matches(text: str, name: str) -> bool:
    """Returns True if a hashed name of known_hosts (|1|SALT|HMAC-SHA1, both in base64) is the hash of `name`."""
    try:
        salt, digest = (base64.b64decode(part, validate=True) for part in text[3:].split("|"))
    except ValueError:
        return False
    return hmac.compare_digest(hmac.new(salt, name.encode("utf-8", "surrogateescape"), "sha1").digest(), digest)
