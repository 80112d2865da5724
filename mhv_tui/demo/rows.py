"""Converts JSON rows to the frozen dataclasses of core, by their type hints.

The rows are not validated, because mhv-tui itself contains all scenes.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from types import MappingProxyType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints

T = TypeVar("T")
Row = dict[str, Any]

_hints = cache(get_type_hints)


def value_of(kind: type[T], row: Mapping[str, Any], **more: Any) -> T:
    """Returns a value of type `kind`. Ignores keys of the row that are not fields of the type."""
    hints = _hints(kind)  # type: ignore[arg-type]
    values = {**row, **more}
    names = [f.name for f in dataclasses.fields(kind) if f.name in values]  # type: ignore[arg-type]
    return kind(**{name: _field(hints[name], values[name]) for name in names})


def values_of(kind: type[T], table: Mapping[str, Row] | None) -> tuple[T, ...]:
    """Returns the values of a table whose keys are the ids of the values."""
    return tuple(value_of(kind, row, id=key) for key, row in (table or {}).items())


def _field(hint: Any, value: Any) -> Any:
    if dataclasses.is_dataclass(hint):
        return value_of(hint, value)  # type: ignore[arg-type]
    if get_origin(hint) is tuple:
        return tuple(_field(get_args(hint)[0], v) for v in value)
    if datetime in get_args(hint) and isinstance(value, str):
        return datetime.fromisoformat(value)
    if isinstance(value, dict):
        return MappingProxyType(dict(value))
    return value
