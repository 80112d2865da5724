"""Configures a node's root before its first boot: identity, network, users, keys and apt.

It writes files into a mounted root; it installs nothing and starts nothing."""

from __future__ import annotations

import re
import uuid
from pathlib import Path

from mhv_tui.lab import apt_proxy, images, sources
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine

ADMIN, OPERATOR = "ubuntu", "operator"
"""Users on every node: ADMIN has the lab's key and sudo without a password; OPERATOR has a password for both."""


def provision(machine: Machine) -> None:
    """Writes identity, network, apt settings, host key and users into the machine's mounted root."""
    for path, (text, mode) in _identity(machine).items():
        put(machine, path, text, mode)
    _host_key(machine)
    _users(machine)


def put(machine: Machine, path: str, text: str, mode: int = 0o644) -> None:
    """Writes a file into the machine's mounted root, owned by root; replaces an existing file or symbolic link."""
    target = machine.files / path.lstrip("/")
    if not images.is_mounted(machine.files):
        raise LabError(f"{path} on {machine.name} cannot be written: its file system is not mounted.")
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_symlink():
        target.unlink()
    target.write_text(text, encoding="utf-8")
    target.chmod(mode)


def _identity(machine: Machine) -> dict[str, tuple[str, int]]:
    lab = machine.lab
    files = {
        "/etc/hostname": f"{machine.name}\n",
        "/etc/hosts": lab.hosts_table(),
        "/etc/machine-id": uuid.uuid4().hex + "\n",
        "/etc/resolv.conf": _resolv_conf(),
        # sorts before systemd's own 80-container-host0.network
        "/etc/systemd/network/10-host0.network": (
            f"[Match]\nName=host0\n[Network]\nAddress={machine.address}/24\nGateway={lab.gateway}\n"
            "LinkLocalAddressing=no\nIPv6AcceptRA=no\n"
        ),
        "/etc/apt/apt.conf.d/00lab": _apt_settings(lab),
        "/etc/apt/sources.list.d/lab-stand-ins.list": "".join(
            f"deb [trusted=yes] {apt_proxy.url(lab.gateway)}/{name} ./\n" for name in machine.repositories
        ),
    }
    return {path: (text, 0o444 if path == "/etc/machine-id" else 0o644) for path, text in files.items()}


def _apt_settings(lab: Lab) -> str:
    settings = sources.host_settings() | {"Acquire::http::Proxy": apt_proxy.url(lab.gateway)}
    return images.apt_conf(settings | {"Acquire::Retries": "3"})


def _resolv_conf() -> str:
    """Returns a resolv.conf with this host's name servers, except loopback addresses, which a node cannot reach."""
    for path in (Path("/etc/resolv.conf"), Path("/run/systemd/resolve/resolv.conf")):
        lines = path.read_text().splitlines() if path.exists() else []
        servers = [line for line in lines if re.match(r"nameserver\s+(?!127\.|::1)", line)]
        if servers:
            return "\n".join([*servers, *(line for line in lines if line.startswith(("search", "options"))), ""])
    return "# the host has no name server that this node can reach\n"


def _host_key(machine: Machine) -> None:
    key = machine.directory / "ssh_host_ed25519_key"
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"root@{machine.name}", "-f", str(key)])
    put(machine, "/etc/ssh/ssh_host_ed25519_key", key.read_text(), 0o600)
    put(machine, "/etc/ssh/ssh_host_ed25519_key.pub", key.with_suffix(".pub").read_text(), 0o644)


def _users(machine: Machine) -> None:
    lab = machine.lab
    public = lab.key_file.with_suffix(".pub").read_text()
    for user in (ADMIN, OPERATOR):
        if images.chroot(machine.files, ["sh", "-c", f"id -u {user} 2>/dev/null || true"]).strip():
            continue
        groups = ["--gid", "users", "--groups", "sudo"]
        images.chroot(machine.files, ["useradd", "--create-home", "--shell", "/bin/bash", *groups, user])
    password = lab.password_file.read_text().strip()
    images.chroot(machine.files, ["chpasswd"], input=f"{OPERATOR}:{password}\n")
    put(machine, "/etc/sudoers.d/lab", f"{ADMIN} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)
    for user, home in ((ADMIN, f"/home/{ADMIN}"), *((("root", "/root"),) if machine.root_login else ())):
        put(machine, f"{home}/.ssh/authorized_keys", public, 0o600)
        images.chroot(machine.files, ["chown", "-R", f"{user}:", f"{home}/.ssh"])
    put(machine, "/etc/ssh/sshd_config.d/lab.conf", "PasswordAuthentication yes\n", 0o644)
