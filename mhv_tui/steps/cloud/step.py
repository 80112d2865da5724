"""The page `cloud`, put together."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.cloud.checks import CHECKS
from mhv_tui.steps.cloud.facts import CloudFacts, probe
from mhv_tui.steps.cloud.plan import choices

STEP: Step[CloudAnswers, CloudFacts] = Step(
    id="cloud",
    title="OpenStack cloud",
    intro="The existing cloud. This page only reads: the cloud's release decides every option that is written later.",
    answers=CloudAnswers,
    probe=probe,
    preconditions=CHECKS,
    choices=choices,
)
