"""What the tests of the changes share: rows of the simulated world, a change as the journal has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from mhv_tui.changes import KINDS
from mhv_tui.changes.packages import InstallPackages
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.machine import RemoteFile, SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.engine.freeze import freeze, thaw
from tests.steps.walked_world import state

HOST = SshHost("novavmware1")
PATH = "/etc/nova/nova.conf"
LOGIN = CloudLogin("prod")
PACKAGES = InstallPackages(host=HOST, packages=("nova-compute", "nova-compute-vmware", "python3-oslo.vmware"))
Make = Callable[[Change], Mapping[str, Any]]
Begin = Callable[..., Context]
IMAGE = {"name": "one", "status": "active", "disk_format": "vmdk", "container_format": "bare", "size": 1}


def row(ctx: Context) -> dict[str, Any]:
    assert isinstance(ctx.backend, DemoBackend)
    held: dict[str, Any] = ctx.backend.store.state["machines"]["novavmware1"]
    return held


def again(change: Change) -> Any:
    """The change as the journal brings it back: without its secrets."""
    return thaw(KINDS[type(change).__name__], json.loads(json.dumps(freeze(change))))


def held(ctx: Context, path: str = PATH) -> RemoteFile | None:
    return ctx.backend.node(HOST).read(path)


def made(ctx: Context, change: Change) -> Mapping[str, Any]:
    """Makes a change, which says what it does; its receipt, as the journal keeps it."""
    assert change.id and change.summary and change.preview()
    before = change.before(ctx)
    receipt: Mapping[str, Any] = json.loads(json.dumps({**before, **change.apply(ctx, before)}))
    return receipt


def rows(ctx: Context, table: str) -> dict[str, Any]:
    held: dict[str, Any] = state(ctx)["cloud"][table]
    return held
