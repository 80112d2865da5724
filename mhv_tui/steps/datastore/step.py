"""STEP defines the page `datastore`: its answers, probe, checks and changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.steps import Step, StepWork
from mhv_tui.steps.datastore.answers import DatastoreAnswers

if TYPE_CHECKING:
    from mhv_tui.steps.datastore.facts import DatastoreFacts


def load_work() -> StepWork[DatastoreAnswers, DatastoreFacts]:
    from mhv_tui.steps.datastore.checks import CHECKS
    from mhv_tui.steps.datastore.facts import identities, probe
    from mhv_tui.steps.datastore.matrix import matrix
    from mhv_tui.steps.datastore.plan import choices

    return StepWork(
        probe=probe,
        identities=identities,
        preconditions=CHECKS,
        matrix=matrix,
        choices=choices,
    )


STEP: Step[DatastoreAnswers, DatastoreFacts] = Step(
    id="datastore",
    title="Datastores",
    intro="Where instance disks are stored. nova selects datastores by regular expression; this page shows which ones "
    "match.",
    answers=DatastoreAnswers,
    load_work=load_work,
    requires=("vcenter", "cluster"),
    uses=("cloud",),
    reads_answers=("image",),
)
