"""Whether the node's services run, and with the current content of their files."""

from __future__ import annotations

from mhv_tui.changes import records
from mhv_tui.core.machine import Unit
from mhv_tui.steps.node.facts import CA_FILE, COMPUTE_CONF, NOVA_CONF, NodeFacts

READ_AT_START = (NOVA_CONF, COMPUTE_CONF, CA_FILE)
"""What nova reads once, when it starts."""

ROUNDING = 2.0
"""Seconds: a file's time and the machine's uptime are given in whole seconds and hundredths."""


def runs(facts: NodeFacts, unit: str) -> bool:
    """Active, enabled for the next boot, and started since its files were written."""
    state = facts.survey.units.get(unit, Unit())
    return state.active == "active" and state.enabled.startswith("enabled") and not is_outdated(facts, unit)


def is_outdated(facts: NodeFacts, unit: str) -> bool:
    """Whether the unit runs with an earlier content of its files: they were written, and it was not restarted.

    A time in the future comes from another clock and proves nothing.
    """
    survey = facts.survey
    since = survey.units.get(unit, Unit()).since
    times = [file.changed for path in READ_AT_START if (file := survey.files.get(path))]
    return bool(since) and any(since + ROUNDING < changed <= survey.now for changed in times)


def is_up(facts: NodeFacts, unit: str) -> bool:
    """Whether the unit runs and its service is up in the cloud, and no undo of ours has left it disabled."""
    service = facts.service()
    return runs(facts, unit) and service is not None and service.state == "up" and not records.is_left(service)
