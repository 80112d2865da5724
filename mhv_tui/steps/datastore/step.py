"""STEP defines the page `datastore`: its answers, probe, checks and changes."""

from __future__ import annotations

from mhv_tui.core.steps import Step
from mhv_tui.steps.datastore.answers import DatastoreAnswers
from mhv_tui.steps.datastore.checks import CHECKS
from mhv_tui.steps.datastore.facts import DatastoreFacts, probe
from mhv_tui.steps.datastore.matrix import matrix
from mhv_tui.steps.datastore.plan import choices

STEP: Step[DatastoreAnswers, DatastoreFacts] = Step(
    id="datastore",
    title="Datastores",
    intro="Where instance disks are stored. nova selects datastores by regular expression; this page shows which ones "
    "match.",
    answers=DatastoreAnswers,
    probe=probe,
    preconditions=CHECKS,
    matrix=matrix,
    choices=choices,
    requires=("vcenter", "cluster"),
    uses=("cloud",),
    reads_answers=("image",),
)
