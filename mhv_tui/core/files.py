"""Writes files atomically: a reader sees the old text or the new one, never a part of it.

A writer locks its temporary file (flock) until the target is replaced. An unlocked temporary file belongs to a killed
process; the next write of the same target removes it, or the next run of the session.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from pathlib import Path

SUFFIX = ".tmp"


def write_atomic(path: Path, text: str, mode: int = 0o600, only_new: bool = False) -> None:
    """Replaces a file atomically. The new file has exactly `mode`, whatever the umask is. A link at `path` is replaced.

    With `only_new`, an existing file is kept, also if another process has created it meanwhile.
    Threads and processes may write the same file at the same time. Raises OSError and leaves no temporary file.
    """
    remove_abandoned(path.parent, path.name)
    handle, temporary = _locked_temporary(path)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(handle)
            os.fchmod(handle, mode)
            if not only_new:
                os.replace(temporary, path)
                return
            with contextlib.suppress(FileExistsError):
                os.link(temporary, path)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from None
    finally:
        temporary.unlink(missing_ok=True)


def write_output(path: Path, text: str, replace: bool = False) -> None:
    """Writes to a path from the operator: a file (or a link's target) atomically, or a pipe or device.

    Raises FileExistsError if the file exists, unless `replace` is True; and other errors of the kind OSError.
    """
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        mode = stat.S_IFREG | 0o600
    else:
        if stat.S_ISREG(mode) and not replace:
            raise FileExistsError(errno.EEXIST, "the file exists", str(path))
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


def remove_abandoned(directory: Path, name: str = "") -> None:
    """Removes the temporary files that no running process has locked: those of the file `name`, or all."""
    for temporary in directory.glob(f".*{SUFFIX}"):
        if name and not temporary.name.startswith(f".{name}."):
            continue
        with contextlib.suppress(OSError):  # a link, another user's, locked by its writer, or removed already
            handle = os.open(temporary, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK)
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                temporary.unlink()
            finally:
                os.close(handle)
