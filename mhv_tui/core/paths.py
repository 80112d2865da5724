"""Paths of the one who runs us: the home directory, which not every account has, and `~` in what was typed."""

from __future__ import annotations

import os
from pathlib import Path

from mhv_tui.core.errors import UsageError


def home() -> Path:
    """The home directory. Raises UsageError where there is none: no $HOME, and the user id is no account's."""
    try:
        return Path.home()
    except RuntimeError:
        raise UsageError(
            f"there is no home directory: $HOME is not set, and user id {os.getuid()} is no account of this machine",
            "set HOME, or XDG_STATE_HOME and XDG_CACHE_HOME, to a directory you may write to",
        ) from None


def expanded(path: str | Path) -> Path:
    """A path with `~` as the home directory; as it stands where there is no such home, so that no file is found."""
    return Path(os.path.expanduser(path))
