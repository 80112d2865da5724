"""Whether the node's services run with the current content of their files."""

from __future__ import annotations

from mhv_tui.changes import records
from mhv_tui.core.machine import Unit
from mhv_tui.steps.node.facts import CA_FILE, NodeFacts

ROUNDING = 2.0
"""Tolerance in seconds, because file times are whole seconds and the start times of units are not."""


def is_active(facts: NodeFacts, unit: str) -> bool:
    """Returns whether the unit is active now, whatever files it has read."""
    return facts.survey.units.get(unit, Unit()).active == "active"


def runs(facts: NodeFacts, unit: str) -> bool:
    """Returns whether the unit is active, enabled, and started after its files were written."""
    state = facts.survey.units.get(unit, Unit())
    return state.active == "active" and state.enabled.startswith("enabled") and not is_outdated(facts, unit)


def is_outdated(facts: NodeFacts, unit: str) -> bool:
    """Returns whether the unit was started before its files were last written, so that it runs with old content.

    A time in the future comes from another clock and proves nothing.
    """
    survey = facts.survey
    since = survey.units.get(unit, Unit()).since
    read_at_start = (*facts.confs, CA_FILE, *facts.authorities, *survey.sources.values())
    times = [file.changed for path in read_at_start if (file := survey.files.get(path))]
    return bool(since) and any(since + ROUNDING < changed <= survey.now for changed in times)


def is_up(facts: NodeFacts, unit: str) -> bool:
    """Returns whether the unit runs, its service is up in the cloud, and no undo by mhv-tui has left it disabled."""
    service = facts.service()
    return runs(facts, unit) and service is not None and service.state == "up" and not records.is_left(service)
