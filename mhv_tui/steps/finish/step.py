"""The page `finish`: nothing is asked and nothing is done; the faces offer the answers and the report here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import PageView, Step


@dataclass(frozen=True)
class FinishAnswers:
    """The last page asks nothing."""


@dataclass(frozen=True)
class FinishFacts:
    """The last page sees nothing of its own."""


def probe(ctx: Context, asked: FinishAnswers) -> FinishFacts:
    """Nothing is looked at."""
    return FinishFacts()


def nothing(view: PageView[FinishAnswers, FinishFacts]) -> Iterator[Finding]:
    """No check: what there is to know, the pages before have said."""
    return iter(())


STEP: Step[FinishAnswers, FinishFacts] = Step(
    id="finish",
    title="Finish",
    intro="What was made and what was proven; how to take it back, and how to walk the same road again.",
    answers=FinishAnswers,
    probe=probe,
    preconditions=nothing,
)
