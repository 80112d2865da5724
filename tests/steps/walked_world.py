"""The simulated backend before and after every page was applied, modified by a case: for the last five pages."""

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
"""Between the keys of a key path; names of files and hosts contain dots and slashes."""

Done = list[tuple[Change, Mapping[str, Any]]]


def context(path: Path, scene: str, answers: Mapping[str, Mapping[str, Any]] = MappingProxyType({})) -> Context:
    """A context with the state in the file `path`, the scene's answers, and those of a case; None removes an answer."""
    document = answers_of(scene)
    for page, changed in answers.items():
        rows = {**document.get(page, {}), **changed}
        document[page] = {key: value for key, value in rows.items() if value is not None}
    return Context(DemoBackend(path, scene), Target("", parse_text(tomli_w.dumps(document), SCHEMA)), "s1")


def state(ctx: Context) -> dict[str, Any]:
    """The simulated state, which a case modifies."""
    assert isinstance(ctx.backend, DemoBackend)
    return ctx.backend.store.state


def put(ctx: Context, key_path: str, value: Any) -> None:
    """Sets a value of the simulated state; a text that begins with + is appended to the present value."""
    *path, last = key_path.split(SEPARATOR)
    container: Any = state(ctx)
    for key in path:
        container = container.setdefault(key, {})
    if isinstance(value, str) and value.startswith("+"):
        value = container[last] + value[1:]
    container[last] = value


def page(ctx: Context, step_id: str, verifying: bool = False) -> StepResult:
    """The result of one page, from a check of all pages."""
    results = check_steps(FLOW, ctx, lambda event: None, verifying=verifying)
    return next(result for result in results if result.step.id == step_id)


def walk(ctx: Context) -> Done:
    """Checks each page again and makes its changes, in order."""
    results = check_steps(FLOW, ctx, lambda event: None)
    done: Done = []
    for at, step in enumerate(FLOW):
        facts = {result.step.id: result.facts for result in results if result.facts is not None}
        step_ctx = replace(ctx, earlier=MappingProxyType(facts))
        for change in check_step(step, step_ctx, results[:at], Overrides()).plan:
            done.append((change, make(step_ctx, change)))
        results[at] = check_step(step, step_ctx, results[:at], Overrides(), verifying=True)
    return done


def make(ctx: Context, change: Change) -> Mapping[str, Any]:
    """Makes a change; returns its receipt."""
    before = change.before(ctx)
    return {**before, **change.apply(ctx, before)}


def copied(source: Path, target: Path) -> Path:
    """Copies a file with a simulated state; returns the copy."""
    shutil.copy(source, target)
    return target


def levels(findings: Sequence[Finding], code: str) -> set[str]:
    """The levels of all findings with this code, without those of checks that do not apply."""
    return {f.level for f in findings if f.code == code and f.level != "skipped"}
