"""What the lab asks of the machine it runs on: root on Debian or Ubuntu, some packages, two directories.

It installs what is missing from the machine's own apt sources and says so; it refuses anything but Debian and Ubuntu,
and lets no failed command through without a sentence about it."""

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

Progress = Callable[[str], None]

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
"""Program -> the package that brings it; the same names on Debian and Ubuntu."""


class LabError(MhvError):
    """Something the lab needs is not there, or a command of it failed: one sentence for people, then the evidence."""


class LabUsage(LabError, UsageError):
    """A lab was asked for something that there is not: a name, a part."""


def say(line: str) -> None:
    """The default listener: progress goes to stderr, because stdout is data."""
    print(line, file=sys.stderr, flush=True)


def run(
    args: Sequence[str],
    timeout: float = 60,
    input: str | None = None,
    check: bool = True,
    env: Mapping[str, str] | None = None,
    what: str = "",
) -> subprocess.CompletedProcess[str]:
    """Runs a command to its end; raises LabError with its last lines where it fails or lasts more than `timeout` s.

    The command gets a process group of its own, so that a timeout or ^C ends its children too."""
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
    """Starts a program that outlives this one, its output in `log`; returns its pid."""
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
    while not alive(pid, command[-1]) and time.monotonic() < end:  # its command line shows a moment after it began
        time.sleep(0.01)
    return pid


def last_lines(text: str, count: int = 12) -> str:
    """The end of a command's output, where its reason usually stands."""
    return "\n".join("  " + line for line in text.rstrip().splitlines()[-count:])


def os_release() -> dict[str, str]:
    """/etc/os-release as a table; empty where there is none."""
    try:
        text = Path("/etc/os-release").read_text(encoding="utf-8")
    except OSError:
        return {}
    return {key: value.strip("\"'") for key, _, value in (line.partition("=") for line in text.splitlines()) if value}


def missing_packages() -> list[str]:
    """The packages whose programs are not on this machine's PATH (sbin included, as root's PATH may lack it)."""
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return sorted({package for program, package in PACKAGES.items() if shutil.which(program, path=path) is None})


def require(progress: Progress = say) -> None:
    """Makes sure that a lab can run here, installing packages where needed; else LabError says what is missing."""
    release = os_release()
    if "debian" not in {release.get("ID", ""), *release.get("ID_LIKE", "").split()}:
        raise LabError(
            f"The lab needs Debian or Ubuntu; this is {release.get('PRETTY_NAME', sys.platform)}."
            " The simulated world (--demo) runs anywhere."
        )
    if os.geteuid() != 0:
        raise LabError("The lab needs root: it makes mounts, a bridge and containers. Run it with sudo.")
    for directory in ("/usr/sbin", "/sbin"):
        if directory not in os.environ.get("PATH", "").split(os.pathsep):
            os.environ["PATH"] = os.environ.get("PATH", "") + os.pathsep + directory
    if missing := missing_packages():
        progress(f"installing {', '.join(missing)}")
        install(missing)


def install(packages: Sequence[str]) -> None:
    """Installs packages on this machine, refreshing apt's lists only where the first attempt needs it."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    command = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    try:
        run(command, timeout=900, env=env)
    except LabError:
        run(["apt-get", "update"], timeout=300, env=env)
        run(command, timeout=900, env=env, what=f"Installing {' '.join(packages)}")


def cache_dir() -> Path:
    """What may be lost at any time and is made again: roots, layers, packages. Mode 0700."""
    return _private(Path(os.environ.get("XDG_CACHE_HOME") or home() / ".cache") / "mhv-tui" / "lab")


def state_root() -> Path:
    """The directory that holds one directory for each lab."""
    return _private(Path(os.environ.get("XDG_STATE_HOME") or home() / ".local" / "state") / "mhv-tui" / "lab")


def state_dir(name: str) -> Path:
    """Everything that belongs to the lab `name`; made when missing. LabUsage for a name that is no plain word."""
    return _private(state_root() / plain_name(name))


def plain_name(name: str) -> str:
    """A lab's name as it was given. LabUsage where it is no plain word."""
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,30}", name):
        raise LabUsage(f"{name!r} is no name for a lab: up to 31 of a-z, 0-9 and '-', not beginning with '-'.")
    return name


def _private(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.chmod(0o700)
    except OSError as error:
        raise LabUsage(f"{path} cannot be made or kept private: {error.strerror}.") from None
    return path


@contextlib.contextmanager
def lock(path: Path, timeout: float = 3600) -> Iterator[None]:
    """Holds an exclusive lock on a file; others wait up to `timeout` s, then get LabError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    end = time.monotonic() + timeout
    with path.open("a") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except OSError as error:
                if time.monotonic() > end:
                    raise LabError(f"{path} has been locked by another lab for {timeout:.0f} s.") from error
                time.sleep(0.2)
        yield


def write_atomic(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file as a whole, so that a reader never sees half of it."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    scratch.write_text(text, encoding="utf-8")
    scratch.chmod(mode)
    scratch.replace(path)


def alive(pid: int, mark: str) -> bool:
    """Whether the process is there and its command line contains `mark` (a pid alone may have been given anew)."""
    try:
        return mark.encode() in Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False


def read_pid(path: Path, mark: str) -> int | None:
    """The pid in a pid file, where that process is still the one meant."""
    try:
        pid = int(path.read_text())
    except (OSError, ValueError):
        return None
    return pid if alive(pid, mark) else None


def end_process(pid: int, mark: str, timeout: float = 10, first: signal.Signals = signal.SIGTERM) -> None:
    """Ends one process: `first`, then SIGKILL after `timeout` seconds."""
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
    raise LabError(f"Process {pid} ({mark}) does not end.")
