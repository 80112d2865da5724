"""STEP defines the page `finish`. It has neither checks nor a plan, but the hand-over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.finish.answers import FinishAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.finish.facts import FinishFacts


def load_work() -> StepWork[FinishAnswers, FinishFacts]:
    from mhv_tui.steps.finish.facts import probe
    from mhv_tui.steps.finish.handover import handover

    return StepWork(
        probe=probe,
        preconditions=(),
        handover=handover,
    )


STEP: Step[FinishAnswers, FinishFacts] = Step(
    id="finish",
    title="Finish",
    intro="The cloud as it is now, what was made and tested, and the text for the cloud's users.",
    answers=FinishAnswers,
    load_work=load_work,
    has_checks=False,
    uses=("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove"),
)
