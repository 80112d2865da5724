"""Whole runs while the cloud fails: every check ends in findings, and a later run continues what was begun."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.adapters.limits import Limits
from mhv_tui.changes import KINDS
from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Event, Failed, FindingReported, Finished
from mhv_tui.core.findings import Finding
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides, check_steps
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from mhv_tui.steps import FLOW
from tests.faults.cloud_world import CloudFront, cloud_front, disk_image
from tests.faults.harness import CRASHES, LIMITS, SECONDS, Ledger, Outcome, by_fault, first_calls
from tests.faults.kinds import BY_NAME, FAULTS
from tests.faults.proxy import Fault
from tests.faults.test_cloud import LOGIN_ENDED, OPTIONAL

# CPython 3.11 forgets to close a socket that is reset before its TLS handshake begins; it is freed at once.
UNCLOSED = pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning")
pytestmark = [pytest.mark.slow, pytest.mark.qemu_img, UNCLOSED]

CHECK = 12 * SECONDS
"""Seconds of a check of all pages: several of them call a cloud that does not answer."""

PARTS = 9
"""A part has every ninth call of a run."""

BACKUP = r"(?<=\.[0-9a-f]{12})\.[0-9a-f]{8}$"
"""The end of a backup's name, which has the cloud's port in it."""

IN_A_RUN = [
    BY_NAME[name] for name in ("connection refused", "silent", "reset after the work", "half a document", "status 503")
] + [LOGIN_ENDED]
"""The faults of whole runs."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("disk")
    disk_image(directory)
    return directory / "disk.qcow2"


@contextmanager
def new_world(directory: Path, disk: Path) -> Iterator[CloudFront]:
    directory.mkdir()
    shutil.copy(disk, directory / "disk.qcow2")
    with cloud_front(directory) as front:
        yield front


class Log:
    """The events of a run, and the seconds from its begin until the first failure."""

    def __init__(self) -> None:
        self.began = time.monotonic()
        self.seconds = 0.0
        self.findings: list[Finding] = []

    def __call__(self, event: Event) -> None:
        if isinstance(event, FindingReported | Failed):
            self.findings.append(event.finding)
            if event.finding.level in ("failure", "unknown") and not self.seconds:
                self.seconds = time.monotonic() - self.began

    def problems(self) -> list[str]:
        """What is wrong with the findings."""
        failures = [finding for finding in self.findings if finding.level in ("failure", "unknown")]
        return [
            f"{finding.code} {finding.detail}"
            for finding in failures
            if finding.code in CRASHES or not finding.detail or not finding.remedy or "Traceback" in finding.detail
        ]


def checked(front: CloudFront) -> Log:
    """The findings of a check of all pages with a new connection."""
    ctx, log = front.context(), Log()
    try:
        check_steps(FLOW, ctx, log)
    finally:
        ctx.backend.close()
    return log


def applied(front: CloudFront, log: Log, limits: Limits = LIMITS) -> Finished:
    """One run of apply with a new connection."""
    ctx = front.context(limits)
    try:
        return apply(Run(FLOW, ctx, open_session("s1"), log, Stop(), Overrides()), approve_all)
    finally:
        ctx.backend.close()


def codes(log: Log) -> set[str]:
    return {finding.code for finding in log.findings if finding.level in ("failure", "unknown")}


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, disk: Path) -> Iterator[CloudFront]:
    with new_world(tmp_path_factory.mktemp("checks") / "world", disk) as front:
        yield front


def check_with(world: CloudFront, fault: Fault, calls: list[str], number: int, ledger: Ledger) -> None:
    """Checks all pages with the fault from this call on."""
    world.reset()
    usual = codes(checked(world))
    world.reset()
    world.proxy.arm(fault, number)
    began = time.monotonic()
    log = checked(world)
    seconds = time.monotonic() - began
    wrong = log.problems() + [f"took {seconds:.1f} s"] * (seconds > CHECK)
    wrong += ["nothing is reported"] * (codes(log) <= usual and calls[number] not in OPTIONAL)
    ledger.add(f"{fault.name} at {calls[number]}", Outcome(None, seconds), wrong)
    ledger.longest = max(ledger.longest, log.seconds)


@by_fault(IN_A_RUN, ("silent", "status 503"))
def test_a_check_of_all_pages_reports_a_service_that_fails(
    world: CloudFront, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    world.reset()
    checked(world)
    calls, ledger = list(world.proxy.calls), Ledger()
    check_with(world, fault, calls, calls.index("GET /compute/v2.1/os-hypervisors/detail"), ledger)
    ledger.report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name)
