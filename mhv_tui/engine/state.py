"""Opens the state directory and its files. Only the user of mhv-tui may write them; no symbolic link is followed."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import home

WRITABLE = "set XDG_STATE_HOME to a directory in which you may write"
NO_WAIT = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


def state_home() -> Path:
    """The directory `$XDG_STATE_HOME/mhv-tui`, created if missing. Raises UsageError if it cannot be used."""
    base = os.environ.get("XDG_STATE_HOME")
    return private_directory((Path(base) if base else home() / ".local" / "state") / "mhv-tui")


def sessions_home() -> Path:
    return private_directory(state_home() / "sessions")


def machine_locks_home() -> Path:
    """The directory with the locks of machines, which all sessions of this user share."""
    return private_directory(state_home() / "machines")


def private_directory(path: Path) -> Path:
    """Creates a directory and its parents (0700) if they are missing; returns its path.

    Raises UsageError if that fails, if the directory belongs to another user, or if other users may write to it.
    """
    try:
        for missing in [p for p in (*reversed(path.parents), path) if not p.exists()]:
            missing.mkdir(mode=0o700, exist_ok=True)
        if not path.is_dir():
            raise NotADirectoryError(0, "a file with this name exists")
        check_private(path, path.stat())
    except OSError as error:
        raise UsageError(f"{path} cannot be created: {error.strerror}", WRITABLE) from None
    return path


def check_private(path: Path, status: os.stat_result) -> None:
    """Raises UsageError if another user owns the file or directory at `path`, or may write to it."""
    if status.st_uid != os.geteuid():
        raise UsageError(
            f"{path} belongs to user id {status.st_uid}, but mhv-tui runs as user id {os.geteuid()}",
            f"run mhv-tui as user id {status.st_uid}, or set XDG_STATE_HOME to another directory",
        )
    if status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise UsageError(
            f"{path} has mode {stat.S_IMODE(status.st_mode):04o}: other users may write to it",
            f"check the content of {path}, then run `chmod go-w {path}`",
        )


def open_private(path: Path, flags: int) -> int:
    """A file descriptor of a regular file that belongs to this user.

    Raises UsageError for any other file, and FileNotFoundError if the file is missing and `flags` do not create it.
    """
    try:
        handle = os.open(path, flags | NO_WAIT, 0o600)
    except FileNotFoundError:
        raise
    except OSError as error:
        reason = "the file is a symbolic link" if path.is_symlink() else error.strerror
        raise _unusable(path, flags, str(reason)) from None
    try:
        status = os.fstat(handle)
        if not stat.S_ISREG(status.st_mode):
            raise _unusable(path, flags, "it is a directory, a pipe or a device, not a regular file")
        check_private(path, status)
    except UsageError:
        os.close(handle)
        raise
    return handle


def _unusable(path: Path, flags: int, reason: str) -> UsageError:
    verb = "written" if flags & (os.O_WRONLY | os.O_RDWR) else "read"
    return UsageError(f"{path} cannot be {verb}: {reason}", f"move it away, or {WRITABLE}")


def read_private(path: Path, limit: int) -> bytes:
    """The bytes of a regular file of this user; b"" if it is missing. Raises UsageError for any other file."""
    try:
        handle = open_private(path, os.O_RDONLY)
    except FileNotFoundError:
        return b""
    try:
        with os.fdopen(handle, "rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise _unusable(path, os.O_RDONLY, str(error.strerror)) from None
    if len(content) > limit:
        raise _unusable(path, os.O_RDONLY, f"the file has more than {limit >> 20} MiB")
    return content
