"""The page `finish`: nothing is asked and nothing is done; the faces offer the answers and the report here."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Context, Look, Step


@dataclass(frozen=True)
class FinishAnswers:
    """The last page asks nothing."""


@dataclass(frozen=True)
class FinishFacts:
    """The last page sees nothing of its own."""


def probe(ctx: Context, asked: FinishAnswers) -> FinishFacts:
    """Nothing is looked at."""
    return FinishFacts()


def nothing(look: Look[FinishAnswers, FinishFacts]) -> Iterator[Finding]:
    """No check: what there is to know, the pages before have said."""
    return iter(())


STEP: Step[FinishAnswers, FinishFacts] = Step(
    id="finish",
    title="Finish",
    intro="The cloud has a second hypervisor. Keep the answers: with them the same road can be walked again.",
    asks=FinishAnswers,
    probe=probe,
    needs=nothing,
)
