"""Where an SSH host really is and which keys may be offered: the answers first, then what ~/.ssh/config says.

Refuses ProxyCommand; ProxyJump is followed. Asks `ssh -G`, because only ssh itself reads its configuration whole.
"""

from __future__ import annotations

import getpass
import shutil
import subprocess
from dataclasses import dataclass

from mhv_tui.adapters.failures import failure
from mhv_tui.core.machine import SshHost

DEFAULT_KEYS = ("~/.ssh/id_ed25519", "~/.ssh/id_ecdsa", "~/.ssh/id_rsa")
DEFAULT_KNOWN_HOSTS = ("~/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts")


@dataclass(frozen=True)
class SshTarget:
    """A machine to be reached: `name` as the operator calls it, `host` as it resolves."""

    name: str
    host: str
    port: int
    username: str
    key_files: tuple[str, ...] = ()
    """Offered where they exist."""
    key_demanded: bool = False
    """The key file is the operator's answer: it must exist."""
    use_agent: bool = True
    known_hosts: tuple[str, ...] = DEFAULT_KNOWN_HOSTS
    known_as: str = ""
    """The name to look for in known_hosts (HostKeyAlias)."""
    jumps: tuple[str, ...] = ()


def resolve(host: SshHost, config: str = "") -> SshTarget:
    """The target of `host`; `config` names another file than ~/.ssh/config."""
    said = _ssh_says(host.host, config)
    command = _first(said, "proxycommand")
    if command not in ("", "none") and not host.proxy:
        raise failure(
            "CN29",
            f"~/.ssh/config reaches {host.host} through a ProxyCommand, which mhv-tui does not run",
            subject=host.host,
            remedy="Use ProxyJump in ~/.ssh/config, or give the jump host as proxy.",
        )
    jumps = host.proxy or _first(said, "proxyjump")
    return SshTarget(
        name=host.host,
        host=_first(said, "hostname") or host.host,
        port=host.port if host.port != 22 else int(_first(said, "port") or 22),
        username=host.username or _first(said, "user") or getpass.getuser(),
        key_files=(host.key_file,) if host.key_file else _listed(said, "identityfile") or DEFAULT_KEYS,
        key_demanded=bool(host.key_file),
        use_agent=_first(said, "identitiesonly") != "yes" and _first(said, "identityagent") != "none",
        known_hosts=_listed(said, "userknownhostsfile", "globalknownhostsfile") or DEFAULT_KNOWN_HOSTS,
        known_as=_first(said, "hostkeyalias"),
        jumps=() if jumps in ("", "none") else tuple(jumps.split(",")),
    )


def jump_host(text: str) -> SshHost:
    """`[user@]host[:port]` or ssh://... of a ProxyJump as an SSH host."""
    text = text.strip().removeprefix("ssh://").rstrip("/")
    username, _, rest = text.rpartition("@")
    if rest.startswith("["):
        name, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    else:
        name, _, port = rest.partition(":")
    return SshHost(name, int(port) if port.isdigit() else 22, username)


def _ssh_says(host: str, config: str) -> dict[str, list[str]]:
    program = shutil.which("ssh")
    if program is None:
        return {}
    chosen = ["-F", config] if config else []
    try:
        done = subprocess.run(
            [program, "-G", *chosen, "--", host], capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL
        )
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if done.returncode:
        words = done.stderr.strip().splitlines()
        raise failure(
            "CN29", f"ssh cannot read its configuration for {host}: {words[-1] if words else 'it says nothing'}",
            subject=host, remedy="Mend ~/.ssh/config: `ssh -G HOST` must work.",
        )  # fmt: skip
    said: dict[str, list[str]] = {}
    for line in done.stdout.splitlines():
        key, _, value = line.partition(" ")
        said.setdefault(key.lower(), []).append(value)
    return said


def _first(said: dict[str, list[str]], key: str) -> str:
    return said.get(key, [""])[0]


def _listed(said: dict[str, list[str]], *keys: str) -> tuple[str, ...]:
    return tuple(path for key in keys for value in said.get(key, ()) for path in value.split())
