"""The page `finish`: it has no answers, findings or changes."""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.core.answers import fields_of
from mhv_tui.core.context import Context
from mhv_tui.steps import FLOW
from mhv_tui.steps.finish.answers import FinishAnswers
from tests.steps.walked_world import page


def test_the_last_page_is_empty(world_of: Callable[..., Context]) -> None:
    result = page(world_of(), "finish")
    assert FLOW[-1].id == "finish" and not list(fields_of(FinishAnswers))
    assert not result.findings and not result.plan and result.facts is not None
