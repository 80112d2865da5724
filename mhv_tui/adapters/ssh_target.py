"""Resolves an SSH host to address, user, keys and jump hosts: from the answers first, then from ~/.ssh/config.

Runs `ssh -G`, because only ssh itself supports its whole configuration. Follows ProxyJump, refuses ProxyCommand.
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
    """A resolved SSH host: `name` comes from the operator, `host` is the HostName to connect to."""

    name: str
    host: str
    port: int
    username: str
    key_files: tuple[str, ...] = ()
    """Files that do not exist are skipped."""
    key_required: bool = False
    """True if the operator named the key file: then it must exist."""
    use_agent: bool = True
    known_hosts: tuple[str, ...] = DEFAULT_KNOWN_HOSTS
    known_as: str = ""
    """The name in known_hosts, if it differs from `host` (HostKeyAlias)."""
    jumps: tuple[str, ...] = ()
    """The jump hosts in order ([user@]host[:port])."""


def resolve(host: SshHost, config: str = "") -> SshTarget:
    """Resolves `host`; `config` replaces ~/.ssh/config. Raises CN29."""
    options = _ssh_options(host.host, config)
    command = _first(options, "proxycommand")
    if command not in ("", "none") and not host.proxy:
        raise failure(
            "CN29",
            f"~/.ssh/config has a ProxyCommand for {host.host}, which mhv-tui does not support",
            subject=host.host,
            remedy="Use ProxyJump in ~/.ssh/config, or give the jump host as proxy.",
        )
    jumps = host.proxy or _first(options, "proxyjump")
    return SshTarget(
        name=host.host,
        host=_first(options, "hostname") or host.host,
        port=host.port if host.port != 22 else int(_first(options, "port") or 22),
        username=host.username or _first(options, "user") or getpass.getuser(),
        key_files=(host.key_file,) if host.key_file else _words(options, "identityfile") or DEFAULT_KEYS,
        key_required=bool(host.key_file),
        use_agent=_first(options, "identitiesonly") != "yes" and _first(options, "identityagent") != "none",
        known_hosts=_words(options, "userknownhostsfile", "globalknownhostsfile") or DEFAULT_KNOWN_HOSTS,
        known_as=_first(options, "hostkeyalias"),
        jumps=() if jumps in ("", "none") else tuple(jumps.split(",")),
    )


def jump_host(text: str) -> SshHost:
    """Parses a jump host of ProxyJump: `[user@]host[:port]` or ssh://..."""
    text = text.strip().removeprefix("ssh://").rstrip("/")
    username, _, rest = text.rpartition("@")
    if rest.startswith("["):
        name, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    else:
        name, _, port = rest.partition(":")
    return SshHost(name, int(port) if port.isdigit() else 22, username)


def _ssh_options(host: str, config: str) -> dict[str, list[str]]:
    """The output of `ssh -G`: option in lower case -> its values. Empty if ssh is not installed or does not answer."""
    program = shutil.which("ssh")
    if program is None:
        return {}
    config_option = ["-F", config] if config else []
    command = [program, "-G", *config_option, "--", host]
    try:
        result = subprocess.run(command, capture_output=True, text=True, timeout=10, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return {}
    if result.returncode:
        lines = result.stderr.strip().splitlines() or [f"exit code {result.returncode}"]
        raise failure(
            "CN29", f"ssh cannot read its configuration for {host}: {lines[-1]}",
            subject=host, remedy="Fix ~/.ssh/config: `ssh -G HOST` must work.",
        )  # fmt: skip
    options: dict[str, list[str]] = {}
    for line in result.stdout.splitlines():
        key, _, value = line.partition(" ")
        options.setdefault(key.lower(), []).append(value)
    return options


def _first(options: dict[str, list[str]], key: str) -> str:
    return options.get(key, [""])[0]


def _words(options: dict[str, list[str]], *keys: str) -> tuple[str, ...]:
    return tuple(word for key in keys for value in options.get(key, ()) for word in value.split())
