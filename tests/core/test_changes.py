"""What a plan says about its changes in every interface: how many of each effect, and which services restart."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mhv_tui.core.changes import Change, Effect, Receipt, effect_counts, effects_on_others, totals
from mhv_tui.core.context import Context


@dataclass(frozen=True)
class Example(Change):
    """A change of one effect that starts or restarts a service."""

    kind: Effect = "create"
    started: str = ""
    restarted: str = ""

    @property
    def id(self) -> str:
        return "example"

    @property
    def summary(self) -> str:
        return "an example"

    @property
    def effect(self) -> Effect:
        return self.kind

    @property
    def starts(self) -> str:
        return self.started

    @property
    def restarts(self) -> str:
        return self.restarted

    def preview(self) -> str:
        return ""

    def before(self, ctx: Context) -> Receipt:
        return {}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing."""


CREATE, EDIT, DELETE = Example("create"), Example("edit"), Example("delete")
NODE1, NODE2 = "nova-compute on node1", "nova-compute on node2"


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([CREATE], "1 to create, nothing to delete"),
        ([CREATE, EDIT, CREATE], "2 to create, 1 to edit, nothing to delete"),
        ([DELETE, EDIT], "1 to edit, 1 to delete"),
        ([EDIT], "1 to edit, nothing to delete"),
    ],
)
def test_the_changes_are_counted_by_effect(changes: list[Change], sentence: str) -> None:
    assert effect_counts(changes) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ([CREATE], "No service starts or restarts."),
        ([Example(started=NODE1)], f"Starts {NODE1}; restarts nothing."),
        ([Example(restarted=NODE1), Example(restarted=NODE1)], f"Restarts {NODE1}."),
        ([Example(restarted=NODE2), Example(started=NODE1)], f"Starts {NODE1}; restarts {NODE2}."),
    ],
)
def test_the_services_are_named_once(changes: list[Change], sentence: str) -> None:
    assert effects_on_others(changes) == sentence


def test_the_totals_say_number_effects_and_services() -> None:
    assert totals([]) == "No change."
    assert totals([EDIT]) == "1 change: 1 to edit, nothing to delete. No service starts or restarts."
    rows = [CREATE, Example("edit", restarted=NODE1)]
    assert totals(rows) == f"2 changes: 1 to create, 1 to edit, nothing to delete. Restarts {NODE1}."
