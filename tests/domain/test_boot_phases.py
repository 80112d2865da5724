"""The phases of a boot, by nova's task_state."""

from __future__ import annotations

import pytest

from mhv_tui.domain import boot_phases


@pytest.mark.parametrize(
    ("task_state", "name"),
    [
        ("", "scheduling"),
        ("scheduling", "scheduling"),
        ("networking", "network"),
        ("block_device_mapping", "network"),
        ("spawning", "spawning"),
    ],
)
def test_each_task_state_of_a_boot_has_a_phase(task_state: str, name: str) -> None:
    phase = boot_phases.phase_of(task_state)
    assert phase is not None and phase.name == name and name in boot_phases.NAMES


def test_a_task_of_another_operation_is_no_phase() -> None:
    assert boot_phases.phase_of("migrating") is None
