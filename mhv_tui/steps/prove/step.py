"""STEP defines the page `prove`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.prove.answers import ProveAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.prove.facts import ProveFacts


def load_work() -> StepWork[ProveAnswers, ProveFacts]:
    from mhv_tui.steps.prove.checks import CHECKS, untested
    from mhv_tui.steps.prove.facts import probe
    from mhv_tui.steps.prove.plan import choices, smoke_tests

    return StepWork(
        probe=probe,
        preconditions=CHECKS,
        smoke_tests=smoke_tests,
        untested=untested,
        choices=choices,
    )


STEP: Step[ProveAnswers, ProveFacts] = Step(
    id="prove",
    title="Prove",
    intro="A test server boots through vCenter, and one on an existing hypervisor such as KVM; then both are deleted.",
    answers=ProveAnswers,
    load_work=load_work,
    requires=("cloud", "cluster", "node"),
    uses=("register",),
    reads_answers=("image", "vcenter"),
    probe_without_answers=True,
)
