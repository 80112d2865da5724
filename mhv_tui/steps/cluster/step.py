"""STEP defines the page `cluster`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.cluster.answers import ClusterAnswers
from mhv_tui.steps.cluster.checks import CHECKS
from mhv_tui.steps.cluster.facts import ClusterFacts, probe
from mhv_tui.steps.cluster.matrix import matrix
from mhv_tui.steps.cluster.plan import choices, fixes

STEP: Step[ClusterAnswers, ClusterFacts] = Step(
    id="cluster",
    title="Cluster",
    intro="The cluster that nova drives as one hypervisor. It should contain nothing but OpenStack's servers.",
    answers=ClusterAnswers,
    probe=probe,
    preconditions=CHECKS,
    fixes=fixes,
    fix_codes=("CL05", "CL06"),
    matrix=matrix,
    choices=choices,
    requires=("vcenter",),
    uses=("cloud",),
    reads_answers=("node",),
    probe_without_answers=True,
)
