"""An SSH host: how to connect to it, and the facts that a survey reads from it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.core.text import host_port

ACCOUNT = Account("node", ("host", "port"), more=("key_file", "host_key", "proxy"))
"""The account of an SSH host's secrets: SSH hosts with the same address and user share their secrets."""

SECRET_KEYS = ("key_passphrase", "password", "sudo_password")
"""The names of the fields of SshHost that are references to secrets."""


NO_KEY_FILE, CORRECT_KEY_FILE = "the key file {} does not exist", "Correct key_file."
"""The sentence and the remedy about a key file that the operator named and that does not exist."""

KEYS_COMMAND = "ssh-keygen -lf /etc/ssh/ssh_host_*_key.pub"
"""What an operator runs on a machine's console to read its host keys."""


def unconfirmed_key(key: str) -> str:
    """The remedy for a host key that neither the answers nor known_hosts have."""
    return (
        f"Compare this host key with the keys on the machine ({KEYS_COMMAND}). Only if one is equal, write "
        f'host_key = "{key}" in the answers or add the key to known_hosts.'
    )


def changed_key(address: str, key: str, expected: Sequence[str], *, is_pinned: bool) -> tuple[str, str]:
    """The detail and the remedy for a host key that is not the expected one, of the answers or of known_hosts."""
    source = "host_key in the answers" if is_pinned else "known_hosts"
    detail = (
        f"{address} shows another host key than {source}: it was installed again, or another machine answers in its "
        f"place; it shows {key}, not {' or '.join(expected)}"
    )
    replace_line = "" if is_pinned else ", or replace the old line in known_hosts"
    remedy = (
        "Ask whether the machine was installed again. If it was not, do not log in, and find out what answers. If it "
        f"was, compare the key with those on the machine's console ({KEYS_COMMAND}). Only if one is equal, write "
        f'host_key = "{key}" in the answers{replace_line}.'
    )
    return detail, remedy


@dataclass(frozen=True)
class SshHost:
    """An SSH host from the answers. For empty fields, ~/.ssh/config, the SSH agent and known_hosts are used."""

    host: str
    port: int = 22
    username: str = ""
    key_file: str = ""
    key_passphrase: SecretRef | None = None
    password: SecretRef | None = None
    sudo_password: SecretRef | None = None
    host_key: str = ""
    """The only accepted host key, as SHA256:...; if empty, the keys in known_hosts are accepted."""
    proxy: str = ""
    """A jump host ([user@]host[:port]); if empty, the jump host in ~/.ssh/config is used, if any."""
    answer: str = field(default="", compare=False)
    """The key of this host in the answer file, such as "register.controller", for messages."""

    def __post_init__(self) -> None:
        for name in SECRET_KEYS:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, self.secret(name))

    def secret(self, name: str) -> SecretRef:
        """The reference to the secret `name` of SECRET_KEYS; a reference of the kind "absent" if the field is unset."""
        ref: SecretRef = getattr(self, name) or SecretRef("absent")
        own = f"{self.answer}.{name}" if self.answer else ref.label or f"{name} of {self.host}"
        return replace(ref, key=ACCOUNT.key(self, name), label=own)

    def __str__(self) -> str:
        return self.host

    @property
    def system(self) -> str:
        """The name of this machine in ids of changes: the host, and the port if it is not 22."""
        host = self.host.lower().rstrip(".")
        return host if self.port == 22 else host_port(host, self.port)


