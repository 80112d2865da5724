"""A probe reads only the answers of the steps that its step declares: targets with equal ones share its result."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import ClassVar, TypeVar

import pytest

from mhv_tui.core.answers import Answers
from mhv_tui.core.targets import Target
from mhv_tui.engine.check import Overrides, StepResult, check_step, earlier_facts
from mhv_tui.steps import FLOW
from tests.steps.walked_world import context

T = TypeVar("T")
STEPS = {step.answers: step.id for step in FLOW}


class WatchedAnswers(Answers):
    """Notes the steps whose answers are read."""

    read: ClassVar[set[str]] = set()

    def of(self, kind: type[T]) -> T:
        self.read.add(STEPS[kind])
        return super().of(kind)


@pytest.mark.parametrize("scene", ["article", "nova-network", "existing-images"])
def test_a_probe_reads_only_declared_answers(scene: str, tmp_path: Path) -> None:
    ctx = context(tmp_path / "world.json", scene)
    own = ctx.answers
    watched = WatchedAnswers(own.tables, own.accepts, own.fixes, own.single_fixes)
    results: list[StepResult] = []
    number_read = 0
    for step in FLOW:
        watched.read.clear()
        earlier = earlier_facts(results)
        if all(id in earlier for id in step.requires):
            probing = replace(ctx, target=Target("", watched), earlier=earlier, trial_allowed=True)
            step.work.probe(probing, own.tables[step.id])
            assert watched.read <= {step.id, *step.requires, *step.uses, *step.reads_answers}, step.id
            number_read += len(watched.read)
        results.append(check_step(step, ctx, results, Overrides()))
    assert number_read > 10
