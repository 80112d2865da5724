"""The home directory of the current user, `~` in paths, and reading regular files only.

Use `open_regular` for every file that another user may have created.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

from mhv_tui.core.errors import UsageError


def home() -> Path:
    """The home directory. Raises UsageError if $HOME is not set and the user id has no account."""
    try:
        return Path.home()
    except RuntimeError:
        raise UsageError(
            f"there is no home directory: $HOME is not set, and user id {os.getuid()} has no account on this machine",
            "set HOME, or XDG_STATE_HOME and XDG_CACHE_HOME, to a directory you may write to",
        ) from None


def expanded(path: str | Path) -> Path:
    """The path with `~` expanded; unchanged if there is no such home directory."""
    return Path(os.path.expanduser(path))


def open_regular(path: str | Path) -> int:
    """A descriptor to read a regular file. Raises OSError for anything else; never waits for the writer of a pipe."""
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC)
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return handle
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    raise OSError(errno.EINVAL, "it is not a regular file but a pipe or a device", str(path))


def read_regular(path: str | Path, limit: int) -> bytes:
    """The bytes of a regular file. Raises OSError for anything else, and for a file of more than `limit` bytes."""
    with os.fdopen(open_regular(path), "rb") as file:
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(errno.EFBIG, f"it has more than {limit >> 20} MiB", str(path))
    return content
