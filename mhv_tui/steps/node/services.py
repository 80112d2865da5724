"""Whether the node's services run, and with their files as they stand."""

from __future__ import annotations

from mhv_tui.changes import records
from mhv_tui.core.machine import Unit
from mhv_tui.steps.node.facts import CA_FILE, COMPUTE_CONF, NOVA_CONF, NodeFacts

READ_AT_START = (NOVA_CONF, COMPUTE_CONF, CA_FILE)
"""What nova reads once, when it starts."""

ROUNDING = 2.0
"""Seconds: a file's time and the machine's uptime are told in whole seconds and hundredths."""


def runs(facts: NodeFacts, unit: str) -> bool:
    """Active, enabled for the next boot, and started since its files were written."""
    seen = facts.survey.units.get(unit, Unit())
    return seen.active == "active" and seen.enabled.startswith("enabled") and not is_outdated(facts, unit)


def is_outdated(facts: NodeFacts, unit: str) -> bool:
    """True where the unit runs with what stood in its files before: they were written, and nobody has restarted it.

    A file of tomorrow was written under another clock and tells nothing."""
    survey = facts.survey
    since = survey.units.get(unit, Unit()).since
    written = [file.changed for path in READ_AT_START if (file := survey.files.get(path))]
    return bool(since) and any(since + ROUNDING < changed <= survey.now for changed in written)


def is_up(facts: NodeFacts, unit: str) -> bool:
    """The unit runs, and the cloud has its service up, not left disabled by an undo of ours."""
    service = facts.service()
    return runs(facts, unit) and service is not None and service.state == "up" and not records.is_left(service)
