"""STEP defines the page `register`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.register.answers import RegisterAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.register.facts import RegisterFacts


def load_work() -> StepWork[RegisterAnswers, RegisterFacts]:
    from mhv_tui.steps.register.checks import CHECKS, POSTCONDITIONS
    from mhv_tui.steps.register.facts import probe
    from mhv_tui.steps.register.plan import choices, choices_on_error, fixes, plan

    return StepWork(
        probe=probe,
        preconditions=CHECKS,
        postconditions=POSTCONDITIONS,
        plan=plan,
        fixes=fixes,
        choices=choices,
        choices_on_error=choices_on_error,
    )


STEP: Step[RegisterAnswers, RegisterFacts] = Step(
    id="register",
    title="Registration",
    intro="The new hypervisor becomes usable in the cloud: its cell, availability zone, and tags on existing images.",
    answers=RegisterAnswers,
    load_work=load_work,
    fix_codes=("RG09", "VC15"),
    requires=("cloud", "cluster", "node"),
)
