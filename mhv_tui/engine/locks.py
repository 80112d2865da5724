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
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.machine import SshHost
from mhv_tui.engine.state import open_private

PATIENCE = 0.05
"""Seconds until a lock or its file is read again: longer than `holder_of` needs to find out who has a lock."""


@dataclass(frozen=True)
class Holder:
    """The process that has a lock, as its file names it."""

    pid: int = 0
    """0 if the file does not name the process."""
    host: str = ""
    note: str = ""
    """What else the file says, such as "session prod"."""

    @classmethod
    def here(cls, note: str) -> Holder:
        """This process."""
        return cls(os.getpid(), socket.gethostname(), note)

    @classmethod
    def of(cls, text: str) -> Holder:
        """The process that the text of a file names. Text of another form names none."""
        place, _, note = text.partition(", ")
        match place.split():
            case ["pid", pid, "on", host] if pid.isdecimal():
                return cls(int(pid), host, note)
        return cls()

    @property
    def process(self) -> str:
        """The process in words, such as `process 17 on novavmware1`."""
        return f"process {self.pid} on {self.host}" if self.pid else "another process"

    @property
    def text(self) -> str:
        """The process as the file names it, such as `pid 17 on novavmware1, session prod`."""
        return f"pid {self.pid} on {self.host}{self._end}"

    def __str__(self) -> str:
        """The process for messages, such as `process 17 on novavmware1, session prod`."""
        return f"{self.process}{self._end}"

    @property
    def _end(self) -> str:
        return f", {self.note}" if self.note else ""


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
        _write_holder(path, handle, f"{Holder.here(note).text}\n")
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


def holder_of(path: Path) -> Holder | None:
    """The process that has the lock; None if it is free."""
    try:
        handle = open_private(path, os.O_RDONLY)
    except (OSError, UsageError):
        return None
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
            stack.enter_context(locked(path, f"machine {host}", remedy, f"session {session}"))
        yield


def _is_taken(handle: int, how: int) -> bool:
    """Takes the lock if no other process or file has it. LOCK_SH fails only while somebody has the lock alone."""
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _holder(handle: int, how: int) -> Holder | None:
    """Takes the lock and returns None, or returns the process that the file names.

    Waits up to 1 second for a process that has no name in the file: it has just taken the lock, or is releasing it.
    """
    for _ in range(20):
        if _is_taken(handle, how):
            return None
        if text := os.pread(handle, 200, 0).decode(errors="replace").strip():
            return Holder.of(text)
        time.sleep(PATIENCE)
    return Holder()