@dataclass(frozen=True)
class Completed:
    """The exit code and the output of a command. Invalid UTF-8 in the output is replaced."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class RemoteFile:
    """A file on a machine: content, permission bits, owner and group."""

    content: bytes
    mode: int
    owner: str
    group: str
    changed: float = field(default=0.0, compare=False)
    """The time of the last change, in seconds since the epoch; 0 if unknown."""


@dataclass(frozen=True)
class SurveyRequest:
    """The facts that a survey of a machine reads in addition to the general facts."""

    packages: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    files: tuple[str, ...] = ()
    patterns: tuple[str, ...] = ()
    """Shell patterns without blanks: every file that matches one is read as well."""
    targets: tuple[str, ...] = ()
    """Endpoints (host:port) to which the machine connects by TCP, and by TLS if the port is 443."""
    tls_targets: tuple[str, ...] = ()
    """Endpoints (host:port) to which the machine connects by TLS."""
    modules: tuple[str, ...] = ()
    """Python modules to import with the Python that nova-compute uses."""
    jobs: tuple[str, ...] = ()
    """Ids of detached jobs that mhv-tui started."""
    sources: tuple[str, ...] = ()
    """Source files of Python packages (package/module.py), found and read with the Python that nova-compute uses."""
    commands: tuple[str, ...] = ()
    """Harmless command lines to try, in one line each."""


@dataclass(frozen=True)
class Package:
    """A package as the package tool of the machine lists it."""

    installed: str = ""
    """The installed version; "" if the package is not installed."""
    candidate: str = ""
    """The version that an installation would choose; "" if no repository offers the package."""
    held: bool = False
    """True if the package is on hold (dpkg)."""


@dataclass(frozen=True)
class Unit:
    """A systemd unit: LoadState, ActiveState and UnitFileState in the words of systemctl."""

    load: str = "not-found"
    active: str = "inactive"
    enabled: str = ""
    since: float = 0.0
    """The time when the unit became active, in seconds of the machine's clock; 0 if unknown."""


@dataclass(frozen=True)
class ConnectionTest:
    """The result of a connection from the machine to an endpoint (host:port)."""

    problem: str = ""
    """Empty if the connection works, else the cause: name, refused, timeout or tls."""
    address: str = ""
    sha256: str = ""
    """The SHA-256 fingerprint of the certificate on port 443; "" if unknown."""
    trusted: bool | None = None
    """True if the machine's certificate authorities verify the certificate (the name is ignored); None if unknown."""


@dataclass(frozen=True)
class Job:
    """A detached job on a machine."""

    running: bool
    code: int | None = None
    """The exit code of the job; None if the job still runs or was killed."""
    tail: str = ""
    """The last lines of the job's log."""


@dataclass(frozen=True)
class Survey:
    """The facts that one survey read from a machine."""

    system: str = ""
    """The ID of the distribution in os-release: debian, ubuntu, rhel, ..."""
    version: str = ""
    codename: str = ""
    arch: str = ""
    hostname: str = ""
    fqdn: str = ""
    username: str = ""
    root: str = "no"
    """How commands become root: root (the login is root), sudo (without password), password (sudo with one), no."""
    init: str = "systemd"
    now: float = 0.0
    """The machine's clock, in seconds since the epoch."""
    synchronised: bool | None = None
    """True if NTP synchronises the clock; None if unknown."""
    free: int = 0
    """Free space in /var, in bytes."""
    lock_holder: str = ""
    """The process that holds the package tool's lock ("unattended-upgr (1234)"); "" if the lock is free."""
    broken_packages: tuple[str, ...] = ()
    packages: Mapping[str, Package] = field(default_factory=dict)
    sources_error: str = ""
    """Why the package tool (dnf) did not read its package sources; "" if it did."""
    units: Mapping[str, Unit] = field(default_factory=dict)
    files: Mapping[str, RemoteFile | None] = field(default_factory=dict)
    """Path -> file; None if the file does not exist. Unreadable files are absent."""
    connections: Mapping[str, ConnectionTest] = field(default_factory=dict)
    modules: Mapping[str, bool] = field(default_factory=dict)
    jobs: Mapping[str, Job] = field(default_factory=dict)
    sources: Mapping[str, str] = field(default_factory=dict)
    """Source file (package/module.py) -> its path, which `files` contains; without files that Python does not find."""
    guests: int = 0
    """Number of running libvirt domains."""
    commands: Mapping[str, bool] = field(default_factory=dict)
    """Command line -> whether it succeeded."""
    tools: Mapping[str, str] = field(default_factory=dict)
    """Name of a basic program (sudo, sh, apt, systemd, sshd, python) -> its version as it prints it, or its path."""
