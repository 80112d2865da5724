"""Views of the page `node` for its tests."""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.core.context import Context
from mhv_tui.steps.node.facts import NodeFacts, NodeView
from mhv_tui.steps.node.step import STEP
from tests.steps.walked_world import page, state

Begin = Callable[..., Context]


def page_view(ctx: Context) -> NodeView:
    view = page(ctx, "node").view
    assert view is not None
    return view


def with_facts(view: NodeView, facts: NodeFacts) -> NodeView:
    """The view of other facts, with its inputs resolved again."""
    return STEP.view(view.answers, facts, view.all_answers, view.earlier)


def of_vmware(ctx: Context) -> str:
    rows = state(ctx)["cloud"]["hypervisors"]
    return next((key for key, row in rows.items() if row["service_host"] == "novavmware1"), "")
