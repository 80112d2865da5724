"""A run creates a trial port only after the operator has approved its changes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.changes import Change
from mhv_tui.core.events import Event, FindingReported
from mhv_tui.demo.scenes import answers_of
from tests.tui.matrices import edited_state


def refuse_ports(world: dict[str, Any]) -> None:
    world["faults"] = {"cloud.create_port": "OS10"}


@pytest.mark.parametrize(("approved", "outcome"), [(False, "cancelled"), (True, "stopped")])
def test_no_port_is_created_before_the_approval(approved: bool, outcome: str) -> None:
    def approve(plan: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        assert refused() == []
        return approve_all(plan) if approved else None

    def refused() -> list[str]:
        return [e.finding.code for e in events if isinstance(e, FindingReported) and e.finding.code == "OS10"]

    events: list[Event] = []
    finished = edited_state(answers_of("article"), refuse_ports).apply(events.append, approve)
    assert finished.outcome == outcome and finished.message.endswith("this run changed nothing")
    assert bool(refused()) == approved
