"""Random runs: kills and failing operations, one to three in a row, in apply and undo; the end is always the same.

A failure prints the seed. `MHV_SEED=17 pytest tests/engine/test_random_runs.py` runs that one alone.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mhv_tui.demo.store import DIE, DIE_BEFORE
from tests.engine.fork_server import PHASES, Ended, Launcher
from tests.engine.simulated_sessions import (
    Simulated,
    Undisturbed,
    problems_of_applied,
    problems_of_ended,
    problems_of_plan,
    problems_of_undone,
)
from tests.engine.worlds import WORLDS, World, read_world

USUAL, ALL = 10, 500
OPERATIONS = {
    "VC02": "world.vcenter vcenter.inventory vcenter.clock vcenter.add_port_group vcenter.remove_port_group "
    "vcenter.add_distributed_port_group vcenter.remove_distributed_port_group vcenter.set_drs vcenter.resource_pools",
    "OS10": "world.cloud cloud.identity cloud.hypervisors cloud.services cloud.images cloud.aggregates cloud.ports "
    "cloud.create_aggregate cloud.add_to_aggregate cloud.remove_from_aggregate cloud.delete_aggregate "
    "cloud.delete_service cloud.set_service cloud.set_image_properties cloud.upload_image cloud.delete_image "
    "cloud.create_port cloud.delete_port cloud.create_server cloud.server cloud.servers cloud.servers_on "
    "cloud.delete_server",
    "CN29": "world.node node.survey node.write node.copy node.remove node.installed node.install node.discard_job "
    "node.unpacked_packages node.purge node.refresh_packages node.enable node.restart node.reset-failed node.stop "
    "node.disable node.journal node.run",
    "IM19": "local.transcoded",
}
"""Catalogue codes and the operations of the simulated world that fail with them."""

FAULTS = [(operation, code) for code, names in OPERATIONS.items() for operation in names.split()]


@dataclass(frozen=True)
class Disturbance:
    """A command, and what happens to it: killed at a write, or an operation of the world that fails or kills it."""

    command: str
    kill: tuple[int, str] | None = None
    operation: str = ""
    fault: str = ""


def disturbances(chance: random.Random, world: World, expected: Undisturbed) -> list[Disturbance]:
    """One to three. No undo where it cannot restore all: the next apply would have less to do."""
    commands = ("apply",) if world.fixes else ("apply", "apply", "apply", "undo")
    return [_disturbance(chance, chance.choice(commands), expected) for _ in range(chance.randint(1, 3))]


def _disturbance(chance: random.Random, command: str, expected: Undisturbed) -> Disturbance:
    if chance.random() < 0.5:
        writes = expected.apply_writes if command == "apply" else expected.undo_writes
        return Disturbance(command, (chance.randint(1, len(writes)), chance.choice(PHASES)))
    operation, code = chance.choice(FAULTS)
    deadly = (DIE, DIE_BEFORE, f"{DIE}:2", f"{DIE}:3")
    return Disturbance(command, None, operation, code if chance.random() < 0.6 else chance.choice(deadly))


def disturbed(simulated: Simulated, disturbance: Disturbance) -> Iterator[str]:
    """Runs the disturbed command; it must be killed, or end with a sentence and an exit code of its own."""
    if disturbance.operation:
        set_faults(simulated, {disturbance.operation: disturbance.fault})
    ended = simulated.run(disturbance.command, disturbance.kill)
    if disturbance.operation:
        set_faults(simulated, {})
    yield from problems_of_disturbed(ended)


def problems_of_disturbed(ended: Ended) -> Iterator[str]:
    if ended.code in (-9, 137):
        return
    last = ended.events[-1] if ended.events else {}
    if ended.code not in (0, 1, 3, 4) or last.get("event") != "finished" or "defect" in ended.out + ended.err:
        yield f"exit {ended.code}: {last} {ended.err}"


def set_faults(simulated: Simulated, faults: dict[str, str]) -> None:
    state = read_world(simulated.directory)
    state["faults"] = faults
    (simulated.directory / "world.json").write_text(json.dumps(state))


def random_run(simulated: Simulated, expected: Undisturbed, chance: random.Random) -> Iterator[str]:
    """Disturbed commands, then an apply, a plan and an undo that must succeed and have the usual result."""
    simulated.start()
    for disturbance in disturbances(chance, simulated.world, expected):
        yield from (f"{disturbance}: {problem}" for problem in disturbed(simulated, disturbance))
    yield from problems_of_ended(simulated.run("apply"))
    yield from problems_of_applied(simulated, expected)
    yield from problems_of_plan(simulated.run("plan"))
    yield from problems_of_ended(simulated.run("undo"))
    yield from problems_of_undone(simulated, expected)


def seeds() -> list[object]:
    if given := os.environ.get("MHV_SEED"):
        return [int(given)]
    return [*range(USUAL), *(pytest.param(seed, marks=pytest.mark.matrix) for seed in range(USUAL, ALL))]


@pytest.fixture(scope="session")
def undisturbed(server: Launcher, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Undisturbed]:
    """What an undisturbed run of each world comes to."""
    directory = tmp_path_factory.mktemp("undisturbed")
    return {world.name: Simulated(server, world, directory / world.name).undisturbed() for world in WORLDS}


@pytest.mark.slow
@pytest.mark.parametrize("seed", seeds())
def test_a_random_run_ends_as_an_undisturbed_one(
    seed: int, server: Launcher, undisturbed: dict[str, Undisturbed], tmp_path: Path
) -> None:
    chance = random.Random(seed)
    world = chance.choice(WORLDS)
    simulated = Simulated(server, world, tmp_path / "state")
    problems = list(random_run(simulated, undisturbed[world.name], chance))
    print(f"MHV_SEED={seed} in the world {world.name}", *problems, sep="\n")
    assert problems == [], f"MHV_SEED={seed}, in the world {world.name}"
