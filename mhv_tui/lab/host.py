"""The machine that the lab runs on: required packages, the lab's directories, commands, locks and processes.

Only Debian and Ubuntu are supported, as root. Missing packages are installed from the machine's own apt sources. A
command that fails raises LabError with the end of its output."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

from mhv_tui.core.errors import MhvError, UsageError
from mhv_tui.core.paths import home

ProgressPrinter = Callable[[str], None]

PACKAGES = {
    "mmdebstrap": "mmdebstrap",
    "systemd-nspawn": "systemd-container",
    "nft": "nftables",
    "ip": "iproute2",
    "qemu-img": "qemu-utils",
    "dpkg-deb": "dpkg",
    "ssh": "openssh-client",
    "ssh-keygen": "openssh-client",
    "nsenter": "util-linux",
    "mount": "mount",
}
"""Program -> the package that contains it; the names are the same on Debian and Ubuntu."""


class LabError(MhvError):
    """A requirement of the lab is missing, or a command failed. Message: one sentence, then lines with details."""

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message, *details = message.splitlines()
        self.lines = tuple(line.strip() for line in details)


class LabUsage(LabError, UsageError):
    """An argument names a lab, a part or a node that does not exist."""


def print_progress(line: str) -> None:
    """The default progress callback: prints to stderr, because stdout is for data."""
    print(line, file=sys.stderr, flush=True)


def run(
    args: Sequence[str],
    timeout: float = 60,
    input: str | None = None,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    what: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; raises LabError with its last output if it fails or takes more than `timeout` seconds.

    `what` replaces the command line in error messages. The command runs in its own session, so that a timeout or ^C
    kills its children too."""
    name = what or shlex.join(args)[:200]
    try:
        process = subprocess.Popen(
            list(args),
            stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if check else subprocess.PIPE,
            text=True,
            errors="replace",
            env=None if env is None else dict(env),
            start_new_session=True,
        )
    except OSError as error:
        raise LabError(f"{name} could not be started: {error.strerror}") from error
    try:
        out, err = process.communicate(input, timeout=timeout)
    except subprocess.TimeoutExpired as error:
        raise LabError(f"{name} was stopped because it took more than {timeout:.0f} s") from error
    finally:
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
    if check and process.returncode != 0:
        raise LabError(f"{name} failed with exit status {process.returncode}:\n{last_lines(out)}")
    return subprocess.CompletedProcess(list(args), process.returncode, out, err or "")


def detach(command: Sequence[str], log: Path, env: Mapping[str, str]) -> int:
    """Starts a program that continues after this process ends, with its output in `log`; returns its pid."""
    program = shutil.which(command[0]) or command[0]
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, str(log), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600),
        (os.POSIX_SPAWN_DUP2, 1, 2),
    ]
    try:
        pid = os.posix_spawn(program, list(command), dict(env), file_actions=actions, setsid=True)
    except OSError as error:
        raise LabError(f"{command[0]} could not be started: {error.strerror}") from error
    end = time.monotonic() + 2
    while not alive(pid, command[-1]) and time.monotonic() < end:  # /proc shows its command line a moment later
        time.sleep(0.01)
    return pid


def last_lines(text: str, count: int = 12) -> str:
    """Returns the last `count` lines of a command's output, indented; they usually show the reason of a failure."""
    return "\n".join("  " + line for line in text.rstrip().splitlines()[-count:])


def os_release(root: Path = Path("/")) -> dict[str, str]:
    """Returns the file etc/os-release below `root` as a table; empty if it does not exist."""
    try:
        text = (root / "etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in text.splitlines()) if value}


def missing_packages() -> list[str]:
    """Returns the packages whose programs are not in PATH, /usr/sbin or /sbin."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return sorted({package for program, package in PACKAGES.items() if shutil.which(program, path=path) is None})


def require(progress: ProgressPrinter = print_progress) -> None:
    """Checks that a lab can run on this machine and installs missing packages; raises LabError if it cannot run."""
    release = os_release()
    if "debian" not in {release.get("ID", ""), *release.get("ID_LIKE", "").split()}:
        raise LabError(
            f"The lab needs Debian or Ubuntu; this is {release.get('PRETTY_NAME', sys.platform)}."
            " The simulated world (--demo) runs anywhere."
        )
    if os.geteuid() != 0:
        raise LabError("The lab needs root, because it creates mounts, a bridge and containers. Run it with sudo.")
    for directory in ("/usr/sbin", "/sbin"):
        if directory not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + directory
    if missing := missing_packages():
        progress(f"installing {', '.join(missing)}")
        install(missing)


def install(packages: Sequence[str]) -> None:
    """Installs packages on this machine; updates apt's package lists only if the first attempt fails."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    with lock(Path("/run/lock/mhv-tui-apt"), timeout=900):
        try:
            run(command, timeout=900, env=env)
        except LabError:
            run(["apt-get", "update"], timeout=300, env=env)
            run(command, timeout=900, env=env, what=f"Installing {' '.join(packages)}")


def cache_dir() -> Path:
    """Returns the cache directory (mode 0700) of roots, layers and packages. If deleted, they are built again."""
    return _private(Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache") / "mhv-tui" / "lab")


def state_root() -> Path:
    """Returns the parent of all labs' state directories."""
    return _private(Path(os.environ.get("XDG_STATE_HOME") or home() / ".local" / "state") / "mhv-tui" / "lab")


def state_dir(name: str) -> Path:
    """Returns the state directory of the lab `name`, created if missing; raises LabUsage if the name is invalid."""
    return _private(state_root() / plain_name(name))


def plain_name(name: str) -> str:
    """Returns the name; raises LabUsage if the name is not valid for a lab."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise LabUsage(
            f"The lab name {name!r} is not valid; use 1 to 31 characters of a-z, 0-9 and '-', not '-' first."
        )
    return name


def _private(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as error:
        raise LabUsage(f"{path} cannot be created with mode 0700: {error.strerror}.") from None
    return path


@contextlib.contextmanager
def lock(path: Path, timeout: float = 3600) -> Iterator[None]:
    """Holds an exclusive lock on a file; raises LabError if another process keeps it for `timeout` seconds."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise LabError(f"{path} has been locked by another process for {timeout:.0f} s.") from error
                time.sleep(0.2)
        yield


def alive(pid: int, mark: str) -> bool:
    """Returns True if the process runs and its command line contains `mark`: another process may reuse the pid."""
    process = Path(f"/proc/{pid}")
    for _ in range(1000):
        try:
            command = (process / "cmdline").read_bytes()
            state = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()[0]
        except OSError:
            return False
        if command or state in "ZX":
            return mark.encode() in command
        time.sleep(0.001)  # while a process executes another program, it has no command line for a moment
    return False


def read_pid(path: Path, mark: str) -> int | None:
    """Returns the pid in a pid file; None if that process has ended or another process has the pid (see `alive`)."""
    try:
        pid = int(path.read_text())
    except (OSError, ValueError):
        return None
    return pid if alive(pid, mark) else None


def end_process(pid: int, mark: str, timeout: float = 10, first: signal.Signals = signal.SIGTERM) -> None:
    """Ends one process: sends the signal `first`, SIGKILL after `timeout` seconds; raises LabError if both fail."""
    for number, wait in ((first, timeout), (signal.SIGKILL, 5.0)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)
            if not alive(pid, mark):
                return
            time.sleep(0.1)
    raise LabError(f"Process {pid} ({mark}) is still running after SIGKILL.")
