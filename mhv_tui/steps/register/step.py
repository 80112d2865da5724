"""STEP defines the page `register`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.register.checks import CHECKS, POSTCONDITIONS
from mhv_tui.steps.register.facts import RegisterFacts, probe
from mhv_tui.steps.register.plan import choices, choices_on_error, fixes, plan

STEP: Step[RegisterAnswers, RegisterFacts] = Step(
    id="register",
    title="Registration",
    intro="The new hypervisor becomes usable in the cloud: its cell, availability zone, and tags on existing images.",
    answers=RegisterAnswers,
    probe=probe,
    preconditions=CHECKS,
    postconditions=POSTCONDITIONS,
    plan=plan,
    fixes=fixes,
    fix_codes=("RG09", "VC15"),
    choices=choices,
    choices_on_error=choices_on_error,
    requires=("cloud", "cluster", "node"),
)
