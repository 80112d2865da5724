"""STEP defines the page `prove`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.prove.answers import ProveAnswers
from mhv_tui.steps.prove.checks import CHECKS, untested
from mhv_tui.steps.prove.facts import ProveFacts, probe
from mhv_tui.steps.prove.plan import choices, smoke_tests

STEP: Step[ProveAnswers, ProveFacts] = Step(
    id="prove",
    title="Proof",
    intro="One test server boots through vCenter and one on the first hypervisor; then both are deleted.",
    answers=ProveAnswers,
    probe=probe,
    preconditions=CHECKS,
    smoke_tests=smoke_tests,
    untested=untested,
    choices=choices,
    requires=("cloud", "cluster", "node"),
    uses=("register",),
    reads_answers=("image",),
    probe_without_answers=True,
)
