"""STEP defines the page `network`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.network import checks, cloud_checks, name_checks
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.network.facts import NetworkFacts, probe
from mhv_tui.steps.network.matrix import matrix
from mhv_tui.steps.network.plan import choices, plan

STEP: Step[NetworkAnswers, NetworkFacts] = Step(
    id="network",
    title="Port group",
    intro="The port group that nova attaches servers to. It must be the same on every host of the cluster.",
    answers=NetworkAnswers,
    probe=probe,
    preconditions=(*cloud_checks.CHECKS, *name_checks.CHECKS, *checks.CHECKS),
    postconditions=checks.POSTCONDITIONS,
    plan=plan,
    matrix=matrix,
    choices=choices,
    requires=("cloud", "vcenter", "cluster"),
    reads_answers=("node", "prove"),
)
