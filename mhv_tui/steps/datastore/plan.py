"""The choices on the page `datastore`. This page plans no changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Choice, PageView
from mhv_tui.core.text import size
from mhv_tui.domain import nova
from mhv_tui.steps.checks import health_of
from mhv_tui.steps.datastore.checks import PICKER_CHECKS
from mhv_tui.steps.datastore.facts import DatastoreFacts, DatastoreView


def choices(view: DatastoreView) -> Mapping[str, Sequence[Choice]]:
    """Returns the cluster's datastores, each with its worst finding; beside names also an empty datastore_regex."""
    datastores = view.facts.inventory.datastores_of(view.facts.cluster)
    rows = {"names": [Choice(d.name, _label(d), health(view, d)) for d in datastores]}
    if view.answers.names and view.answers.datastore_regex:
        written = nova.datastore_regex(view.answers.names)
        rows["datastore_regex"] = [Choice("", f"leave it empty: mhv-tui writes {written}, made from datastore.names")]
    return rows


def _label(datastore: vsphere.Datastore) -> str:
    return f"{datastore.name}  {datastore.type}, {size(datastore.free)} of {size(datastore.capacity)} free"


def health(view: DatastoreView, datastore: vsphere.Datastore) -> Finding | None:
    """Returns the worst finding about a datastore that the inventory alone shows; None if there is no problem."""
    facts = DatastoreFacts(
        inventory=view.facts.inventory,
        cluster=view.facts.cluster,
        matching=(datastore,),
        regex=nova.datastore_regex((datastore.name,)),
    )
    return health_of(PICKER_CHECKS, PageView(view.answers, facts, view.all_answers, view.earlier))
