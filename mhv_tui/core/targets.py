"""A target: one compute node with its cluster and vCenter."""

from __future__ import annotations

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import StepKey
from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class Target:
    """The target of a run. `id` is "" if the answer file has no [[target]] tables and thus only one target."""

    id: str
    answers: Answers

    def key(self, step: str) -> StepKey:
        return self.id, step


def single_target(answers: Answers) -> Target:
    """The only target of an answer file. Raises ValueError if the answer file has [[target]] tables."""
    if answers.targets:
        raise ValueError("the answers have [[target]] tables")
    return Target("", answers)
