"""Finds the home directory of the current user, expands `~` in paths, and reads regular files only.

Use `open_regular` for every file that another user may have created.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from mhv_tui.core.errors import UsageError

NOT_REGULAR = "the file is a pipe or a device, not a regular file"


def home() -> Path:
    """The home directory of the user. Raises UsageError if $HOME is not set and the user id has no account."""
    try:
        return Path.home()
    except RuntimeError:
        raise UsageError(
            f"there is no home directory: $HOME is not set, and user id {os.getuid()} has no account on this machine",
            "set HOME, or XDG_STATE_HOME and XDG_CACHE_HOME, to a directory in which you may write",
        ) from None


def expanded(path: str | Path) -> Path:
    """The path with `~` expanded; the same path if the home directory is not known."""
    return Path(os.path.expanduser(path))


def open_regular(path: str | Path) -> int:
    """A file descriptor to read a regular file. Raises OSError for a directory, pipe or device, without waiting."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, NOT_REGULAR, str(path))


def is_pipe_or_device(path: str | Path) -> bool:
    """True if a program that reads the file may wait for ever or find no end. /dev/null is empty, so it is none."""
    try:
        mode = os.stat(path).st_mode
    except (OSError, ValueError):
        return False
    return not stat.S_ISREG(mode) and not stat.S_ISDIR(mode) and str(path) != os.devnull


def read_regular(path: str | Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises OSError for another type of file, or if it has more than `limit` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"the file has more than {limit >> 20} MiB", str(path))
    return content
