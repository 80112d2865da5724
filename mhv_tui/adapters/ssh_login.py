"""Logging in to a machine over SSH: which keys are offered, and that each way is tried once.

Refuses to guess a passphrase or a password: what nobody gave is not tried.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mhv_tui.adapters.failures import endpoint, failure
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed

if TYPE_CHECKING:
    import paramiko

MOST_KEYS = 5
"""OpenSSH's MaxAuthTries is 6: the password must still have its turn."""


@dataclass(frozen=True)
class Secrets:
    """How to come by the secrets of one host, each asked for only where it is needed; None where there is none."""

    passphrase: Callable[[], Revealed | None]
    password: Callable[[], Revealed | None]
    pinned: str = ""
    """SHA256:... of the only host key to be accepted."""


def fingerprint(key: Any) -> str:
    """SHA256:... as ssh-keygen shows it."""
    digest = base64.b64encode(hashlib.sha256(key.asbytes()).digest()).decode().rstrip("=")
    return f"SHA256:{digest}"


def log_in(transport: paramiko.Transport, target: SshTarget, secrets: Secrets) -> None:
    """Each key once, then the password once; raises CN30 with what was tried."""
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
        f"{endpoint(target.host, target.port)} refused {target.username}; tried: {', '.join(tried) or 'nothing'}; "
        f"it takes {', '.join(sorted(methods)) or 'nothing'}",
        subject=target.name,
    )


def _methods(transport: paramiko.Transport, target: SshTarget) -> set[str] | None:
    """What the server takes; None where it let us in without anything."""
    import paramiko

    try:
        transport.auth_none(target.username)
    except paramiko.BadAuthenticationType as refused:
        return set(refused.allowed_types)
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
    """The keys to offer, by name: the key files, then the agent's, each once."""
    import paramiko

    offered: set[str] = set()
    candidates: list[tuple[str, Any]] = []
    for path in target.key_files:
        key = _loaded(path, secrets, target.key_demanded)
        if key is not None:
            candidates.append((path, key))
    if target.use_agent:
        with contextlib.suppress(paramiko.SSHException, OSError):
            candidates += [("a key of the agent", key) for key in paramiko.Agent().get_keys()]
    for name, key in candidates:
        known = fingerprint(key)
        if known not in offered and len(offered) < MOST_KEYS:
            offered.add(known)
            yield name, key


def _loaded(path: str, secrets: Secrets, demanded: bool) -> Any:
    """A key file's key; None where there is none or it needs a passphrase that nobody gave (the agent may hold it)."""
    import paramiko

    file = expanded(path)
    if not file.is_file():
        if demanded:
            raise failure("CN30", f"there is no key file {path}", remedy="Correct key_file.")
        return None
    try:
        return _read_key(file, None)
    except paramiko.PasswordRequiredException:
        passphrase = secrets.passphrase()
    except (paramiko.SSHException, ValueError, OSError):
        if demanded:
            raise failure("CN30", f"the key file {path} cannot be read as a private key") from None
        return None
    if passphrase is None:
        return None
    try:
        return _read_key(file, passphrase.value)
    except (paramiko.SSHException, ValueError, OSError):
        raise failure("CN30", f"the passphrase does not open the key file {path}") from None


def _read_key(file: Path, passphrase: str | None) -> Any:
    """The private key of a file, with the certificate beside it where there is one."""
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
    raise paramiko.SSHException("no private key that the passphrase opens")
