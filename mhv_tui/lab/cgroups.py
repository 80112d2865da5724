"""One control group for each container, so that two instances of systemd never share one.

If the host runs systemd, it creates a scope for each container, so that these functions do nothing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from pathlib import Path


def host_has_systemd() -> bool:
    """Returns True if this machine's init is systemd (sd_booted(3))."""
    return Path("/run/systemd/system").is_dir()


def hierarchies() -> list[Path]:
    """Returns the mounted cgroup hierarchies that systemd uses: version 2, and the one named systemd of version 1."""
    mount_points = []
    for line in Path("/proc/self/mounts").read_text(encoding="utf-8").splitlines():
        _, target, kind, options, *_ = line.split()
        if kind == "cgroup2" or (kind == "cgroup" and "name=systemd" in options.split(",")):
            mount_points.append(Path(target))
    return mount_points


def inside(label: str, command: Sequence[str]) -> list[str]:
    """Returns the command, wrapped in a script that first moves itself into the control group `label`."""
    if host_has_systemd():
        return list(command)
    process_files = []
    for hierarchy in hierarchies():
        group = hierarchy / label
        group.mkdir(exist_ok=True)
        process_files.append(str(group / "cgroup.procs"))
    script = 'n=$1; shift; while [ "$n" -gt 0 ]; do echo $$ > "$1"; shift; n=$((n-1)); done; exec "$@"'
    return ["sh", "-c", script, "sh", str(len(process_files)), *process_files, *command]


def clear(label: str, timeout: float = 5) -> None:
    """Removes the control group `label`. First waits up to `timeout` seconds for the end of its processes."""
    if host_has_systemd():
        return
    for hierarchy in hierarchies():
        top = hierarchy / label
        end = time.monotonic() + timeout
        while top.exists() and time.monotonic() < end:
            for group, _, _ in os.walk(top, topdown=False):  # ignores groups that vanish meanwhile
                with contextlib.suppress(OSError):
                    os.rmdir(group)
            if top.exists():
                time.sleep(0.1)
