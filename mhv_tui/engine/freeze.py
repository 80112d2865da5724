"""Converts frozen dataclasses to JSON and back, for the journal. A revealed secret is written as null."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from mhv_tui.core.changes import Json
from mhv_tui.core.secret import Revealed

PLAIN: Mapping[type, tuple[type, ...]] = {str: (str,), int: (int,), float: (int, float), bool: (bool,)}
"""Type of a field -> accepted JSON types."""


def freeze(value: object) -> Json:
    """A value converted to JSON types, without fields that are NOT_JOURNALLED; a revealed secret becomes None."""
    if isinstance(value, Revealed):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        fields = [f for f in dataclasses.fields(value) if f.metadata.get("journalled", True)]
        return {f.name: freeze(getattr(value, f.name)) for f in fields}
    if isinstance(value, (list, tuple)):
        return [freeze(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): freeze(v) for k, v in value.items()}
    return value


def thaw(kind: object, data: Json) -> Json:
    """The value of type `kind` that `freeze` converted to JSON. Ignores unknown fields; missing ones get their default.

    Raises TypeError if the JSON does not have the types of `kind`.
    """
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        if data is None and types.NoneType in arguments:
            return None
        return thaw(_matching_member(arguments, data), data)
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        return _thaw_dataclass(kind, _expect(kind, data, dict))
    if origin is tuple:
        return _thaw_tuple(kind, _expect(kind, data, list))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {k: thaw(arguments[1], v) for k, v in _expect(kind, data, dict).items()}
    return _thaw_plain(kind, data)


_hints = cache(get_type_hints)


def _thaw_dataclass(kind: type, data: dict[str, Json]) -> Json:
    hints = _hints(kind)
    names = {f.name for f in dataclasses.fields(kind)}
    return kind(**{k: thaw(hints[k], v) for k, v in data.items() if k in names})


def _thaw_tuple(kind: object, data: list[Json]) -> tuple[Any, ...]:
    arguments = get_args(kind)
    items = arguments[:1] * len(data) if arguments[-1:] == (Ellipsis,) else arguments
    if len(items) != len(data):
        raise TypeError(f"a JSON list of {len(data)} items cannot be converted to {kind}")
    return tuple(thaw(item, v) for item, v in zip(items, data, strict=True))


def _thaw_plain(kind: object, data: Json) -> Json:
    if get_origin(kind) is Literal:
        if data not in get_args(kind):
            raise TypeError(f"{data!r} is not one of {get_args(kind)}")
        return data
    if kind is Revealed:
        return _expect(kind, data, types.NoneType)
    if isinstance(kind, type) and kind in PLAIN:
        if isinstance(data, bool) and kind is not bool:
            raise TypeError(f"{data!r} is not of the type {kind.__name__}")
        return _expect(kind, data, *PLAIN[kind])
    return data


def _expect(kind: object, data: Json, *json_types: type) -> Json:
    if not isinstance(data, json_types):
        raise TypeError(f"JSON of the type {type(data).__name__} cannot be converted to {kind}")
    return data


def _matching_member(arguments: tuple[Any, ...], data: Json) -> Json:
    """The member of a union type that fits the JSON: a dataclass, a tuple for a list, or a plain type."""
    members = [a for a in arguments if a is not types.NoneType]
    if isinstance(data, dict):
        return next((m for m in members if dataclasses.is_dataclass(m)), members[0])
    if isinstance(data, list):
        return next((m for m in members if get_origin(m) is tuple), members[0])
    return next((m for m in members if not dataclasses.is_dataclass(m)), members[0])
