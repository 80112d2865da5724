"""Logs in to a machine over SSH: tries each key once, then the password once.

Uses only the passphrases and passwords that the operator gave; never guesses one.
"""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_key import load_key
from mhv_tui.adapters.ssh_limits import LIMITS, SshBudget, SshLimits, within
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.adapters.ssh_transport import hang_up
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port

if TYPE_CHECKING:
    import paramiko

log = logging.getLogger(__name__)

DROP_NOTICED_WITHIN = 1.0
"""Seconds to wait for the end of paramiko's thread after the server dropped the connection."""
MAX_KEYS = 5
"""Maximum number of keys to try. OpenSSH allows 6 attempts (MaxAuthTries); the last one is for the password."""


@dataclass(frozen=True)
class Secrets:
    """Functions that return a secret of one host, or None if unknown; called only if the secret is needed."""

    passphrase: Callable[[], Revealed | None]
    password: Callable[[], Revealed | None]
    pinned: str = ""
    """The only accepted host key as SHA256:...; if empty, known_hosts must have the host key."""


def digest(blob: bytes) -> str:
    """Returns the fingerprint of a public key as SHA256:..., like ssh-keygen."""
    return "SHA256:" + base64.b64encode(hashlib.sha256(blob).digest()).decode().rstrip("=")


def log_in(transport: paramiko.Transport, target: SshTarget, secrets: Secrets, limits: SshLimits = LIMITS) -> None:
    """Logs in: tries each key once, then the password once.

    Raises CN30 with the attempts in the message if the server refuses them, CN29 if it hangs or drops the connection.
    """
    attempts = _Attempts(transport, target, limits)
    methods = attempts.methods()
    if methods is None:
        return
    if "publickey" in methods:
        for name, key in _keys(target, secrets, limits):
            if attempts.accepted(name, partial(transport.auth_publickey, target.username, key)):
                return
    password = secrets.password() if methods & {"password", "keyboard-interactive"} else None
    if password is not None and attempts.accepted("the password", _by_password(transport, target, password, methods)):
        return
    address, tried = host_port(target.host, target.port), attempts.tried
    if attempts.budget.expired:
        raise failure("CN29", f"{address} did not finish the login in {limits.login:.0f} s", subject=target.name)
    if not tried and not transport.is_active():
        raise failure("CN29", f"{address} dropped the connection during the login", subject=target.name)
    raise failure(
        "CN30",
        f"{address} refused the user {target.username}; tried: {', '.join(tried) or 'nothing'}; "
        f"methods that the server accepts: {', '.join(sorted(methods)) or 'none'}",
        subject=target.name,
    )


class _Attempts:
    """The attempts of one login. They share one time limit."""

    def __init__(self, transport: paramiko.Transport, target: SshTarget, limits: SshLimits) -> None:
        self.budget = SshBudget(limits.login)
        self.tried: list[str] = []
        self._transport = transport
        self._username = target.username

    def methods(self) -> set[str] | None:
        """Returns the login methods that the server accepts; None if it lets the user in without authentication."""
        import paramiko

        try:
            with self.budget.spend(partial(hang_up, self._transport)):
                self._transport.auth_none(self._username)
        except paramiko.BadAuthenticationType as error:
            return set(error.allowed_types)
        except (paramiko.SSHException, OSError, EOFError):
            self._transport.join(DROP_NOTICED_WITHIN)
            return set()
        return None

    def accepted(self, name: str, attempt: Callable[[], object]) -> bool:
        """Makes one attempt, unless the connection has ended. Returns True if the user is logged in."""
        import paramiko

        if not self._transport.is_active():
            return False
        self.tried.append(name)
        try:
            with self.budget.spend(partial(hang_up, self._transport)):
                attempt()
        except (paramiko.SSHException, OSError, EOFError):
            return False
        return self._transport.is_authenticated()


def _by_password(
    transport: paramiko.Transport, target: SshTarget, password: Revealed, methods: set[str]
) -> Callable[[], object]:
    if "password" in methods:
        return partial(transport.auth_password, target.username, password.value, fallback=False)
    unused = [password.value]

    def answer(title: str, instructions: str, fields: list[Any]) -> list[str]:
        """Sends the password once. If the server asks again, the password was wrong and is not sent again."""
        import paramiko

        if fields and not unused:
            raise paramiko.SSHException("the server asks again")
        return [unused.pop() if unused else "" for _ in fields]

    return partial(transport.auth_interactive, target.username, answer)


def _keys(target: SshTarget, secrets: Secrets, limits: SshLimits) -> Iterator[tuple[str, Any]]:
    """Yields the name and key of each key to try: first from key files, then from the agent, without duplicates."""
    offered: set[bytes] = set()
    for name, key in [*_file_keys(target, secrets), *(_agent_keys(limits) if target.use_agent else [])]:
        blob = key.asbytes()
        if blob not in offered and len(offered) < MAX_KEYS:
            offered.add(blob)
            yield name, key


def _file_keys(target: SshTarget, secrets: Secrets) -> Iterator[tuple[str, Any]]:
    for path in target.key_files:
        key = load_key(path, secrets.passphrase, target.key_required)
        if key is not None:
            yield path, key


def _agent_keys(limits: SshLimits) -> list[tuple[str, Any]]:
    """Returns the keys of the SSH agent; none if no agent runs or the agent does not answer."""
    try:
        keys = within(limits.agent, _listed)
    except Exception as error:
        # An agent is optional, so its errors must not stop a login with a key file or a password.
        log.warning("the SSH agent did not list its keys: %r", error)
        return []
    return [("a key of the agent", key) for key in keys]


def _listed() -> tuple[Any, ...]:
    """Returns the keys of the SSH agent. The keys keep the connection to the agent open, which signs with them."""
    import paramiko

    agent = paramiko.Agent()
    keys: tuple[Any, ...] = agent.get_keys()
    if not keys:
        agent.close()
    return keys
