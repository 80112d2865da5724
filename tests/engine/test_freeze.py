"""JSON of the journal becomes a change again only if it has the types of the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import pytest

from mhv_tui.core.changes import NOT_JOURNALLED
from mhv_tui.core.secret import Revealed
from mhv_tui.engine.freeze import freeze, thaw


@dataclass(frozen=True)
class Part:
    name: str
    value: str | None = None


@dataclass(frozen=True)
class Whole:
    host: Part
    size: int = 1
    share: float = 0.5
    active: bool = True
    side: Literal["left", "right"] = "left"
    parts: tuple[Part, ...] = ()
    pairs: tuple[tuple[str, int], ...] = ()
    labels: Mapping[str, int] = field(default_factory=dict)
    secret: Revealed | None = None
    secrets: tuple[Revealed, ...] = ()
    of_the_plan: bool = field(default=False, metadata=NOT_JOURNALLED)


EXAMPLE = Whole(Part("a"), 2, 1, False, "right", (Part("b", "c"),), (("d", 3),), {"e": 4})


def test_what_was_frozen_thaws_to_the_same() -> None:
    assert thaw(Whole, freeze(EXAMPLE)) == EXAMPLE
    assert thaw(Whole, {**freeze(EXAMPLE), "of_a_later_version": 1}) == EXAMPLE
    assert freeze(replace(EXAMPLE, of_the_plan=True)) == freeze(EXAMPLE)
    assert thaw(Whole, {"host": {"name": "a"}}) == Whole(Part("a"))
    assert thaw(Whole, {"host": {"name": "a"}, "secrets": [None]}).secrets == (None,)


VALUES: dict[str, list[Any]] = {
    "host": [7, None, "a", [], {}, {"name": 7}, {"name": None}, {"name": "a", "value": 7}],
    "size": ["1", None, True, 1.5, [1]],
    "share": ["1", None, True, [1]],
    "active": [1, "true", None, [], {}],
    "side": ["middle", 7, None, ["left"], {}],
    "parts": [7, None, "ab", {"name": "a"}, [7], [None]],
    "pairs": [7, "ab", [["d"]], [["d", 3, 4]], [["d", "3"]], [[3, 3]]],
    "labels": [7, None, "ab", [1], {"e": "4"}, {"e": None}],
    "secret": ["hunter2", 7, {"value": "x"}],
    "secrets": ["x", ["x"], [7], None],
}
WRONG = [(key, value) for key, values in VALUES.items() for value in values]


@pytest.mark.parametrize(("key", "value"), WRONG)
def test_a_value_of_another_type_is_refused(key: str, value: object) -> None:
    with pytest.raises(TypeError):
        thaw(Whole, {**freeze(EXAMPLE), key: value})


@pytest.mark.parametrize("data", [7, None, "a", [], True, {}])
def test_what_is_no_object_of_the_kind_is_refused(data: object) -> None:
    with pytest.raises(TypeError):
        thaw(Whole, data)
