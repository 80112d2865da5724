"""A control group of its own for each container, so that two systemds never share one.

Needed where the outside has no systemd that would make a scope; where it has one, nothing is done here."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path


def host_has_systemd() -> bool:
    """Whether this machine's init is systemd (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def hierarchies() -> list[Path]:
    """The mounted hierarchies that systemd keeps its units in: its own of version 1, and version 2."""
    found = []
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, target, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            found.append(Path(target))
    return found


def inside(label: str, command: Sequence[str]) -> list[str]:
    """The command, made to move itself into a group of that name before it begins."""
    if host_has_systemd():
        return list(command)
    lists = []
    for hierarchy in hierarchies():
        group = hierarchy / label
        group.mkdir(exist_ok=True)
        lists.append(str(group / "cgroup.procs"))
    script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1"; shift; n=$((n-1)); done; exec "$@"'
    return ["sh", "-c", script, "sh", str(len(lists)), *lists, *command]


def clear(label: str, timeout: float = 5) -> None:
    """Ends what is left in the group and removes it."""
    if host_has_systemd():
        return
    for hierarchy in hierarchies():
        top = hierarchy / label
        end = time.monotonic() + timeout
        while top.exists() and time.monotonic() < end:
            for group, _, _ in os.walk(top, topdown=False):  # passes over what goes while it looks
                with contextlib.suppress(OSError):
                    os.rmdir(group)
            if top.exists():
                time.sleep(0.1)
