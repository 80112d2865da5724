"""Frozen dataclasses to JSON and back, for the journal. A revealed secret becomes null: it is never written."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from mhv_tui.core.secret import Revealed


def freeze(value: Any) -> Any:
    """A value as JSON types."""
    if isinstance(value, Revealed):
        return None
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: freeze(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, (list, tuple)):
        return [freeze(v) for v in value]
    if isinstance(value, Mapping):
        return {str(k): freeze(v) for k, v in value.items()}
    return value


def thaw(kind: Any, data: Any) -> Any:
    """The value that `freeze` wrote. Drops fields that this version does not know; absent ones get their default."""
    if data is None:
        return None
    if dataclasses.is_dataclass(kind) and isinstance(kind, type):
        hints = get_type_hints(kind)
        names = {f.name for f in dataclasses.fields(kind)}
        return kind(**{k: thaw(hints[k], v) for k, v in data.items() if k in names})
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        return thaw(_matching_member(arguments, data), data)
    if origin is tuple:
        items = arguments[:1] * len(data) if arguments[-1:] == (Ellipsis,) else arguments
        return tuple(thaw(item, v) for item, v in zip(items, data, strict=False))
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {k: thaw(arguments[1], v) for k, v in data.items()}
    return data


def _matching_member(arguments: tuple[Any, ...], data: Any) -> Any:
    """The member of a union for this JSON: the dataclass for an object, the tuple for a list, else a plain type."""
    members = [a for a in arguments if a is not types.NoneType]
    if isinstance(data, dict):
        return next((m for m in members if dataclasses.is_dataclass(m)), members[0])
    if isinstance(data, list):
        return next((m for m in members if get_origin(m) is tuple), members[0])
    return next((m for m in members if not dataclasses.is_dataclass(m)), members[0])
