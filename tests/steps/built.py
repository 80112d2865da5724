"""The simulated world before and after the road was walked, with a case's changes laid on: for the last five pages."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answerfile import Schema, parse_text
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.core.targets import Target
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.check import Overrides, StepResult, check_step, check_steps
from mhv_tui.steps import FLOW

SCHEMA = Schema({step.id: step.answers for step in FLOW})
SEPARATOR = " > "
"""Between the keys of a place in the world; names of files and hosts have dots and slashes of their own."""

Done = list[tuple[Change, Mapping[str, Any]]]


def context(path: Path, scene: str, asked: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> Context:
    """A context in the world kept at `path`, with the scene's answers and those of a case; None takes one out."""
    document = answers_of(scene)
    for page, changed in asked.items():
        rows = {**document.get(page, {}), **changed}
        document[page] = {key: value for key, value in rows.items() if value is not None}
    return Context(DemoBackend(path, scene), Target("", parse_text(tomli_w.dumps(document), SCHEMA)), "s1")


def state(ctx: Context) -> dict[str, Any]:
    """The world's rows, to be changed by a case."""
    assert isinstance(ctx.backend, DemoBackend)
    return ctx.backend.store.state


def put(ctx: Context, place: str, value: Any) -> None:
    """Lays a value on the world; a text that begins with + is put at the end of what is there."""
    *path, last = place.split(SEPARATOR)
    held: Any = state(ctx)
    for key in path:
        held = held.setdefault(key, {})
    if isinstance(value, str) and value.startswith("+"):
        value = held[last] + value[1:]
    held[last] = value


def page(ctx: Context, step_id: str, verifying: bool = False) -> StepResult:
    """What a look at the whole road says of one page."""
    looks = check_steps(FLOW, ctx, lambda event: None, verifying=verifying)
    return next(seen for seen in looks if seen.step.id == step_id)


def walk(ctx: Context) -> Done:
    """The whole road: each page looked at afresh, its changes made."""
    looks = check_steps(FLOW, ctx, lambda event: None)
    done: Done = []
    for at, step in enumerate(FLOW):
        facts = {seen.step.id: seen.facts for seen in looks if seen.facts is not None}
        here = replace(ctx, earlier=MappingProxyType(facts))
        for change in check_step(step, here, looks[:at], Overrides()).plan:
            done.append((change, make(here, change)))
        looks[at] = check_step(step, here, looks[:at], Overrides(), verifying=True)
    return done


def make(ctx: Context, change: Change) -> Mapping[str, Any]:
    """A change made; its receipt."""
    before = change.before(ctx)
    return {**before, **change.apply(ctx, before)}


def copied(source: Path, target: Path) -> Path:
    """A world of one's own, as another was left."""
    shutil.copy(source, target)
    return target


def levels(findings: Sequence[Finding], code: str) -> set[str]:
    """The levels of a code, over all its subjects, without those of checks that do not apply."""
    return {f.level for f in findings if f.code == code and f.level != "skipped"}
