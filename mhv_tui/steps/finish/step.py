"""STEP defines the page `finish`. It has neither checks nor a plan, but the hand-over."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.finish.answers import FinishAnswers
from mhv_tui.steps.finish.facts import FinishFacts, probe
from mhv_tui.steps.finish.handover import handover

STEP: Step[FinishAnswers, FinishFacts] = Step(
    id="finish",
    title="Finish",
    intro="The cloud as it is now, what was made and proven, and the text for the cloud's users.",
    answers=FinishAnswers,
    probe=probe,
    preconditions=(),
    handover=handover,
    uses=("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove"),
)
