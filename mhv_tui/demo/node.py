"""A simulated machine. Rows contain its files, packages, units and jobs. demo.compute simulates nova-compute."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePosixPath

from mhv_tui.core.machine import Completed, ConnectionTest, Job, Package, RemoteFile, Survey, SurveyRequest, Unit
from mhv_tui.core.secret import Revealed
from mhv_tui.demo import commands, compute
from mhv_tui.demo.rows import Row, value_of
from mhv_tui.demo.store import Store, fail, in_turn

SYSTEM = ("system", "version", "codename", "arch", "hostname", "fqdn", "username", "root", "init", "synchronised")
"""The survey fields that the row of every machine contains; it can also contain free, lock_holder and guests."""

LOCK_TIMEOUT = 600.0
"""The seconds that the package manager waits for its lock."""

FAILS_AFTER = 2.0
"""The seconds that nova-compute runs before it ends because of a configuration error."""

COMPUTE_UNITS = ("nova-compute", "openstack-nova-compute")


@in_turn
class DemoNode:
    """Implements core.ports.Node for one machine."""

    def __init__(self, store: Store, name: str, row: Row) -> None:
        self._store = store
        self._name = name
        self._row = row

    def survey(self, request: SurveyRequest) -> Survey:
        self._store.raise_fault("node.survey", self._name)
        self._finish_jobs()
        system = {
            key: self._row[key] for key in (*SYSTEM, "free", "lock_holder", "guests", "tools") if key in self._row
        }
        sources = {name: path for name in request.sources for path in self._row["files"] if path.endswith(f"/{name}")}
        paths = (*request.files, *self._matching(request.patterns), *sources.values())
        return Survey(
            **system,
            now=self._store.now().timestamp() + self._row.get("skew", 0),
            broken_packages=tuple(self._row.get("broken_packages", ())),
            packages={name: self._package(name) for name in request.packages},
            units={name: value_of(Unit, self._unit(name) or {}) for name in request.units},
            files={p: self.read(p) for p in paths if p not in self._row.get("unreadable", ())},
            connections={target: self._connect(target) for target in (*request.targets, *request.tls_targets)},
            modules={name: name in self._row["modules"] for name in request.modules},
            sources=sources,
            commands={test: self._row.get("commands", {}).get(test, True) for test in request.commands},
            jobs={name: value_of(Job, self._row["jobs"][name]) for name in request.jobs if name in self._row["jobs"]},
        )

    def _matching(self, patterns: Sequence[str]) -> list[str]:
        """The files that match one of these shell patterns; a * does not match a slash."""
        rows = [(path, pattern) for pattern in patterns for path in self._row["files"]]
        return [path for path, pattern in rows if PurePosixPath(path).match(pattern)]

    def read(self, path: str) -> RemoteFile | None:
        row = self._row["files"].get(path)
        return (
            None
            if row is None
            else RemoteFile(_bytes(row), row["mode"], row["owner"], row["group"], row.get("changed", 0.0))
        )

    def write(self, path: str, file: RemoteFile) -> None:
        with self._store.operation("node.write"):
            self._row["files"][path] = {
                **_content(file.content),
                "mode": file.mode,
                "owner": file.owner,
                "group": file.group,
                "changed": self._store.now().timestamp() + self._row.get("skew", 0),
            }

    def copy(self, source: str, target: str) -> None:
        with self._store.operation("node.copy"):
            if source not in self._row["files"]:
                fail("CN24", f"cp: cannot stat '{source}': No such file or directory", self._name)
            self._row["files"][target] = dict(self._row["files"][source])

    def remove(self, path: str) -> None:
        with self._store.operation("node.remove"):
            self._row["files"].pop(path, None)

    def installed(self) -> Mapping[str, str]:
        self._store.raise_fault("node.installed")
        self._finish_jobs()
        return dict(self._row["packages"])

    def install(self, job: str, packages: Sequence[str], on_progress: Callable[[int, str], None]) -> None:
        with self._store.operation("node.install"):
            self._wait_for_the_lock(on_progress)
            missing = self._missing(packages)
            if self._row.get("broken_packages"):
                fail("CN04", "E: dpkg was interrupted: run 'dpkg --configure -a' to correct the problem", self._name)
            record = self._row["jobs"].setdefault(job, {"running": True, "code": None, "tail": "", "unpacked": []})
            record.update(running=True, code=None, unpacked=[*record.get("unpacked", [None]), *missing])
            record["ends"] = self._store.state["clock"] + 4 * len(missing)
            for number, name in enumerate(missing, 1):
                self._unpack(name)
                record["tail"] = f"Setting up {name} ({self._row['packages'][name]}) ..."
                self._store.advance_clock(4, pace_units=1)
                on_progress(100 * number // len(missing), record["tail"])
                if number * 2 >= len(missing):
                    self._store.die_if_requested("node.install")
            record.update(running=False, code=0)

    def _finish_jobs(self) -> None:
        """Completes the jobs whose time has passed. A detached job continues although mhv-tui was killed."""
        for record in self._row["jobs"].values():
            if record["running"] and self._store.state["clock"] >= record.get("ends", float("inf")):
                for name in record.get("unpacked", ()):
                    if name and name not in self._row["packages"]:
                        self._unpack(name)
                record.update(running=False, code=0)

    def unpacked_packages(self, job: str) -> frozenset[str] | None:
        """Returns the list in the machine's row. A None in the list, or no list, means that a run stored no record."""
        self._store.raise_fault("node.unpacked_packages")
        names = self._row["jobs"][job].get("unpacked", [None]) if job in self._row["jobs"] else []
        return None if None in names else frozenset(names)

    def discard_job(self, job: str) -> None:
        with self._store.operation("node.discard_job"):
            if job in self._row["jobs"]:
                self._row["jobs"][job]["unpacked"] = []

    def _wait_for_the_lock(self, on_progress: Callable[[int, str], None]) -> None:
        """Waits like apt until the row's lock_seconds have passed. Raises CN03 after LOCK_TIMEOUT seconds."""
        holder = self._row.get("lock_holder")
        if not holder:
            return
        waited = min(self._row.get("lock_seconds", LOCK_TIMEOUT), LOCK_TIMEOUT)
        on_progress(0, f"Waiting for cache lock: it is held by {holder}")
        self._store.advance_clock(waited, pace_units=3)
        if waited >= LOCK_TIMEOUT:
            fail("CN03", f"Could not get lock /var/lib/dpkg/lock-frontend; it is held by {holder}", self._name)
        self._row["lock_holder"] = ""

    def purge(self, packages: Sequence[str]) -> None:
        with self._store.operation("node.purge"):
            for name in packages:
                self._remove_package(name)
            self._store.advance_clock(2 * len(packages), pace_units=1)

    def refresh_packages(self) -> None:
        with self._store.operation("node.refresh_packages"):
            self._store.advance_clock(3, pace_units=1)

    def unit(self, name: str, verb: str) -> None:
        with self._store.operation(f"node.{verb}"):
            if verb == "daemon-reload":
                return
            row = self._unit(name)
            if row is None or row["load"] == "not-found":
                fail("CN06", f"Failed to {verb} {name}.service: Unit {name}.service not found.", self._name)
            if row["load"] == "masked" and verb in ("start", "restart", "enable"):
                fail("CN06", f"Failed to {verb} {name}.service: Unit {name}.service is masked.", self._name)
            self._systemctl(_unit_name(name), row, verb)

    def journal(self, unit: str, lines: int = 200) -> str:
        self._store.raise_fault("node.journal")
        entries = self._row.get("journals", {}).get(_unit_name(unit), [])
        return "".join(f"{line}\n" for line in entries[-lines:])

    def run(self, argv: Sequence[str], *, stdin: Revealed | None = None, timeout: float = 120.0) -> Completed:
        with self._store.operation("node.run"):
            return commands.run(self._store, self._row, list(argv))

    def _systemctl(self, name: str, row: Row, verb: str) -> None:
        if verb in ("enable", "disable"):
            row["enabled"] = f"{verb}d"
        elif verb in ("start", "restart"):
            row.pop("ends", None)
            self._start(name, row)
        elif verb == "stop":
            row.pop("ends", None)
            row["active"] = "inactive"
            row.pop("since", None)
            commands.service_down(self._store, self._row)
        elif verb == "reset-failed" and row["active"] == "failed":
            row["active"] = "inactive"

    def _start(self, name: str, row: Row) -> None:
        row.update(active="active", since=self._store.now().timestamp() + self._row.get("skew", 0))
        if name not in COMPUTE_UNITS:
            return
        journal = self._row.setdefault("journals", {}).setdefault(name, [])
        self._store.advance_clock(5, pace_units=1)
        stamp = self._store.now().strftime("%Y-%m-%d %H:%M:%S.000")
        try:
            hypervisor = compute.start(self._store.state, self._row)
        except compute.StartFailure as failure:
            if failure.state != "retrying":
                row["ends"] = self._store.state["clock"] + FAILS_AFTER
            journal.append(f"{stamp} 4711 {'CRITICAL' if 'ends' in row else 'ERROR'} nova {failure.message}")
            commands.service_down(self._store, self._row)
            return
        version = self._store.state["cloud"]["nova"]["version"]
        journal.append(f"{stamp} 4711 INFO nova.service Starting compute node (version {version})")
        commands.service_up(self._store, self._row, hypervisor)

    def _unit(self, name: str) -> Row | None:
        row: Row | None = self._row["units"].get(_unit_name(name))
        if row and self._store.state["clock"] >= row.get("ends", float("inf")):
            del row["ends"]
            row["active"] = "failed"
        return row

    def _package(self, name: str) -> Package:
        candidate = self._repository().get(name, {}).get("version", "")
        return Package(self._row["packages"].get(name, ""), candidate, name in self._row.get("held", ()))

    def _repository(self) -> Row:
        """Returns the rows of the packages that the machine's repository offers, by name."""
        packages: Row = self._store.state["repositories"].get(self._row.get("repository", ""), {})
        return packages

    def _missing(self, packages: Sequence[str]) -> list[str]:
        """Returns the packages that apt would install, dependencies first, without installed packages."""
        missing: list[str] = []
        for name in packages:
            if name not in self._repository():
                fail("CN05", f"E: Unable to locate package {name}", self._name)
            with_dependencies = [*self._missing(self._repository()[name].get("needs", ())), name]
            missing += [n for n in with_dependencies if n not in missing and n not in self._row["packages"]]
        return missing

    def _unpack(self, name: str) -> None:
        package = self._repository()[name]
        self._row["packages"][name] = package["version"]
        self._row["modules"] += [m for m in package.get("modules", ()) if m not in self._row["modules"]]
        for path, row in package.get("files", {}).items():
            self._row["files"].setdefault(path, dict(row))
        for unit in package.get("units", ()):
            self._row["units"].setdefault(unit, {"load": "loaded", "active": "inactive", "enabled": "enabled"})

    def _remove_package(self, name: str) -> None:
        if self._row["packages"].pop(name, None) is None:
            return
        package = self._repository().get(name, {})
        for module in package.get("modules", ()):
            self._row["modules"].remove(module)
        for path in package.get("files", {}):
            self._row["files"].pop(path, None)
        for unit in package.get("units", ()):
            if self._row["units"].pop(unit, None) and unit in COMPUTE_UNITS:
                commands.service_down(self._store, self._row)

    def _connect(self, target: str) -> ConnectionTest:
        recorded: Row | None = self._row.get("connections", {}).get(target)
        return value_of(ConnectionTest, recorded) if recorded is not None else self._simulated_connection(target)

    def _simulated_connection(self, target: str) -> ConnectionTest:
        host, _, port = target.rpartition(":")
        host = host.strip("[]")
        if target in self._row.get("blocked", ()):
            return ConnectionTest("timeout", _address(host))
        for name, row in self._store.state["vcenters"].items():
            if host in (name, *row.get("addresses", ())):
                address, certificate = row["addresses"][0], row["certificate"]
                if int(port) != row.get("port", 443):
                    return ConnectionTest("refused", address)
                return ConnectionTest("", address, certificate["sha256"], bool(certificate.get("system")))
        return ConnectionTest("", _address(host)) if host in self._other_names() else ConnectionTest("name")

    def _other_names(self) -> set[str]:
        """Returns the host names that resolve in the simulation, without the names of vCenters."""
        state = self._store.state
        esxi = [h["name"] for v in state["vcenters"].values() for h in v.get("hosts", {}).values()]
        return {*esxi, *state["machines"], *state["cloud"]["hosts"]}


def _unit_name(unit: str) -> str:
    return unit.removesuffix(".service")


def _address(host: str) -> str:
    """Returns an IP address for a name (from the range for documentation), always the same for the same name."""
    return f"192.0.2.{hashlib.sha256(host.encode()).digest()[0]}"


def _bytes(row: Row) -> bytes:
    return base64.b64decode(row["base64"]) if "base64" in row else str(row["content"]).encode()


def _content(content: bytes) -> Row:
    try:
        return {"content": content.decode()}
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(content).decode(), "content": ""}
