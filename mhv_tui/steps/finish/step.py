"""STEP defines the page `finish`. It has neither checks nor a plan; it shows the results of all other pages."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.finish.answers import FinishAnswers
from mhv_tui.steps.finish.facts import FinishFacts, probe

STEP: Step[FinishAnswers, FinishFacts] = Step(
    id="finish",
    title="Finish",
    intro="The changes that were made and the results of the tests; how to undo the changes and how to repeat them.",
    answers=FinishAnswers,
    probe=probe,
    preconditions=(),
    uses=("cloud", "vcenter", "cluster", "datastore", "network", "node", "register", "image", "prove"),
)
