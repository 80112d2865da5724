"""Resolves an SSH host to address, user, keys and jump hosts: from the answers first, then from ~/.ssh/config.

Runs `ssh -G`, because only ssh itself supports its whole configuration. Follows ProxyJump, refuses ProxyCommand.
"""

from __future__ import annotations

import getpass
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
from dataclasses import dataclass, replace

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_errors import only_findings
from mhv_tui.adapters.ssh_limits import LIMITS, SshLimits
from mhv_tui.core.machine import SshHost

PORT = re.compile(r"[0-9]{1,5}")

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
    """The private key files to try. A file that does not exist is skipped."""
    key_required: bool = False
    """True if the operator named the key file, so that it must exist."""
    use_agent: bool = True
    known_hosts: tuple[str, ...] = DEFAULT_KNOWN_HOSTS
    known_as: str = ""
    """The name in known_hosts, if it differs from `host` (HostKeyAlias)."""
    jumps: tuple[str, ...] = ()
    """The jump hosts in order ([user@]host[:port])."""


def resolve(host: SshHost, config: str = "", limits: SshLimits = LIMITS) -> SshTarget:
    """Resolves an SSH host. The file `config` replaces ~/.ssh/config. Raises CN29."""
    with only_findings("CN29", f"the SSH configuration for {host.host} cannot be used", host.host):
        return _target(host, _ssh_options(host.host, config, limits.config))


def _target(host: SshHost, options: dict[str, list[str]]) -> SshTarget:
    command = _first(options, "proxycommand")
    if command not in ("", "none") and not host.proxy:
        raise failure(
            "CN29",
            f"~/.ssh/config has a ProxyCommand for {host.host}, which mhv-tui does not support",
            subject=host.host,
            remedy="Use ProxyJump in ~/.ssh/config, or give the jump host as proxy.",
        )
    jumps = host.proxy or _first(options, "proxyjump")
    target = SshTarget(
        name=host.host,
        host=_first(options, "hostname") or host.host,
        port=host.port if host.port != 22 else int(_first(options, "port") or 22),
        username=host.username or _first(options, "user") or getpass.getuser(),
        key_files=(host.key_file,) if host.key_file else DEFAULT_KEYS,
        key_required=bool(host.key_file),
        use_agent=_first(options, "identitiesonly") != "yes" and _first(options, "identityagent") != "none",
        known_hosts=_known_hosts(options) or DEFAULT_KNOWN_HOSTS,
        known_as=_first(options, "hostkeyalias"),
        jumps=() if jumps in ("", "none") else tuple(jumps.split(",")),
    )
    # `ssh -G` prints each key file on a line of its own, without quotes, and leaves its tokens as they are.
    key_files = tuple(_expanded(path, target) for path in options.get("identityfile", ()) if path != "none")
    return target if host.key_file or "identityfile" not in options else replace(target, key_files=key_files)


def _expanded(path: str, target: SshTarget) -> str:
    """Returns a path of ~/.ssh/config with its tokens (%h) and environment variables (${NAME}) replaced.

    Source: ssh_config(5), TOKENS. An unknown token or variable stays unchanged, so that the file does not exist. Like
    ssh, takes the local user's name and directory from the system's list of users, not from the environment.
    """
    here, user = socket.gethostname(), pwd.getpwuid(os.getuid())
    values = {"%": "%", "d": user.pw_dir, "h": target.host, "i": str(os.getuid()), "n": target.name}
    values |= {"k": target.known_as or target.name, "p": str(target.port), "r": target.username}
    values |= {"L": here.partition(".")[0], "l": here, "u": user.pw_name}
    path = re.sub(r"%(.)", lambda token: values.get(token[1], token[0]), path)
    return re.sub(r"\$\{(\w+)\}", lambda name: os.environ.get(name[1], name[0]), path)


def _known_hosts(options: dict[str, list[str]]) -> tuple[str, ...]:
    """Returns the known_hosts files. `ssh -G` prints all files of an option on one line, without quotes.

    So a blank separates two paths only if / or ~ follows; any other blank is part of a path.
    """
    values = [v for key in ("userknownhostsfile", "globalknownhostsfile") for v in options.get(key, ())]
    paths = [path for value in values for path in re.split(r" +(?=[/~])", value.strip())]
    return tuple(path for path in paths if path not in ("", "none"))


def jump_host(text: str) -> SshHost:
    """Parses a jump host of ProxyJump: `[user@]host[:port]` or ssh://..."""
    text = text.strip().removeprefix("ssh://").rstrip("/")
    username, _, rest = text.rpartition("@")
    if rest.startswith("["):
        name, _, port = rest[1:].partition("]")
        port = port.removeprefix(":")
    else:
        name, _, port = rest.partition(":")
    return SshHost(name, int(port) if PORT.fullmatch(port) else 22, username)


def _ssh_options(host: str, config: str, seconds: float) -> dict[str, list[str]]:
    """Returns the output of `ssh -G`: option in lower case -> values. Empty if ssh is not installed. Raises CN29."""
    program = shutil.which("ssh")
    if program is None:
        return {}
    code, out, err = _output([program, "-G", *(["-F", config] if config else []), "--", host], host, seconds)
    if code:
        lines = err.strip().splitlines() or [f"exit code {code}"]
        raise failure(
            "CN29", f"ssh cannot read its configuration for {host}: {lines[-1]}",
            subject=host, remedy="Fix ~/.ssh/config: `ssh -G HOST` must work.",
        )  # fmt: skip
    options: dict[str, list[str]] = {}
    for line in out.split("\n"):
        key, _, value = line.partition(" ")
        options.setdefault(key.lower(), []).append(value)
    return options


def _output(command: list[str], host: str, seconds: float) -> tuple[int, str, str]:
    """Returns exit code, output and error output of `ssh -G`. Raises CN29 after `seconds`.

    Then kills the whole process group, because `Match exec` may run programs that keep the output open.
    """
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True
    ) as process:
        try:
            out, err = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise failure(
                "CN29", f"ssh did not read its configuration for {host} in {seconds:.0f} s",
                subject=host, remedy="Check the programs that ~/.ssh/config runs (Match exec).",
            ) from None  # fmt: skip
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "replace")


def _first(options: dict[str, list[str]], key: str) -> str:
    return options.get(key, [""])[0]
