"""A machine as SSH shows it: how to reach it, and what a command there answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mhv_tui.core.secret import Account, SecretRef

ACCOUNT = Account("node", ("host", "port"))
"""Whose secrets those of an SSH host are: answers that name the same login of the same machine share them."""

SECRET_KEYS = ("key_passphrase", "password", "sudo_password")
"""The fields of an SSH host that hold a reference to a secret."""


@dataclass(frozen=True)
class SshHost:
    """An SSH host as the answers name it; empty fields fall back on ~/.ssh/config, the agent and known_hosts."""

    host: str
    port: int = 22
    username: str = ""
    key_file: str = ""
    key_passphrase: SecretRef | None = None
    password: SecretRef | None = None
    sudo_password: SecretRef | None = None
    host_key: str = ""
    """SHA256:... of the only host key to be accepted; empty: known_hosts decides."""
    proxy: str = ""
    """A jump host ([user@]host[:port]); empty: what ~/.ssh/config says."""
    answer: str = field(default="", compare=False)
    """What the answer file calls this host ("register.controller"), for messages; not part of the answer."""

    def __post_init__(self) -> None:
        for name in SECRET_KEYS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, self.secret(name))

    def secret(self, name: str) -> SecretRef:
        """The reference of one of SECRET_KEYS with its key and label; an absent one if none is given."""
        ref: SecretRef = getattr(self, name) or SecretRef("absent")
        own = f"{self.answer}.{name}" if self.answer else ref.label or f"{name} of {self.host}"
        return replace(ref, key=ACCOUNT.key(self, name), label=own)

    def __str__(self) -> str:
        return self.host

    @property
    def system(self) -> str:
        """The machine as ids of changes name it: host, and port if it is not 22."""
        host = self.host.lower().rstrip(".")
        return host if self.port == 22 else f"{host}:{self.port}"


@dataclass(frozen=True)
class Completed:
    """A command that ended. Output is decoded as UTF-8 with replacement."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class RemoteFile:
    """A file on a machine: its bytes, octal mode, owner and group."""

    content: bytes
    mode: int
    owner: str
    group: str
    changed: float = field(default=0.0, compare=False)
    """When it was last written, seconds of the machine's own clock; 0 where it is not known."""


@dataclass(frozen=True)
class Question:
    """What a survey of a machine is to look at, all in one round trip."""

    packages: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()
    """host:port, tried by TCP, and by TLS where the port is 443."""
    modules: tuple[str, ...] = ()
    """Python modules that the node's python3 must be able to import."""
    jobs: tuple[str, ...] = ()
    """Detached jobs of ours, by id."""


@dataclass(frozen=True)
class Package:
    """A package as the machine's package tool knows it: versions, "" where not installed or not to be had."""

    installed: str = ""
    candidate: str = ""
    held: bool = False


@dataclass(frozen=True)
class Unit:
    """A systemd unit: LoadState, ActiveState and UnitFileState as systemctl says them."""

    load: str = "not-found"
    active: str = "inactive"
    enabled: str = ""
    since: float = 0.0
    """When it became active, seconds of the machine's own clock; 0 where it is not known."""


@dataclass(frozen=True)
class Reach:
    """How a host:port answered from the machine. `problem`: "", name, refused, timeout or tls."""

    problem: str = ""
    address: str = ""
    sha256: str = ""
    trusted: bool | None = None
    """Whether the machine's own authorities verify the certificate, whatever its name; None where nobody could tell."""


@dataclass(frozen=True)
class Job:
    """A detached job: running, or ended with its exit code."""

    running: bool
    code: int | None = None
    tail: str = ""


@dataclass(frozen=True)
class Survey:
    """A machine as one look found it."""

    system: str = ""
    """ID of os-release: debian, ubuntu, rhel, ..."""
    version: str = ""
    codename: str = ""
    arch: str = ""
    hostname: str = ""
    fqdn: str = ""
    username: str = ""
    root: str = "no"
    """How we become root: root (login is), sudo (without password), password (sudo with ours), no."""
    init: str = "systemd"
    now: float = 0.0
    """Its clock, seconds since the epoch."""
    synchronised: bool | None = None
    free: int = 0
    """Bytes free in /var."""
    lock_holder: str = ""
    """Who holds the package tool's lock ("unattended-upgr (1234)"), "" where nobody does."""
    broken_packages: tuple[str, ...] = ()
    packages: Mapping[str, Package] = field(default_factory=dict)
    units: Mapping[str, Unit] = field(default_factory=dict)
    files: Mapping[str, RemoteFile | None] = field(default_factory=dict)
    reaches: Mapping[str, Reach] = field(default_factory=dict)
    modules: Mapping[str, bool] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    guests: int = 0
    """Running libvirt domains."""
