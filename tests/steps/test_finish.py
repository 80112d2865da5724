"""The page `finish`: it asks nothing, says nothing and does nothing."""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.core.answers import fields_of
from mhv_tui.core.context import Context
from mhv_tui.steps import FLOW
from mhv_tui.steps.finish.answers import FinishAnswers
from tests.steps.built import page


def test_the_last_page_is_empty(world_of: Callable[..., Context]) -> None:
    seen = page(world_of(), "finish")
    assert FLOW[-1].id == "finish" and not list(fields_of(FinishAnswers))
    assert not seen.findings and not seen.plan and seen.facts is not None
