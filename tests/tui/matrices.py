"""Simulated worlds for the matrix of a page, and the part of the screen that shows it."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

from textual.pilot import Pilot

from mhv_tui.cli.late_backend import LateBackend
from mhv_tui.cli.setup import DemoMode, schema, set_up
from mhv_tui.core import answerfile
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.matrix import MatrixView
from tests.tui.snapshots import text_of


def large_state(hosts: int, datastores: int) -> WizardState:
    """A wizard whose cluster has many hosts and datastores; the last datastore is missing on the last host but one."""
    document = answers_of("article")
    document["datastore"]["names"] = [f"nfs-{number:03}" for number in range(datastores)]
    return edited_state(document, lambda world: _enlarge(world["vcenters"]["vc.example.org"], hosts, datastores))


def edited_state(document: dict[str, Any], edit: Callable[[dict[str, Any]], None]) -> WizardState:
    """A wizard with the answers of the document, in the world of the scene `article` after an edit."""
    answers = answerfile.parse_text(answerfile.dumps(document), schema())
    session = open_session("demo")
    session.save_answers(answers)
    setup = set_up(DemoMode("article"), session, answers)
    assert isinstance(setup.backend, LateBackend) and isinstance(setup.backend.backend, DemoBackend)
    edit(setup.backend.backend.store.state)
    return WizardState(FLOW, setup.context(), session, setup.vault, lambda: setup.backend.now().date())


def _enlarge(vcenter: dict[str, Any], hosts: int, datastores: int) -> None:
    host, datastore = vcenter["hosts"]["host-21"], vcenter["datastores"]["datastore-31"]
    cluster = vcenter["clusters"]["domain-c7"]
    cluster["host_ids"] = [f"host-{1000 + number}" for number in range(hosts)]
    cluster["datastore_ids"] = [f"datastore-{1000 + number}" for number in range(datastores)]
    for number, key in enumerate(cluster["host_ids"], 1):
        vcenter["hosts"][key] = {**deepcopy(host), "name": f"esx{number}.example.org"}
    for number, key in enumerate(cluster["datastore_ids"]):
        without = cluster["host_ids"][-2] if number == datastores - 1 else ""
        mounts = [{"host_id": id} for id in cluster["host_ids"] if id != without]
        free = datastore["free"] - number * (10 << 30)
        vcenter["datastores"][key] = {**deepcopy(datastore), "name": f"nfs-{number:03}", "mounts": mounts, "free": free}


def view_of(pilot: Pilot[int]) -> MatrixView:
    return pilot.app.screen.query_one(MatrixView)


def part_of(pilot: Pilot[int]) -> str:
    """The lines of the screen that show the matrix; empty if it is hidden."""
    region = view_of(pilot).region
    lines = text_of(pilot).splitlines()[region.y : region.bottom]
    return "".join(f"{line[region.x :].rstrip()}\n" for line in lines)


async def focus(pilot: Pilot[int], *keys: str) -> str:
    """Focuses the matrix, presses keys and returns its lines."""
    view_of(pilot).focus()
    await pilot.pause()
    await pilot.press(*keys)
    await pilot.pause()
    return part_of(pilot)
