"""A target: one compute node with its cluster and vCenter."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from mhv_tui.core.answers import Answers, TargetRow, fields_of
from mhv_tui.core.findings import StepKey
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import quoted

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""The names of sessions and of targets: both are names of directories."""


@dataclass(frozen=True)
class Target:
    """The target of a run. `id` is "" if the answer file has no [[target]] tables and thus only one target."""

    id: str
    answers: Answers

    def key(self, step: str) -> StepKey:
        return self.id, step


def targets_of(answers: Answers) -> tuple[Target, ...]:
    """The targets of an answer file, in its order. The answers of each have no [[target]] tables themselves.

    The tables of the file are the first target if they name a node; each [[target]] table overrides some of their keys.
    """
    shared = replace(answers, targets=())
    if not answers.targets:
        return (Target("", shared),)
    first = first_target(shared)
    own = [Target(first, shared)] if first else []
    return (*own, *(Target(name_of(row), _overridden(shared, row)) for row in answers.targets))


def first_target(answers: Answers) -> str:
    """The name that the target of the file's own tables has among several; "" if these tables are not a target."""
    return _node_of(answers)


def with_target(answers: Answers, target: Target, is_first: bool) -> Answers:
    """A copy of all answers in which a target has other answers; a target that is new comes last.

    `is_first`: the tables of the file are this target. Else its row contains only what differs from these tables.
    """
    if is_first:
        return replace(target.answers, targets=answers.targets)
    row = TargetRow(target.id, MappingProxyType(_differences(answers, target.answers)))
    rows = tuple(row if name_of(old) == target.id else old for old in answers.targets)
    rows = rows if row in rows else (*rows, row)
    return replace(target.answers, tables=answers.tables, targets=rows)


def without_target(answers: Answers, id: str) -> Answers:
    """A copy of all answers without the [[target]] row of a target."""
    return replace(answers, targets=tuple(row for row in answers.targets if name_of(row) != id))


def _differences(base: Answers, own: Answers) -> dict[str, Mapping[str, Any]]:
    """Step id -> key -> value of each answer that differs."""
    tables: dict[str, Mapping[str, Any]] = {}
    for step, table in own.tables.items():
        keys = [key for key, _, _ in fields_of(table)]
        changed = {key: getattr(table, key) for key in keys if getattr(table, key) != getattr(base.tables[step], key)}
        if changed:
            tables[step] = MappingProxyType(changed)
    return tables


def single_target(answers: Answers) -> Target:
    """The only target of an answer file. Raises ValueError if the answer file has [[target]] tables."""
    if answers.targets:
        raise ValueError("the answers have [[target]] tables")
    return Target("", answers)


def name_of(row: TargetRow) -> str:
    """The name of the target of a [[target]] table; "" if the table has neither a name nor a node."""
    return row.name or str(row.tables.get("node", {}).get("host", ""))


def problem_with_name(row: TargetRow, others: Collection[str]) -> str:
    """The problem of a target's name and the accepted form; "" if the name is valid and none of `others`."""
    name = name_of(row)
    if not name:
        return 'the target has neither a name nor a node; write node.host = "HOST" or name = "NAME"'
    if name in others:
        return f"two targets have the name {name}; write another name"
    if not NAME.fullmatch(name):
        accepted = "write a name of letters, digits, dots and hyphens, at most 64 characters"
        return f"{quoted(name)} cannot be the name of a target; {accepted}"
    return ""


def _node_of(answers: Answers) -> str:
    node = answers.tables.get("node")
    return str(getattr(node, "host", ""))


def _overridden(answers: Answers, row: TargetRow) -> Answers:
    for step, table in row.tables.items():
        answers = answers.replace(step, **table)
    return answers
