"""STEP defines the page `cloud`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.cloud.answers import CloudAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.cloud.facts import CloudFacts


def load_work() -> StepWork[CloudAnswers, CloudFacts]:
    from mhv_tui.steps.cloud.checks import CHECKS
    from mhv_tui.steps.cloud.facts import probe
    from mhv_tui.steps.cloud.matrix import matrix
    from mhv_tui.steps.cloud.plan import choices, local_choices

    return StepWork(
        probe=probe,
        preconditions=CHECKS,
        matrix=matrix,
        local_choices=local_choices,
        choices=choices,
    )


STEP: Step[CloudAnswers, CloudFacts] = Step(
    id="cloud",
    title="OpenStack cloud",
    intro="The existing OpenStack cloud. This page only reads it; its release decides which options later pages write.",
    answers=CloudAnswers,
    load_work=load_work,
    system=lambda answers, facts: facts.release_title if facts else "",
)
