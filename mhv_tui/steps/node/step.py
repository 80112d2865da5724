"""STEP defines the page `node`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.node.answers import NodeAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.node.facts import NodeFacts


def load_work() -> StepWork[NodeAnswers, NodeFacts]:
    from mhv_tui.steps.node import checks, conf_state, connectivity, files, nova_code, nova_state, postconditions
    from mhv_tui.steps.node.facts import probe
    from mhv_tui.steps.node.inputs import resolve
    from mhv_tui.steps.node.plan import choices, choices_on_error, fixes, plan

    return StepWork(
        probe=probe,
        resolve=resolve,
        preconditions=(
            *checks.CHECKS,
            *nova_state.CHECKS,
            *nova_code.CHECKS,
            *conf_state.CHECKS,
            *connectivity.CHECKS,
            *files.CHECKS,
        ),
        postconditions=postconditions.POSTCONDITIONS,
        plan=plan,
        fixes=fixes,
        choices=choices,
        choices_on_error=choices_on_error,
    )


STEP: Step[NodeAnswers, NodeFacts] = Step(
    id="node",
    title="Compute node",
    intro="nova-compute for vCenter runs on its own machine. mhv-tui sets up packages, nova.conf and services by SSH.",
    answers=NodeAnswers,
    load_work=load_work,
    fix_codes=("CN04", "CN05", "CN13", "CN33"),
    requires=("cloud", "vcenter", "cluster", "datastore"),
    has_trial=True,
    uses=("network",),
    reads_answers=("prove",),
)
