"""A target: one compute node with its cluster and vCenter. Context, events, journal and findings name it."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import StepKey


@dataclass(frozen=True)
class Target:
    """What a run works on. `id` is "" for an answer file without [[target]], which has one target only."""

    id: str
    answers: Answers

    def key(self, step: str) -> StepKey:
        return self.id, step


def single_target(answers: Answers) -> Target:
    """The target of an answer file without [[target]]. Raises ValueError for another one."""
    if answers.targets:
        raise ValueError("the answers have several targets")
    return Target("", answers)
