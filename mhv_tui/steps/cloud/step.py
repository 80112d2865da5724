"""STEP defines the page `cloud`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.cloud.checks import CHECKS
from mhv_tui.steps.cloud.facts import CloudFacts, probe, release_title
from mhv_tui.steps.cloud.matrix import matrix
from mhv_tui.steps.cloud.plan import choices, local_choices

STEP: Step[CloudAnswers, CloudFacts] = Step(
    id="cloud",
    title="OpenStack cloud",
    intro="The existing OpenStack cloud. This page only reads it; its release decides which options later pages write.",
    answers=CloudAnswers,
    probe=probe,
    preconditions=CHECKS,
    matrix=matrix,
    local_choices=local_choices,
    choices=choices,
    system=lambda answers, facts: release_title(facts),
)
