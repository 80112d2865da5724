"""STEP defines the page `vcenter`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.checks import CHECKS
from mhv_tui.steps.vcenter.facts import VcenterFacts, probe
from mhv_tui.steps.vcenter.plan import choices

STEP: Step[VcenterAnswers, VcenterFacts] = Step(
    id="vcenter",
    title="vCenter Server",
    intro="The vCenter that manages the ESXi hosts. mhv-tui logs in if it trusts the certificate, and changes nothing.",
    answers=VcenterAnswers,
    probe=probe,
    preconditions=CHECKS,
    choices=choices,
    system=lambda answers, facts: answers.host,
    uses=("cloud",),
    reads_answers=("node",),
)
