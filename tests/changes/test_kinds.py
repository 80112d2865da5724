"""Every kind of change: a frozen dataclass over the base class, built with keywords only."""

from __future__ import annotations

import inspect
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.core.changes import Change


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_frozen_change_that_is_built_with_keywords(name: str) -> None:
    kind = KINDS[name]
    assert kind.__name__ == name and issubclass(kind, Change)
    assert {p.kind for p in inspect.signature(kind).parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert isinstance(kind.detects_all_effects, bool) and isinstance(kind.resumes_any_intent, bool)


def test_a_change_without_an_undo_cannot_be_built() -> None:
    half: type[Any] = type("Half", (Change,), {"id": "half", "summary": "half", "preview": lambda self: ""})
    with pytest.raises(TypeError, match="undo"):
        half()
