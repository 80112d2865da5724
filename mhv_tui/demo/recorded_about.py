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
    document = _without_null(json.loads(content))
    if not isinstance(document, dict):
        raise ValueError("it contains no JSON object")
    json.dumps(document, ensure_ascii=False).encode()  # a text that is no Unicode is a ValueError
    values = {path: _at(document, path) for path in TYPES}
    wrong = [path for path, value in values.items() if value is not None and not isinstance(value, TYPES[path])]
    wrong += [path for path in REQUIRED if values[path] is None]
    if not wrong:
        wrong = list(_wrong_parts(document))
    if wrong:
        raise ValueError(f"{', '.join(wrong)} is missing or has a wrong type")
    time = time_of(document)
    if time is None or time.tzinfo is None or time.year not in YEARS or not abs(document.get("skew", 0)) < MOST_SKEW:
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
    return {step: table for step, table in about.get("answers", {}).items() if step in ANSWERS}


def _at(document: Mapping[str, Any], path: str) -> object:
    value: object = document
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def _without_null(value: Any) -> Any:
    """The value without null at any depth, which TOML does not have."""
    if isinstance(value, dict):
        return {key: _without_null(item) for key, item in value.items() if item is not None}
    return [_without_null(item) for item in value if item is not None] if isinstance(value, list) else value


def _wrong_parts(document: Mapping[str, Any]) -> Iterator[str]:
    """The paths of lists and tables whose items have a wrong type."""
    if not _are_texts(document["certificate"].get("names", [])):
        yield "certificate.names"
    yield from (f"answers.{step}" for step, row in document.get("answers", {}).items() if not isinstance(row, dict))
    for number, row in enumerate(document.get("privileges", ())):
        if not (isinstance(row, dict) and _are_texts(row.get("objects")) and _are_texts(row.get("granted"))):
            yield f"privileges[{number}]"


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
