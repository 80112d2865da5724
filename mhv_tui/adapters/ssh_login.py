"""Logs in to a machine over SSH: tries each key once, then the password once.

Uses only the passphrases and passwords that the operator gave; never guesses one.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port

if TYPE_CHECKING:
    import paramiko

MAX_KEYS = 5
"""OpenSSH allows 6 attempts (MaxAuthTries); the last one is for the password."""


@dataclass(frozen=True)
class Secrets:
    """Callbacks for the secrets of one host, called only if the secret is needed; they return None if it is unknown."""

    passphrase: Callable[[], Revealed | None]
    password: Callable[[], Revealed | None]
    pinned: str = ""
    """The only accepted host key as SHA256:...; if empty, known_hosts decides."""


def fingerprint(key: Any) -> str:
    """SHA256:... in the format of ssh-keygen."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def log_in(transport: paramiko.Transport, target: SshTarget, secrets: Secrets) -> None:
    """Tries each key once, then the password once. Raises CN30 with the attempts in the message."""
    tried: list[str] = []
    methods = _methods(transport, target)
    if methods is None:
        return
    if "publickey" in methods:
        for name, key in _keys(target, secrets):
            tried.append(name)
            if _accepted(transport, lambda key=key: transport.auth_publickey(target.username, key)):  # type: ignore[misc]
                return
    password = secrets.password() if methods & {"password", "keyboard-interactive"} else None
    if password is not None and transport.is_active():
        tried.append("the password")
        if _accepted(transport, lambda: _by_password(transport, target.username, password, methods)):
            return
    raise failure(
        "CN30",
        f"{host_port(target.host, target.port)} refused {target.username}; tried: {', '.join(tried) or 'nothing'}; "
        f"accepted methods: {', '.join(sorted(methods)) or 'none'}",
        subject=target.name,
    )


def _methods(transport: paramiko.Transport, target: SshTarget) -> set[str] | None:
    """The authentication methods that the server accepts; None if it lets the user in without authentication."""
    import paramiko

    try:
        transport.auth_none(target.username)
    except paramiko.BadAuthenticationType as error:
        return set(error.allowed_types)
    except (paramiko.SSHException, OSError, EOFError):
        return set()
    return None


def _by_password(transport: paramiko.Transport, user: str, password: Revealed, methods: set[str]) -> Any:
    if "password" in methods:
        return transport.auth_password(user, password.value, fallback=False)
    return transport.auth_interactive(user, lambda title, instructions, fields: [password.value for _ in fields])


def _accepted(transport: paramiko.Transport, attempt: Callable[[], Any]) -> bool:
    import paramiko

    if not transport.is_active():
        return False
    try:
        attempt()
    except (paramiko.SSHException, OSError, EOFError):
        return False
    return transport.is_authenticated()


def _keys(target: SshTarget, secrets: Secrets) -> Iterator[tuple[str, Any]]:
    """The keys to offer, by name: first those of key files, then those of the agent, without duplicates."""
    import paramiko

    offered: set[str] = set()
    candidates: list[tuple[str, Any]] = []
    for path in target.key_files:
        key = _load_key(path, secrets, target.key_required)
        if key is not None:
            candidates.append((path, key))
    if target.use_agent:
        with contextlib.suppress(paramiko.SSHException, OSError):
            candidates += [("a key of the agent", key) for key in paramiko.Agent().get_keys()]
    for name, key in candidates:
        digest = fingerprint(key)
        if digest not in offered and len(offered) < MAX_KEYS:
            offered.add(digest)
            yield name, key


def _load_key(path: str, secrets: Secrets, required: bool) -> Any:
    """The private key of a file; None if the file is missing or unreadable, or its passphrase is unknown.

    If `required`, raises CN30 for a missing or unreadable file. Without the passphrase, the agent may offer the key.
    """
    import paramiko

    file = expanded(path)
    if not file.is_file():
        if required:
            raise failure("CN30", f"the key file {path} does not exist", remedy="Correct key_file.")
        return None
    try:
        return _read_key(file, None)
    except paramiko.PasswordRequiredException:
        passphrase = secrets.passphrase()
    except (paramiko.SSHException, ValueError, OSError):
        if required:
            raise failure("CN30", f"the key file {path} cannot be read as a private key") from None
        return None
    if passphrase is None:
        return None
    try:
        return _read_key(file, passphrase.value)
    except (paramiko.SSHException, ValueError, OSError):
        raise failure("CN30", f"the passphrase does not open the key file {path}") from None


def _read_key(file: Path, passphrase: str | None) -> Any:
    """Reads a private key, and its certificate if there is one beside it."""
    import paramiko

    kinds: tuple[Any, ...] = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
    for kind in kinds:
        try:
            key = kind.from_private_key_file(str(file), password=passphrase)
        except paramiko.PasswordRequiredException:
            raise
        except (paramiko.SSHException, ValueError):
            continue
        certificate = file.with_name(file.name + "-cert.pub")
        if certificate.is_file():
            key.load_certificate(str(certificate))
        return key
    raise paramiko.SSHException("no private key, or the wrong passphrase")
