"""Reads mhv-tui.json of a recording: what `mhv-tui record` has found out besides the objects."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from mhv_tui.core import vsphere
from mhv_tui.demo.rows import value_of

TYPES: Mapping[str, type | tuple[type, ...]] = {
    **{"made_at": str, "vcenter": dict, "certificate": dict, "privileges": list, "answers": dict},
    **{"vcenter.host": str, "vcenter.port": int, "vcenter.username": str, "skew": (int, float)},
    **{"certificate.sha256": str, "certificate.pem": str, "certificate.names": list, "certificate.issuer": str},
    **{"certificate.not_after": str, "certificate.problem": str, "certificate.self_signed": bool},
}
"""The types of the values that are used, by their paths."""

YEARS = range(2000, 3000)
MOST_SKEW = 1e9
"""Seconds between two clocks."""

REQUIRED = ("made_at", "vcenter.host", "vcenter.port", "vcenter.username", "certificate.sha256", "certificate.pem")
ANSWERS = ("vcenter", "cluster", "datastore", "network")
"""The tables of answers that a recording can have."""


def about_of(content: bytes) -> dict[str, Any]:
    """Returns the document. Raises ValueError if it is none, or if a value has another type."""
    document = json.loads(content)
    if not isinstance(document, dict):
        raise ValueError("it contains no JSON object")
    json.dumps(document, ensure_ascii=False).encode()  # a text that is no Unicode is a ValueError
    values = {path: _at(document, path) for path in TYPES}
    wrong = [path for path, value in values.items() if value is not None and not isinstance(value, TYPES[path])]
    wrong += [path for path in REQUIRED if values[path] is None]
    wrong += [f"privileges[{number}]" for number in _wrong_rows(document.get("privileges") or [])]
    tables = document.get("answers") or {}
    if _has_null(tables) or (isinstance(tables, dict) and not all(isinstance(row, dict) for row in tables.values())):
        wrong.append("answers")
    names = values["certificate.names"]
    if isinstance(names, list) and not all(isinstance(name, str) for name in names):
        wrong.append("certificate.names")
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is missing or has a wrong type")
    time = time_of(document)
    if time is None or time.tzinfo is None or time.year not in YEARS or abs(document.get("skew") or 0) > MOST_SKEW:
        raise ValueError("made_at or skew is no time that a clock can have")
    return document


def time_of(about: Mapping[str, Any]) -> datetime | None:
    """Returns when the recording was made; None if it does not say so."""
    return datetime.fromisoformat(about["made_at"]) if about else None


def certificate_of(about: Mapping[str, Any]) -> vsphere.Certificate:
    """Returns the recorded certificate of vCenter."""
    return value_of(vsphere.Certificate, about["certificate"])


def answers_in(about: Mapping[str, Any]) -> dict[str, Any]:
    """Returns the tables of answers with which the vCenter was recorded."""
    return {step: table for step, table in (about.get("answers") or {}).items() if step in ANSWERS}


def _at(document: Mapping[str, Any], path: str) -> object:
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _has_null(table: object) -> bool:
    """Whether a value at any depth of a table is null, which TOML does not have."""
    values = table.values() if isinstance(table, dict) else table if isinstance(table, list) else ()
    return any(value is None or _has_null(value) for value in values)


def _wrong_rows(rows: list[Any]) -> Iterator[int]:
    for number, row in enumerate(rows):
        lists = [row.get("objects"), row.get("granted")] if isinstance(row, dict) else [None]
        if not all(isinstance(names, list) and all(isinstance(name, str) for name in names) for names in lists):
            yield number
