"""The frozen dataclass of core has the behaviour of the standard library's."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from collections.abc import Callable
from dataclasses import field
from typing import Any, ClassVar

import pytest

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class Ours:
    """A class with every kind of field."""

    KIND: ClassVar[str] = "kind"
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    secret: str = field(default="s3cret", repr=False)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", abs(self.size))


@dataclasses.dataclass(frozen=True)
class Stock:
    """The same class."""

    KIND: ClassVar[str] = "kind"
    name: str
    size: int = 3
    tags: list[str] = field(default_factory=list)
    secret: str = field(default="s3cret", repr=False)
    note: str = field(default="", compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", abs(self.size))


@dataclass(frozen=True, kw_only=True)
class Inherited(Ours):
    """A class with a field of its own that only a keyword gives, and with a text of its own."""

    place: str

    def __repr__(self) -> str:
        return f"at {self.place}"


Build = Callable[[Any], object]

SAME: list[Build] = [
    lambda kind: repr(kind("a", -4, ["x"], note="n")).replace(kind.__name__, ""),
    lambda kind: kind("a") == kind("a", note="other"),
    lambda kind: kind("a") == kind("a", 4),
    lambda kind: kind("a") == "a",
    lambda kind: hash(dataclasses.replace(kind("a", 1), tags=())) == hash(kind("a", 1, ())),
    lambda kind: dataclasses.asdict(kind(name="a", tags=["t"])),
    lambda kind: [(f.name, f.repr, f.compare) for f in dataclasses.fields(kind)],
    lambda kind: dataclasses.replace(kind("a", 5), size=-6).size,
    lambda kind: copy.deepcopy(kind("a", tags=["t"])) == pickle.loads(pickle.dumps(kind("a", tags=["t"]))),
    lambda kind: kind("a").tags is kind("a").tags,
    lambda kind: kind.__match_args__,
    lambda kind: list(vars(kind("a"))),
]
REFUSED: list[Build] = [
    lambda kind: kind(),
    lambda kind: kind("a", 1, [], "s", "n", "more"),
    lambda kind: kind("a", name="b"),
    lambda kind: kind("a", unknown=1),
    lambda kind: hash(kind("a", tags=[])),
    lambda kind: setattr(kind("a"), "name", "b"),
    lambda kind: delattr(kind("a"), "name"),
    lambda kind: setattr(kind("a"), "new", 1),
]


@pytest.mark.parametrize("build", SAME)
def test_an_instance_behaves_as_one_of_the_standard_library(build: Build) -> None:
    assert build(Ours) == build(Stock)


@pytest.mark.parametrize("build", REFUSED)
def test_what_the_standard_library_refuses_is_refused(build: Build) -> None:
    with pytest.raises((TypeError, dataclasses.FrozenInstanceError)) as stock:
        build(Stock)
    with pytest.raises(stock.type):
        build(Ours)


def test_a_class_inherits_fields_and_keeps_its_own_methods() -> None:
    inherited = Inherited("a", 2, place="here")
    assert repr(inherited) == "at here" and inherited.size == 2
    assert inherited == Inherited("a", 2, place="here") != Inherited("a", 2, place="there")
    assert inherited != Ours("a", 2)
    with pytest.raises(TypeError):
        by_position(Inherited)


def by_position(kind: Any) -> object:
    return kind("a", 2, [], "s", "n", "here")
