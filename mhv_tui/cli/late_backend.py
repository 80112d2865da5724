"""A backend that is created at its first use, because the first screen does not need its modules."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from mhv_tui.core import machine, openstack, ports, vsphere
    from mhv_tui.core.local import Local
    from mhv_tui.core.secret import Revealed, SecretRef


class LateBackend:
    """Implements core.ports.Backend. `create` imports and creates the backend; each method may be its first use."""

    def __init__(self, create: Callable[[], ports.Backend]) -> None:
        self._create = create
        self._created: ports.Backend | None = None
        self._lock = threading.Lock()

    @property
    def backend(self) -> ports.Backend:
        """The backend itself."""
        with self._lock:
            self._created = self._created or self._create()
            return self._created

    @property
    def local(self) -> Local:
        return self.backend.local

    def certificate(self, host: str, port: int, ca_file: str = "") -> vsphere.Certificate:
        return self.backend.certificate(host, port, ca_file)

    def vcenter(self, login: vsphere.VcenterLogin) -> ports.Vcenter:
        return self.backend.vcenter(login)

    def cloud(self, login: openstack.CloudLogin) -> ports.Cloud:
        return self.backend.cloud(login)

    def node(self, host: machine.SshHost) -> ports.Node:
        return self.backend.node(host)

    def reveal(self, ref: SecretRef) -> Revealed:
        return self.backend.reveal(ref)

    def host_key(self, host: machine.SshHost) -> str:
        return self.backend.host_key(host)

    def allow_login_retry(self) -> None:
        self.backend.allow_login_retry()

    def now(self) -> datetime:
        return self.backend.now()

    def sleep(self, seconds: float) -> None:
        self.backend.sleep(seconds)

    def close(self) -> None:
        if self._created:
            self._created.close()
