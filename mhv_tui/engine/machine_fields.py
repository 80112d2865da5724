"""The fields that name a machine, for the remedy of a machine that does not answer."""

from __future__ import annotations

from dataclasses import replace

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import join_names

FIELDS = (("node", "host"), ("node", "copy_settings_from"), ("register", "controller"))
"""Step and key of each answer that names a machine."""

ANY = "node.host or register.controller"
"""The words of the catalogue for the field of any machine."""


def with_field_of_machine(finding: Finding, answers: Answers) -> Finding:
    """The finding with only the fields that name its machine in its remedy; unchanged if no field names it."""
    fields = [f"{step}.{key}" for step, key in FIELDS if _machine(answers, step, key) == finding.subject]
    return replace(finding, remedy=finding.remedy.replace(ANY, join_names(fields))) if fields else finding


def _machine(answers: Answers, step: str, key: str) -> str:
    value = getattr(answers.tables.get(step), key, None)
    return str(getattr(value, "host", value) or "-")
