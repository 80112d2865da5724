"""STEP defines the page `network`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.network.answers import NetworkAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.network.facts import NetworkFacts


def load_work() -> StepWork[NetworkAnswers, NetworkFacts]:
    from mhv_tui.steps.network import checks, cloud_checks, name_checks
    from mhv_tui.steps.network.facts import identities, probe
    from mhv_tui.steps.network.matrix import matrix
    from mhv_tui.steps.network.plan import choices, plan

    return StepWork(
        probe=probe,
        identities=identities,
        preconditions=(*cloud_checks.CHECKS, *name_checks.CHECKS, *checks.CHECKS),
        postconditions=checks.POSTCONDITIONS,
        plan=plan,
        matrix=matrix,
        choices=choices,
        unused=checks.unused,
    )


STEP: Step[NetworkAnswers, NetworkFacts] = Step(
    id="network",
    title="Port group",
    intro="The port group that nova attaches servers to. It must be the same on every host of the cluster.",
    answers=NetworkAnswers,
    load_work=load_work,
    requires=("cloud", "vcenter", "cluster"),
    has_trial=True,
    reads_answers=("node", "prove"),
)
