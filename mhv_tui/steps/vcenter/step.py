"""STEP defines the page `vcenter`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.vcenter.answers import VcenterAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.vcenter.facts import VcenterFacts


def load_work() -> StepWork[VcenterAnswers, VcenterFacts]:
    from mhv_tui.steps.vcenter.checks import CHECKS
    from mhv_tui.steps.vcenter.facts import identities, probe
    from mhv_tui.steps.vcenter.plan import choices, choices_on_error

    return StepWork(
        probe=probe,
        identities=identities,
        preconditions=CHECKS,
        choices=choices,
        choices_on_error=choices_on_error,
        choices_after="VC07",
    )


STEP: Step[VcenterAnswers, VcenterFacts] = Step(
    id="vcenter",
    title="vCenter Server",
    intro="The vCenter that manages the ESXi hosts. mhv-tui logs in if it trusts the certificate, and changes nothing.",
    answers=VcenterAnswers,
    load_work=load_work,
    system=lambda answers, facts: answers.host,
    uses=("cloud",),
    reads_answers=("node",),
)
