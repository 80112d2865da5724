"""The last page reads nothing from vCenter, the cloud or the node: it only shows the results of the other pages."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.context import Context
from mhv_tui.steps.finish.answers import FinishAnswers


@dataclass(frozen=True)
class FinishFacts:
    """The facts of the last page: none."""


def probe(ctx: Context, answers: FinishAnswers) -> FinishFacts:
    """Returns empty facts; it reads nothing."""
    return FinishFacts()
