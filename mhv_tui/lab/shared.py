"""What the labs of this machine share, under whatever state directory they are: the cache, and settings of the kernel.

A lab registers itself in the cache when it starts. The lock is outside the cache, because the cache can be deleted."""

from __future__ import annotations

import contextlib
import hashlib
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import host
from mhv_tui.lab.host import ProgressPrinter
from mhv_tui.lab.images import remove_tree

LOCK = Path("/run/lock/mhv-tui-lab-shared")

ENDING = 5.0
"""Seconds in which the processes of a stopped node end, which still use the cache."""

LOCK_TIMEOUT = 600
"""Seconds to wait for the lock. The deletion of the cache keeps it for a minute."""

SETTINGS = {
    Path("/proc/sys/net/ipv4/ip_forward"): 1,
    Path("/proc/sys/fs/inotify/max_user_instances"): 1024,
}
"""File of a kernel setting -> the lowest value with which labs work.

Linux allows 128 instances of inotify for each user, here root with the systemd of every machine of every lab."""

ORIGINALS = "/run/mhv-tui-lab-{}"
"""The file with the value of a setting before the first lab raised it, by the setting's name; a reboot resets both."""

BRIDGES = "mhvlab*"
"""The bridges of all labs, in /sys/class/net."""


def raise_settings() -> None:
    """Raises the kernel's settings to the lab's; saves an original value, unless another lab has saved it."""
    with host.lock(LOCK, LOCK_TIMEOUT):
        for setting, lowest in SETTINGS.items():
            original = Path(ORIGINALS.format(setting.name))
            if int(setting.read_text()) < lowest:
                if not original.exists():
                    write_atomic(original, setting.read_text())
                setting.write_text(str(lowest))


def restore_settings() -> None:
    """Restores the original values of the kernel's settings after the last lab has deleted its bridge."""
    with host.lock(LOCK, LOCK_TIMEOUT):
        for setting in SETTINGS:
            original = Path(ORIGINALS.format(setting.name))
            if original.exists() and not list(Path("/sys/class/net").glob(BRIDGES)):
                setting.write_text(original.read_text())
                original.unlink()


def register_user(state: Path) -> None:
    """Registers the lab with this state directory as a user of the cache, until the directory is deleted."""
    with host.lock(LOCK, LOCK_TIMEOUT):
        write_atomic(_users_dir() / hashlib.sha256(str(state).encode()).hexdigest()[:16], str(state))


def delete_cache(progress: ProgressPrinter) -> None:
    """Deletes the cache, unless a lab under any state directory uses it. Waits a moment for nodes that are ending."""
    with host.lock(LOCK, LOCK_TIMEOUT):
        deadline = time.monotonic() + ENDING
        while not _registered_labs() and _mounts() and time.monotonic() < deadline:
            time.sleep(0.2)
        if users := [*_registered_labs(), *_mounts()]:
            progress(f"the cache stays, because {', '.join(map(str, users))} needs it")
            return
        progress("deleting the cache")
        remove_tree(host.cache_dir())


def _users_dir() -> Path:
    path = host.cache_dir() / "users"
    path.mkdir(exist_ok=True)
    return path


def _registered_labs() -> list[Path]:
    """The state directories of existing labs: of those that have used the cache, and of the own ones."""
    states = {Path(path.read_text()) for path in _users_dir().iterdir()}
    return sorted({state for state in states if (state / "lab.json").exists()} | _own_labs())


def _own_labs() -> set[Path]:
    """The labs under the own state directory: one that was last started by an earlier version is not registered."""
    return {path.parent for path in host.state_root().glob("*/lab.json")}


def _mounts() -> list[Path]:
    """The mount points of file systems that consist of the cache's files: those of this process, else of any process.

    The processes of a node see its root at `/`: then the directory of the node in its lab names it."""
    return _mount_points(Path("/proc").glob("self/mountinfo")) or _mount_points(Path("/proc").glob("[0-9]*/mountinfo"))


def _mount_points(tables: Iterable[Path]) -> list[Path]:
    mark = str(host.cache_dir()).replace(" ", "\\040") + "/"
    lines = (line for path in tables for line in _lines(path) if mark in line)
    return sorted({_mount_point(line) for line in lines})


def _mount_point(line: str) -> Path:
    point, upper = line.split()[4], re.search(r"\bupperdir=([^, ]+)", line)
    return Path(upper[1]).parent if point == "/" and upper else Path(point)


def _lines(path: Path) -> Iterator[str]:
    with contextlib.suppress(OSError):  # the process has ended
        yield from path.read_text(errors="replace").splitlines()
