"""STEP defines the page `cluster`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.cluster.answers import ClusterAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.cluster.facts import ClusterFacts


def load_work() -> StepWork[ClusterAnswers, ClusterFacts]:
    from mhv_tui.steps.cluster.checks import CHECKS
    from mhv_tui.steps.cluster.facts import identities, probe
    from mhv_tui.steps.cluster.matrix import matrix
    from mhv_tui.steps.cluster.plan import choices, fixes

    return StepWork(
        probe=probe,
        identities=identities,
        preconditions=CHECKS,
        fixes=fixes,
        matrix=matrix,
        choices=choices,
    )


STEP: Step[ClusterAnswers, ClusterFacts] = Step(
    id="cluster",
    title="Cluster",
    intro="The cluster that nova drives as one hypervisor. It should contain nothing but OpenStack's servers.",
    answers=ClusterAnswers,
    load_work=load_work,
    fix_codes=("CL05", "CL06"),
    requires=("vcenter",),
    uses=("cloud",),
    reads_answers=("node",),
    probe_without_answers=True,
)
