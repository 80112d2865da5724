"""What the labs of one machine share, under different state directories: the cache, and settings of the kernel."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from mhv_tui.lab import host, lifecycle, shared
from mhv_tui.lab.lab import open_lab

pytestmark = pytest.mark.lab


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, lab_packages: None) -> Path:
    """An own cache with a root file system."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    (host.cache_dir() / "roots" / "base").mkdir(parents=True)
    return host.cache_dir()


def destroyed(name: str) -> str:
    """Destroys a lab; returns what the command reports."""
    lines: list[str] = []
    lifecycle.destroy(name, progress=lines.append, cache=True)
    return "\n".join(lines)


def test_the_cache_stays_for_a_lab_under_another_state_directory(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other-state"))
    other = open_lab("other")
    shared.register_user(other.state)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    shared.register_user(open_lab("one").state)
    open_lab("two")
    assert str(host.state_dir("two")) in destroyed("one") and (cache / "roots").exists()
    assert f"the cache stays, because {other.state} needs it" in destroyed("two") and (cache / "roots").exists()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "other-state"))
    assert "deleting the cache" in destroyed("other") and not cache.joinpath("roots").exists()


def test_labs_under_different_state_directories_have_different_subnets(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    networks = set()
    for directory in ("one", "two", "three"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / directory))
        networks.add(open_lab("same").network)
    assert len(networks) == 3


@contextmanager
def mounted_elsewhere(lower: Path, target: Path) -> Iterator[None]:
    """Mounts an overlay in a mount namespace of its own, as of a container."""
    target.mkdir()
    mount = f"mount -t overlay none -o lowerdir={lower}:{target} {target} && echo ready && exec sleep 60"
    with subprocess.Popen(["unshare", "--mount", "sh", "-c", mount], stdout=subprocess.PIPE) as process:
        assert process.stdout and process.stdout.readline() == b"ready\n"
        yield
        process.kill()


def test_the_cache_stays_while_any_process_has_a_mount_of_it(cache: Path, tmp_path: Path) -> None:
    open_lab("one")
    target = tmp_path / "target"
    with mounted_elsewhere(cache / "roots" / "base", target):
        assert f"the cache stays, because {target} needs it" in destroyed("one")
    assert (cache / "roots").exists()


ROOT = """
import os, subprocess, sys, time
lower, node = sys.argv[1:]
options = f"lowerdir={lower},upperdir={node}/upper,workdir={node}/work"
subprocess.run(["mount", "-t", "overlay", "none", "-o", options, f"{node}/root"], check=True)
os.chroot(f"{node}/root")
print("ready", flush=True)
time.sleep(float(sys.stdin.readline()))
"""
"""A process with an overlay as its root, as in a node. Ends the seconds that it reads later."""


@pytest.mark.parametrize("seconds", [1, 60])
def test_a_node_that_still_runs_is_named_and_one_that_is_ending_is_awaited(
    seconds: int, cache: Path, tmp_path: Path
) -> None:
    open_lab("one")
    node = tmp_path / "node1"
    for name in ("upper", "work", "root"):
        (node / name).mkdir(parents=True)
    command = ["unshare", "--mount", sys.executable, "-c", ROOT, str(cache / "roots" / "base"), str(node)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout and process.stdout.readline() == b"ready\n"
        process.stdin.write(f"{seconds}\n".encode())
        process.stdin.flush()
        report = destroyed("one")
        process.kill()
    kept = f"the cache stays, because {node} needs it"
    assert (kept if seconds == 60 else "deleting the cache") in report


FORWARDING = """
import os, sys
from pathlib import Path
from mhv_tui.lab.lab import open_lab, start_network, stop_network

forwarding = Path("/proc/sys/net/ipv4/ip_forward")
inotify = Path("/proc/sys/fs/inotify/max_user_instances")
original, instances = sys.argv[1], inotify.read_text()
forwarding.write_text(original)
labs, values = [], []
for name in ("a", "b"):
    os.environ["XDG_STATE_HOME"] = f"{sys.argv[2]}/{name}"
    labs.append(open_lab(name))
    start_network(labs[-1])
    values.append(forwarding.read_text().strip())
assert int(inotify.read_text()) >= 1024
for lab in labs:
    stop_network(lab)
    stop_network(lab)
    values.append(forwarding.read_text().strip())
assert inotify.read_text() == instances
print(*values)
"""


@pytest.mark.parametrize("original", ["0", "1"])
def test_the_last_lab_restores_the_kernels_settings(cache: Path, tmp_path: Path, original: str) -> None:
    """In a network of its own, so that no other lab of this machine has a bridge in it."""
    own = 'mount -t sysfs none /sys && mount -t tmpfs none /run && ip link set lo up && exec "$@"'
    command = [sys.executable, "-c", FORWARDING, original, str(tmp_path)]
    result = host.run(["unshare", "--net", "--mount", "sh", "-c", own, "sh", *command], timeout=120)
    assert result.stdout.split()[-4:] == ["1", "1", "1", original], result.stdout
