"""Reads the TOML tables of the package `domain`, each once and only if it is needed."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Generic, TypeVar

T = TypeVar("T")


@cache
def read(name: str) -> dict[str, Any]:
    """Returns the parsed table `name`.toml, a file beside this module."""
    text = Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


class LazyTable(Mapping[str, T], Generic[T]):
    """A read-only mapping that loads its rows when it is first used, so that imports stay fast."""

    def __init__(self, load: Callable[[], dict[str, T]]) -> None:
        self._load = cache(load)

    def __getitem__(self, key: str) -> T:
        return self._load()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._load())

    def __len__(self) -> int:
        return len(self._load())
