"""Locks (flock) of sessions and machines: a lock ends with its process, and its file names the process that has it.

Two runs of one user never work on the same session or change the same machine at once (WZ02).
"""

from __future__ import annotations

import fcntl
import os
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

from mhv_tui.core.changes import Change
from mhv_tui.core.errors import MhvError, UsageError
from mhv_tui.core.machine import SshHost
from mhv_tui.engine.state import open_private

PATIENCE = 0.05
"""Seconds after which `locked` tries again: longer than `holder_of` needs to find out who has a lock."""


class Busy(MhvError):
    """Another run has the lock (WZ02)."""


@contextmanager
def locked(path: Path, name: str, remedy: str, note: str = "") -> Iterator[None]:
    """Locks the file until the end of the block or process. Raises Busy with the process that has it.

    `name` says what is locked, such as "session prod"; `note` is added to the process in the file.
    """
    handle = open_private(path, os.O_RDWR | os.O_CREAT)
    try:
        if not _is_taken(handle, fcntl.LOCK_EX):
            time.sleep(PATIENCE)
            if holder := _holder(handle, fcntl.LOCK_EX):
                raise Busy(f"{name} is in use by {holder}", remedy)
        _write_holder(path, handle, f"pid {os.getpid()} on {socket.gethostname()}{note}\n")
        try:
            yield
        finally:
            os.ftruncate(handle, 0)  # the next holder is not taken for this one before it has written its name
    finally:
        os.close(handle)


def _write_holder(path: Path, handle: int, holder: str) -> None:
    try:
        os.ftruncate(handle, 0)
        os.pwrite(handle, holder.encode(), 0)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None


def holder_of(path: Path) -> str:
    """The process that has the lock, such as `pid 17 on novavmware1`; "" if it is free."""
    try:
        handle = open_private(path, os.O_RDONLY)
    except (OSError, UsageError):
        return ""
    try:
        return _holder(handle, fcntl.LOCK_SH)
    finally:
        os.close(handle)


@contextmanager
def machines_locked(directory: Path | None, changes: Iterable[Change], session: str) -> Iterator[None]:
    """Locks every machine that the changes work on. Raises Busy with the session and process that has one.

    `directory` is that of the locks; None if no other run can reach these machines.
    """
    hosts = {host.system for change in changes if isinstance(host := getattr(change, "host", None), SshHost)}
    with ExitStack() as stack:
        for host in sorted(hosts) if directory else ():
            path = Path(directory or "") / f"{quote(host, safe='')}.lock"
            remedy = "wait for that run to end: two runs must not change a machine at once"
            stack.enter_context(locked(path, f"machine {host}", remedy, f", session {session}"))
        yield


def _is_taken(handle: int, how: int) -> bool:
    """Takes the lock if no other process or file has it. LOCK_SH fails only while somebody has the lock alone."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(handle: int, how: int) -> str:
    """Takes the lock and returns "", or returns the process that the file names.

    Waits up to 1 second for a process that has no name in the file: it has just taken the lock, or is releasing it.
    """
    for _ in range(20):
        if _is_taken(handle, how):
            return ""
        if holder := os.pread(handle, 200, 0).decode(errors="replace").strip():
            return holder
        time.sleep(PATIENCE)
    return "another process"