def test_a_check_of_all_pages_meets_every_fault_at_every_call(
    world: CloudFront, fault: Fault, record_property: Callable[[str, object], None]
) -> None:
    world.reset()
    checked(world)
    calls, ledger = list(world.proxy.calls), Ledger()
    for number in first_calls(calls):
        check_with(world, fault, calls, number, ledger)
    ledger.report(record_property)


def essence(front: CloudFront) -> dict[str, Any]:
    """What exists in the world, by name: without ids, times and logs."""
    state = front.demo.store.state
    cloud = state["cloud"]
    machines = {
        name: (sorted(row["packages"]), {re.sub(BACKUP, "", path): f["content"] for path, f in row["files"].items()})
        for name, row in state["machines"].items()
    }
    networks = {name: sorted(n["name"] for n in row["networks"].values()) for name, row in state["vcenters"].items()}
    return {
        "images": sorted((i["name"], i["status"], sorted(i["properties"].items())) for i in cloud["images"].values()),
        "services": sorted((s["binary"], s["host"], s["status"]) for s in cloud["services"].values()),
        "hypervisors": sorted(h["service_host"] for h in cloud["hypervisors"].values()),
        "aggregates": sorted((a["name"], a["hosts"]) for a in cloud["aggregates"].values()),
        "ports": sorted(p["name"] for p in cloud["ports"].values()),
        "servers": sorted(s["name"] for s in cloud["servers"].values() if "deleted" not in s),
        "networks": networks,
        "machines": machines,
    }


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, disk: Path) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """The calls and the result of a run without a fault."""
    directory = tmp_path_factory.mktemp("undisturbed")
    with pytest.MonkeyPatch.context() as patch, new_world(directory / "world", disk) as front:
        patch.setenv("XDG_STATE_HOME", str(directory / "state"))
        assert applied(front, Log()).exit == 0
        yield list(front.proxy.calls), essence(front)


def run_with(front: CloudFront, fault: Fault, number: int, expected: dict[str, Any]) -> list[str]:
    """Applies with the fault from this call on; applies again and undoes without it. Returns what is wrong."""
    before, log = essence(front), Log()
    front.proxy.arm(fault, number)
    finished = applied(front, log)
    wrong = log.problems()
    wrong += [f"ends with {finished.exit}: {finished.message}"] * (finished.exit not in (0, 1, 3, 4))
    front.proxy.disarm()
    again = applied(front, Log(), Limits())
    wrong += [f"the next run ends with {again.exit}: {again.message}"] * (again.exit != 0)
    wrong += [f"differs in {key}" for key, value in essence(front).items() if value != expected[key]]
    ctx = front.context(Limits())
    undone = undo(open_session("s1"), KINDS, ctx, Log(), Stop())
    ctx.backend.close()
    wrong += [f"undo ends with {undone.exit}: {undone.message}"] * (undone.exit != 0)
    return wrong + [f"undo leaves {key}" for key, value in essence(front).items() if value != before[key]]


def runs(
    tmp_path: Path, disk: Path, undisturbed: tuple[list[str], dict[str, Any]], fault: Fault, selected: list[int]
) -> Ledger:
    calls, expected = undisturbed
    ledger = Ledger()
    for number in selected:
        directory = tmp_path / str(number)
        with pytest.MonkeyPatch.context() as patch, new_world(directory, disk) as front:
            patch.setenv("XDG_STATE_HOME", str(directory / "state"))
            began = time.monotonic()
            wrong = run_with(front, fault, number, expected)
            ledger.add(f"{fault.name} at {calls[number]}", Outcome(None, time.monotonic() - began), wrong)
    return ledger


def test_a_run_that_met_a_fault_is_continued_and_undone(
    tmp_path: Path,
    disk: Path,
    undisturbed: tuple[list[str], dict[str, Any]],
    record_property: Callable[[str, object], None],
) -> None:
    number = undisturbed[0].index("POST /compute/v2.1/os-aggregates/ID/action")
    runs(tmp_path, disk, undisturbed, BY_NAME["reset after the work"], [number]).report(record_property)


@pytest.mark.matrix
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("fault", IN_A_RUN, ids=lambda fault: fault.name)
def test_every_call_of_a_run_meets_faults_and_the_run_is_continued_and_undone(
    tmp_path: Path,
    disk: Path,
    undisturbed: tuple[list[str], dict[str, Any]],
    fault: Fault,
    part: int,
    record_property: Callable[[str, object], None],
) -> None:
    selected = first_calls(undisturbed[0])[part::PARTS]
    runs(tmp_path, disk, undisturbed, fault, selected).report(record_property)
