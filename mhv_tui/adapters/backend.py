"""The port core.ports.World over real parts: connections made once, kept for the run, closed at its end.

Refuses a second try with a login that was refused: the same Trouble is raised until the answer changes, or the
operator asks for another try.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Hashable, Iterator
from datetime import UTC, datetime
from typing import Any, TypeVar

from mhv_tui.adapters import ssh, ssh_target, trust
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_login import Secrets
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.ports import Cloud, Local, Node, Vcenter
from mhv_tui.core.secret import Revealed, SecretRef, Vault
from mhv_tui.core.vsphere import Certificate, VcenterLogin

IDLE = 900.0
"""Seconds after which a vCenter session is opened anew: vCenter ends idle ones after 30 minutes."""

REFUSALS = frozenset({"VC07", "OS03", "OS04", "CN30"})
"""Codes of a refused login."""

C = TypeVar("C")


class RealBackend:
    """Real parts. `ssh_config` names another file than ~/.ssh/config."""

    local: Local

    def __init__(self, vault: Vault, ssh_config: str = "") -> None:
        self.local = ThisMachine()
        self._vault = vault
        self._ssh_config = ssh_config
        self._kept: dict[Hashable, Any] = {}
        self._refused: dict[Hashable, FindingError] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._locking = threading.Lock()

    def certificate(self, host: str, port: int, ca_file: str = "") -> Certificate:
        """What the port shows. No login."""
        return trust.certificate(host, port, ca_file)

    def vcenter(self, login: VcenterLogin) -> Vcenter:
        """A session, opened anew where vCenter ended the last one or would soon."""
        from mhv_tui.adapters.vsphere import PyvmomiVcenter

        password = self._vault.reveal(login.password)

        def over(kept: PyvmomiVcenter) -> bool:
            return kept.lost or time.monotonic() - kept.session.used > IDLE

        return self._once(("vcenter", login, password), lambda: PyvmomiVcenter(login, password), over)

    def cloud(self, login: CloudLogin) -> Cloud:
        """An authenticated cloud; the password of a clouds.yaml entry stays in clouds.yaml."""
        from mhv_tui.adapters.cloud import SdkCloud

        password = self._vault.reveal(login.password) if login.password else None
        return self._once(("cloud", login, password), lambda: SdkCloud(login, password))

    def node(self, host: SshHost) -> Node:
        """A machine over SSH."""
        # The secrets belong to the key: a corrected password is a new try, the same one is not.
        secrets = tuple(self._held(host, name) for name in ("password", "key_passphrase", "sudo_password"))

        def connect() -> ssh.Connection:
            return self._connection(host)

        return self._once(
            ("node", host, secrets), lambda: SshNode(host.host, connect, lambda: self._held(host, "sudo_password"))
        )

    def reveal(self, ref: SecretRef) -> Revealed:
        return self._vault.reveal(ref)

    def host_key(self, host: SshHost) -> str:
        """SHA256:... of the key the machine shows now, before any login."""
        target = ssh_target.resolve(host, self._ssh_config)
        through = self._through(target)
        try:
            return ssh.host_key(target, through)
        finally:
            if through is not None:
                through.close()

    def _connection(self, host: SshHost) -> ssh.Connection:
        target = ssh_target.resolve(host, self._ssh_config)
        secrets = Secrets(lambda: self._passphrase(host), lambda: self._held(host, "password"), pinned=host.host_key)
        through = self._through(target)
        with _closed_unless_well(through):
            return ssh.connect(target, secrets, through)

    def _through(self, target: ssh_target.SshTarget) -> ssh.Connection | None:
        """The last of the jump hosts, each reached through the one before; they take keys only."""
        through: ssh.Connection | None = None
        none = Secrets(lambda: None, lambda: None)
        for jump in target.jumps:
            with _closed_unless_well(through):
                through = ssh.connect(ssh_target.resolve(ssh_target.jump_host(jump), self._ssh_config), none, through)
        return through

    def _held(self, host: SshHost, name: str) -> Revealed | None:
        """A secret of a host that was given or typed; None if it was not, as SSH does not ask by itself."""
        ref = host.secret(name)
        return self._vault.reveal(ref) if ref.kind != "absent" or self._vault.has(ref) else None

    def _passphrase(self, host: SshHost) -> Revealed | None:
        """The passphrase of a key that turned out to need one; the operator's own key file is worth a question."""
        if host.key_file:
            return self._vault.reveal(host.secret("key_passphrase"))
        return self._held(host, "key_passphrase")

    def _lock(self, key: Hashable) -> threading.Lock:
        with self._locking:
            return self._locks.setdefault(key, threading.Lock())

    def _once(self, key: Hashable, make: Callable[[], C], over: Callable[[C], bool] = lambda kept: False) -> C:
        """What is kept under `key`, made where it is not or is over; a refused login is not tried again."""
        with self._lock(key):
            if key in self._refused:
                raise self._refused[key]
            if key in self._kept and over(self._kept[key]):
                with contextlib.suppress(FindingError):
                    self._kept.pop(key).close()
            if key not in self._kept:
                try:
                    self._kept[key] = make()
                except FindingError as refused:
                    if refused.finding.code in REFUSALS:
                        self._refused[key] = refused
                    raise
            kept: C = self._kept[key]
            return kept

    def forgive(self) -> None:
        """The operator asks for another try: refused logins are forgotten, once."""
        self._refused.clear()

    def now(self) -> datetime:
        """This machine's time, UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Waits."""
        time.sleep(seconds)

    def close(self) -> None:
        """Ends every connection."""
        while self._kept:
            _, kept = self._kept.popitem()
            with contextlib.suppress(FindingError):
                kept.close()


@contextlib.contextmanager
def _closed_unless_well(connection: ssh.Connection | None) -> Iterator[None]:
    """Whatever goes wrong, a missing secret or Ctrl+C among it, leaves no jump host's connection behind."""
    try:
        yield
    except BaseException:
        if connection is not None:
            connection.close()
        raise
