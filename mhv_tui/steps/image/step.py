"""STEP defines the page `image`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.image.answers import ImageAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.image.facts import ImageFacts


def load_work() -> StepWork[ImageAnswers, ImageFacts]:
    from mhv_tui.steps.image.checks import CHECKS, POSTCONDITIONS
    from mhv_tui.steps.image.conversion import resolve
    from mhv_tui.steps.image.facts import identities, probe
    from mhv_tui.steps.image.plan import fixes, plan

    return StepWork(
        probe=probe,
        identities=identities,
        resolve=resolve,
        preconditions=CHECKS,
        postconditions=POSTCONDITIONS,
        plan=plan,
        fixes=fixes,
    )


STEP: Step[ImageAnswers, ImageFacts] = Step(
    id="image",
    title="Image",
    intro="vCenter boots VMDK images tagged hypervisor_type=vmware. A cloud image is converted, tagged and uploaded.",
    answers=ImageAnswers,
    load_work=load_work,
    fix_codes=("IM01", "IM02", "IM03", "IM04", "IM20", "IM22"),
    requires=("cloud", "datastore"),
    uses=("node",),
    reads_answers=("register",),
)
