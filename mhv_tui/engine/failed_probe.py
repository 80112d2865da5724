"""The finding with which a probe ended: it cannot be accepted, and its remedy names the fields of a machine."""

from __future__ import annotations

from dataclasses import replace

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import join_names
from mhv_tui.engine.failures import CONTINUE

FIELDS = (("node", "host"), ("node", "copy_settings_from"), ("register", "controller"))
"""Step and key of each answer that names a machine."""

ANY = "node.host or register.controller"
"""The words of the catalogue for the field of any machine."""


def finding_of_probe(finding: Finding, answers: Answers) -> Finding:
    """The finding as one that cannot be accepted, because no reason replaces the facts that its page lacks.

    Its remedy has only the fields that name its machine, if one does.
    """
    remedy = finding.remedy.replace(CONTINUE, "")
    fields = [f"{step}.{key}" for step, key in FIELDS if _machine(answers, step, key) == finding.subject]
    remedy = remedy.replace(ANY, join_names(fields)) if fields else remedy
    return replace(finding, acceptable=False, remedy=remedy)


def _machine(answers: Answers, step: str, key: str) -> str:
    value = getattr(answers.tables.get(step), key, None)
    return str(getattr(value, "host", value) or "-")
