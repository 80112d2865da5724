"""Root file systems: a base built once with mmdebstrap, layers built once on top of it, and overlay mounts for nodes.

The name of a cached root contains a hash of its inputs, so a changed recipe builds a new root. A finished root is never
changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.lab import host, sources
from mhv_tui.lab.host import LabError, ProgressPrinter, print_progress, run
from mhv_tui.lab.suites import Suite, host_suite

BASE_PACKAGES = (
    "systemd", "systemd-sysv", "dbus", "openssh-server", "sudo", "python3", "ca-certificates", "iproute2",
    "iputils-ping", "procps", "curl", "netbase", "less", "libpam-systemd", "kmod", "tzdata",
)  # fmt: skip
"""The packages of a newly installed node, without OpenStack."""

DPKG_OPTIONS = (
    "force-unsafe-io",
    "path-exclude=/usr/share/man/*",
    "path-exclude=/usr/share/doc/*",
    "path-include=/usr/share/doc/*/copyright",
    "path-include=/usr/share/doc/*/README",
    "path-exclude=/usr/share/locale/*",
    "path-exclude=/usr/share/info/*",
)
"""dpkg settings of the nodes: no fsync, no manual pages, documentation or translations."""

BASE_SCRIPT = """set -e
rm -f /etc/apt/apt.conf.d/99mmdebstrap
apt-get update
printf 'LANG=C.UTF-8\\n' > /etc/default/locale
systemctl enable systemd-networkd ssh >/dev/null 2>&1
systemctl mask apt-daily.timer apt-daily-upgrade.timer fstrim.timer e2scrub_all.timer >/dev/null 2>&1
systemctl mask dpkg-db-backup.timer systemd-networkd-wait-online.service >/dev/null 2>&1
passwd -l root >/dev/null
rm -f /etc/ssh/ssh_host_* /etc/machine-id /var/lib/dbus/machine-id /etc/resolv.conf
ln -s /etc/machine-id /var/lib/dbus/machine-id
rm -rf /var/cache/apt/archives/*.deb /var/log/*.log /var/log/apt/* /tmp/*
"""


@dataclass(frozen=True)
class Root:
    """A cached root file system: the directories of its layers, the top layer first."""

    name: str
    directories: tuple[Path, ...]

    @property
    def key(self) -> str:
        """A text that identifies the root's exact content. The hash of each layer on this root includes it."""
        return "+".join(path.name for path in self.directories)


def digest(*inputs: object) -> str:
    """Returns the first twelve hex digits of a SHA-256 over the inputs."""
    return hashlib.sha256(json.dumps([str(part) for part in inputs]).encode()).hexdigest()[:12]


def roots_dir() -> Path:
    """Returns the directory of the cached root file systems, created if missing."""
    path = host.cache_dir() / "roots"
    path.mkdir(exist_ok=True, mode=0o700)
    return path


def base_root(suite: Suite | None = None, progress: ProgressPrinter = print_progress) -> Root:
    """Returns the root of a bare node with this release, default: this machine's; builds it on first use (a minute)."""
    suite = suite or host_suite()
    apt_sources = sources.suite_sources(suite)
    settings = sources.host_settings()
    packages = (*BASE_PACKAGES, *suite.base_packages)
    key = digest(packages, DPKG_OPTIONS, BASE_SCRIPT, apt_sources, settings, host.os_release().get("ID"))
    target = roots_dir() / f"base-{suite.name}-{key}"
    with host.lock(roots_dir() / f"base-{suite.name}.lock"):
        if not target.exists():
            progress(f"building the base root file system ({suite.name}); later starts use it again")
            scratch = roots_dir() / f".{target.name}"
            remove_tree(scratch)
            _bootstrap(suite, packages, scratch, apt_sources, settings)
            scratch.rename(target)
    return Root("base", (target,))


def _bootstrap(
    suite: Suite,
    packages: Sequence[str],
    target: Path,
    apt_sources: Sequence[sources.Source],
    settings: Mapping[str, str],
) -> None:
    """Builds the base root with mmdebstrap, which is twice as fast as debootstrap and uses all suites at once."""
    if any(source.signed_by.startswith("/") and not Path(source.signed_by).exists() for source in apt_sources):
        host.install([sources.KEYS_PACKAGE])
    command = ["mmdebstrap", "--mode=root", "--variant=apt", f"--include={','.join(packages)}"]
    command += [f"--dpkgopt={option}" for option in DPKG_OPTIONS]
    command += [f'--aptopt={name} "{value}"' for name, value in settings.items()]
    stanzas = "\n".join(source.stanza() for source in apt_sources)
    env = {**os.environ, "LC_ALL": "C.UTF-8"}
    run([*command, suite.name, str(target), "-"], timeout=1800, input=stanzas, env=env, what="mmdebstrap")
    write_sources(target, apt_sources)
    (target / "etc/apt/apt.conf.d/00lab").write_text(apt_conf(settings))
    chroot(target, ["sh", "-c", BASE_SCRIPT], timeout=300)


def apt_conf(settings: Mapping[str, str]) -> str:
    """Returns the text of an apt configuration file with these settings and without translated descriptions."""
    return "".join(f'{name} "{value}";\n' for name, value in {**settings, "Acquire::Languages": "none"}.items())


def write_sources(root: Path, apt_sources: Sequence[sources.Source]) -> None:
    """Replaces the apt sources of a root and copies the host's keys that verify them."""
    for other in (root / "etc/apt/sources.list.d").iterdir():
        other.unlink()
    (root / "etc/apt/sources.list").write_text("")
    text = "\n".join(source.stanza() for source in apt_sources)
    (root / "etc/apt/sources.list.d/lab.sources").write_text(text)
    keys = [Path(source.signed_by) for source in apt_sources if source.signed_by.startswith("/")]
    for key in [*keys, *Path("/etc/apt/trusted.gpg.d").glob("*.*")]:
        copy = root / key.relative_to("/")
        if key.is_file() and not copy.exists():
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(key, copy)


def chroot(root: Path, args: Sequence[str], input: str | None = None, timeout: float = 120) -> str:
    """Runs a command inside a root with chroot; returns its output."""
    env = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/root"}
    env["DEBIAN_FRONTEND"] = "noninteractive"
    return run(["chroot", str(root), *args], timeout=timeout, input=input, env=env).stdout


def cached(
    name: str, key: str, parent: Root, build: Callable[[Path], None], progress: ProgressPrinter = print_progress
) -> Root:
    """Returns the layer `name` on `parent`. On first use, `build` fills the directory that becomes the layer.

    `key` identifies the recipe. A build that fails leaves nothing behind."""
    target = roots_dir() / f"{name}-{digest(key, parent.key)}"
    with host.lock(roots_dir() / f"{name}.lock", timeout=7200):
        if not target.exists():
            progress(f"building the root file system {name}; later starts use it again")
            scratch = roots_dir() / f".{target.name}"
            remove_tree(scratch)
            scratch.mkdir(mode=0o755)
            try:
                build(scratch)
                scratch.rename(target)
            finally:
                remove_tree(scratch)
    return Root(name, (target, *parent.directories))


def mount(root: Root, upper: Path, work: Path, target: Path) -> None:
    """Mounts an overlay of the root and the writable `upper` on `target`; raises LabError if a layer is missing."""
    for path in (upper, work, target):
        path.mkdir(parents=True, exist_ok=True, mode=0o755)
    missing = [str(path) for path in root.directories if not path.exists()]
    if missing:
        raise LabError(f"The cached root {missing[0]} is missing; run `mhv-tui lab destroy`, then `mhv-tui lab up`.")
    if is_mounted(target):
        return
    lower = ":".join(str(path) for path in root.directories)
    options = f"lowerdir={lower},upperdir={upper},workdir={work}"
    run(["mount", "-t", "overlay", "mhv-lab", "-o", options, str(target)], what=f"Mounting an overlay on {target}")


def unmount(target: Path) -> None:
    """Unmounts `target`, if it is mounted."""
    if is_mounted(target):
        run(["umount", str(target)], timeout=60)


def is_mounted(target: Path) -> bool:
    """Returns True if `target` is a mount point."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        return any(line.split()[1] == str(target).replace(" ", "\\040") for line in mounts)


def remove_tree(path: Path) -> None:
    """Deletes a directory; raises LabError if something is mounted below it, or a mount elsewhere shows its files."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        users = [line.split()[1] for line in mounts if any(f"{before}{path}/" in line for before in (" ", "=", ":"))]
    if users:
        raise LabError(f"{users[0]} is still mounted and uses files of {path}; {path} is not deleted.")
    if path.exists():
        run(["rm", "-rf", "--one-file-system", str(path)], timeout=300)
