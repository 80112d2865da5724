"""A node of the RPM family: real dnf and rpm on the files of Debian, and a signed repository with RDO's package names.

The packages are stand-ins, and each says so. They have RDO's names, dependencies, paths and scriptlets, and Debian's
nova."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from mhv_tui.lab import apt_proxy, images, machines, provision, rootfs_cache
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine

DATA = Path(__file__).parent / "rpm"
"""The directory with the packages' spec file and the node's settings."""

HOME = "/opt/mhv-lab/rpm"
"""The directory of these files, and of the finished repository, on the node."""

REPOSITORY = "rpm-stand-ins"
"""The name of the repository in the lab's web server (see apt_proxy)."""

REPO_FILE = "/etc/yum.repos.d/mhv-lab.repo"

INSTALL = """printf '#!/bin/sh\\nexit 101\\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
dnf=$(apt-cache show -q dnf5 >/dev/null 2>&1 && echo dnf5 || echo dnf)
apt-get install -y --no-install-recommends nova-compute nova-compute-ironic python3-oslo.vmware \\
    $dnf rpm createrepo-c gnupg curl openssl rsync iptables
"""
"""Installs dnf 5 if the release has it, as Fedora does, else dnf 4."""


def root(lab: Lab, base: Root) -> Root:
    """Returns the cached root of an RPM node."""

    def install(machine: Machine) -> None:
        machines.run_in(machine, INSTALL, timeout=1800)

    def build(machine: Machine) -> None:
        for name, text in files():
            provision.put(machine, f"{HOME}/{name}", text)
        machines.run_in(machine, ["sh", "-e", f"{HOME}/build.sh"], timeout=900)

    name = f"rpm-{lab.suite.name}"
    packages = rootfs_cache.layer(lab, f"{name}-packages", INSTALL, base, install)
    return rootfs_cache.layer(lab, name, str(list(files())), packages, build)


def files() -> Iterator[tuple[str, str]]:
    """Yields (name, text) of each file that the build needs."""
    for path in sorted(DATA.iterdir()):
        yield path.name, path.read_text(encoding="utf-8")


def create(lab: Lab, name: str, base: Root) -> Machine:
    """Creates and starts a node whose dnf uses the lab's repository, which the lab's web server offers from now on."""
    node_root = root(lab, base)
    _publish(lab, node_root)
    machine = machines.create(lab, name, node_root)
    machines.start(machine)
    provision.put(machine, REPO_FILE, repo_file(lab))
    return machine


def repo_file(lab: Lab, directory: str = REPOSITORY, keys: tuple[str, ...] = ("lab",)) -> str:
    """Returns dnf's description of the repository in a directory of the web server, and of its keys."""
    server = apt_proxy.url(lab.gateway)
    urls = " ".join(f"{server}/{REPOSITORY}/RPM-GPG-KEY-{key}" for key in keys)
    return (
        f"[mhv-lab]\nname=STAND-INS of the mhv-tui lab, not RDO's packages\nbaseurl={server}/{directory}\n"
        f"enabled=1\ngpgcheck=1\ngpgkey={urls}\n"
    )


def _publish(lab: Lab, node_root: Root) -> None:
    """Copies the repository out of the node's root, unless the copy is of the same root."""
    target = apt_proxy.repositories_dir(lab.state) / REPOSITORY
    stamp = target / f".{images.digest(node_root.key)}"
    if stamp.exists():
        return
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(node_root.directories[0] / HOME.lstrip("/") / "repository", target)
    stamp.touch()
