"""Writes files atomically: a reader sees the old text or the new one, never a part of it.

A writer locks its temporary file (flock) until the target is replaced. An unlocked temporary file belongs to a killed
process; the next write of the same target removes it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import stat
import tempfile
from pathlib import Path

SUFFIX = ".tmp"


def write_atomic(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file atomically. The new file has exactly `mode`, whatever the umask is. A link at `path` is replaced.

    Threads and processes may write the same file at the same time. Raises OSError and leaves no temporary file.
    """
    _remove_abandoned(path)
    handle, temporary = _locked_temporary(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
            os.fchmod(handle, mode)
            os.replace(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_output(path: Path, text: str) -> None:
    """Writes to a path from the operator: replaces a file (or a link's target) atomically; writes to a pipe or device.

    Raises OSError.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG | 0o600
    if stat.S_ISREG(mode):
        write_atomic(path.resolve(), text, stat.S_IMODE(mode))
        return
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_NOCTTY), "w", encoding="utf-8") as file:
        file.write(text)


def _locked_temporary(path: Path) -> tuple[int, Path]:
    """The handle and the path of a new, locked temporary file (mode 0600) in the directory of `path`."""
    while True:
        handle, name = tempfile.mkstemp(SUFFIX, f".{path.name}.", path.parent)
        temporary = Path(name)
        with contextlib.suppress(OSError):  # a file system without locks: there, no temporary file is ever removed
            fcntl.flock(handle, fcntl.LOCK_EX)
        if temporary.exists():
            return handle, temporary
        os.close(handle)  # another writer removed it before it was locked


def _remove_abandoned(path: Path) -> None:
    """Removes the temporary files of `path` that no running process has locked."""
    for temporary in path.parent.glob(f".*{SUFFIX}"):
        if not temporary.name.startswith(f".{path.name}."):
            continue
        with contextlib.suppress(OSError):  # a link, another user's, locked by its writer, or removed already
            handle = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                temporary.unlink()
            finally:
                os.close(handle)
