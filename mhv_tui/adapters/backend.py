"""Implements core.ports.Backend over real systems. Opens each connection once and keeps it for the run.

Does not repeat a refused login: it raises its FindingError again until the answers change or the operator asks for
another attempt.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from mhv_tui.adapters import ssh, ssh_target, trust
from mhv_tui.adapters.limits import LIMITS, Limits
from mhv_tui.adapters.local import ThisMachine, remove_abandoned
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_limits import LIMITS as SSH_LIMITS
from mhv_tui.adapters.ssh_limits import SshLimits
from mhv_tui.adapters.ssh_login import Secrets
from mhv_tui.core.errors import FindingError
from mhv_tui.core.local import Local
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Cloud, Node, Vcenter
from mhv_tui.core.refusals import RefusedLogins
from mhv_tui.core.secret import Revealed, SecretRef, Vault
from mhv_tui.core.vsphere import Certificate, VcenterLogin

IDLE = 900.0
"""Seconds of idle time after which a vCenter session is replaced. vCenter ends idle sessions after 30 minutes."""

LOGIN_REFUSALS = frozenset({"VC07", "OS03", "OS04", "CN30"})
"""Finding codes of a refused login."""

C = TypeVar("C")


class RealBackend:
    """The backend for real systems: vCenter, cloud and SSH hosts. The file `ssh_config` replaces ~/.ssh/config.

    `limits` are those of vCenter and of the cloud.
    """

    local: Local

    def __init__(
        self, vault: Vault, ssh_config: str = "", limits: Limits = LIMITS, ssh_limits: SshLimits = SSH_LIMITS
    ) -> None:
        self.local = ThisMachine()
        self._vault = vault
        self._ssh_config = ssh_config
        self._limits = limits
        self._ssh_limits = ssh_limits
        self._connections: dict[Hashable, Any] = {}
        self._refused = RefusedLogins()
        self._locks: dict[Hashable, threading.Lock] = {}
        self._locks_lock = threading.Lock()

    def certificate(self, host: str, port: int, ca_file: str = "") -> Certificate:
        return trust.certificate(host, port, ca_file, self._limits.first_contact)

    def vcenter(self, login: VcenterLogin) -> Vcenter:
        """Returns a vCenter session. Opens a new one if vCenter has ended the last one or will end it soon."""
        from mhv_tui.adapters.vsphere import PyvmomiVcenter

        password = self._vault.reveal(login.password)

        def expired(vcenter: PyvmomiVcenter) -> bool:
            return vcenter.lost or time.monotonic() - vcenter.session.used > IDLE

        return self._connected(
            ("vcenter", login, password), lambda: PyvmomiVcenter(login, password, self._limits), expired
        )

    def cloud(self, login: CloudLogin) -> Cloud:
        """Returns the authenticated cloud. openstacksdk itself reads the password of a clouds.yaml entry."""
        from mhv_tui.adapters.cloud import SdkCloud

        password = self._vault.reveal(login.password) if login.password else None
        return self._connected(("cloud", login, password), lambda: SdkCloud(login, password, self._limits))

    def node(self, host: SshHost) -> Node:
        # The secrets are part of the key, so that a corrected password counts as a new login.
        secrets = tuple(self._known_secret(host, name) for name in ("password", "key_passphrase", "sudo_password"))

        def connect() -> ssh.Connection:
            return self._ssh_connection(host)

        def sudo_password() -> Revealed | None:
            return self._known_secret(host, "sudo_password")

        return self._connected(
            ("node", host, secrets), lambda: SshNode(host.host, connect, sudo_password, self._ssh_limits)
        )

    def reveal(self, ref: SecretRef) -> Revealed:
        return self._vault.reveal(ref)

    def host_key(self, host: SshHost) -> str:
        target = ssh_target.resolve(host, self._ssh_config, self._ssh_limits)
        jump = self._last_jump(target)
        try:
            return ssh.host_key(target, jump, self._ssh_limits)
        finally:
            if jump is not None:
                jump.close()

    def _ssh_connection(self, host: SshHost) -> ssh.Connection:
        target = ssh_target.resolve(host, self._ssh_config, self._ssh_limits)
        secrets = Secrets(
            lambda: self._passphrase(host), lambda: self._known_secret(host, "password"), pinned=host.host_key
        )
        jump = self._last_jump(target)
        with _close_on_error(jump):
            return ssh.connect(target, secrets, jump, self._ssh_limits)

    def _last_jump(self, target: ssh_target.SshTarget) -> ssh.Connection | None:
        """Returns the SSH connection to the last jump host; None if there is no jump host. Logs in with keys only."""
        last: ssh.Connection | None = None
        no_secrets = Secrets(lambda: None, lambda: None)
        for jump in target.jumps:
            with _close_on_error(last):
                jump_target = ssh_target.resolve(ssh_target.jump_host(jump), self._ssh_config, self._ssh_limits)
                last = ssh.connect(jump_target, no_secrets, last, self._ssh_limits)
        return last

    def _known_secret(self, host: SshHost, name: str) -> Revealed | None:
        """Returns a secret of an SSH host that the operator gave or typed, else None. Never prompts for it."""
        ref = host.secret(name)
        return self._vault.reveal(ref) if ref.kind != "absent" or self._vault.has(ref) else None

    def _passphrase(self, host: SshHost) -> Revealed | None:
        """Returns the passphrase of an encrypted key. Prompts for it only if the operator named the key file."""
        if host.key_file:
            return self._vault.reveal(host.secret("key_passphrase"))
        return self._known_secret(host, "key_passphrase")

    def _lock(self, key: Hashable) -> threading.Lock:
        with self._locks_lock:
            return self._locks.setdefault(key, threading.Lock())

    def _connected(
        self, key: Hashable, connect: Callable[[], C], expired: Callable[[C], bool] = lambda connection: False
    ) -> C:
        """Returns the connection for `key`; opens it if none is open. Does not repeat a refused login."""
        with self._lock(key):
            self._refused.raise_if_refused(key)
            if key in self._connections and expired(self._connections[key]):
                with contextlib.suppress(FindingError):
                    self._connections.pop(key).close()
            if key not in self._connections:
                try:
                    self._connections[key] = connect()
                except FindingError as error:
                    if error.finding.code in LOGIN_REFUSALS:
                        self._refused.refuse(key, error)
                    raise
            connection: C = self._connections[key]
            return connection

    def allow_login_retry(self) -> None:
        self._refused.clear()

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)

    def close(self) -> None:
        while self._connections:
            _, connection = self._connections.popitem()
            with contextlib.suppress(FindingError):
                connection.close()
        remove_abandoned()


@contextlib.contextmanager
def _close_on_error(connection: ssh.Connection | None) -> Iterator[None]:
    """Closes the connection if the `with` block raises any exception, including Ctrl+C."""
    try:
        yield
    except BaseException:
        if connection is not None:
            connection.close()
        raise
