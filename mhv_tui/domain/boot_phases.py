"""The phases in which nova boots a server, by the server's task_state."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.events import ACTIVE


@dataclass(frozen=True)
class BootPhase:
    """One phase of a boot. `activity` is a phrase that says what nova does in this phase."""

    name: str
    task_states: frozenset[str]
    activity: str


DELETING = "deleting"

BUILDING = (
    BootPhase("scheduling", frozenset({"", "scheduling"}), "nova chooses a hypervisor"),
    BootPhase(
        "network", frozenset({"networking", "block_device_mapping"}), "nova-compute prepares the network and the disks"
    ),
    BootPhase("spawning", frozenset({"spawning"}), "nova-compute copies a new image, then starts the server"),
)
"""The phases until a server is active. Source: nova/compute/task_states.py and _build_resources and
_build_and_run_instance in nova/compute/manager.py, which set these states in this order since Havana."""

NAMES = (*(phase.name for phase in BUILDING), ACTIVE, DELETING)
"""The names of all phases of a test server, in their order."""


def phase_of(task_state: str) -> BootPhase | None:
    """The phase of a server that is not active yet; None for a task_state of another operation."""
    return next((phase for phase in BUILDING if task_state in phase.task_states), None)
