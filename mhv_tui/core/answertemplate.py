"""The answer file described: as a commented template, as a JSON Schema, and key by key."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answerfile import VERSION, Schema
from mhv_tui.core.answers import ROWS, Ask, asks_of, no_rule, plain
from mhv_tui.core.hosts import HOST_KEYS, SECRET_KEYS

FORMAT = Ask("The version of this file's format.", "int", True, (), no_rule, str(VERSION), False)
"""The one key outside the tables, mhv_answers."""


def described(schema: Schema) -> Iterator[tuple[str, Any, Ask]]:
    """(name, default, Ask) of everything an answer file can hold, such as `vcenter.trust` and `accept.until`."""
    yield "mhv_answers", None, FORMAT
    for table, kind in (*schema.items(), *((name, rows.kind) for name, rows in ROWS.items())):
        for key, default, note in asks_of(kind):
            yield f"{table}.{key}", default, note


def template(schema: Schema, titles: Mapping[str, str]) -> str:
    """Every key with its help and its default, commented out where it need not be given."""
    out = [*_help(FORMAT), f"mhv_answers = {VERSION}", ""]
    for step, kind in schema.items():
        rows = list(asks_of(kind))
        if not rows:
            continue
        out += [f"# {titles[step]}", f"[{step}]"]
        for key, default, note in rows:
            out += ["", *_help(note), ("" if note.required else "# ") + f"{key} = {_literal(note, default)}"]
        out.append("")
    for name, row in ROWS.items():
        out += [f"# {row.help}; one [[{name}]] for each", f"# [[{name}]]"]
        for key, default, note in asks_of(row.kind):
            out += ["", *_help(note), f"# {key} = {_literal(note, default)}"]
        out.append("")
    return "\n".join(out)


def _help(note: Ask) -> list[str]:
    words = note.help + (f" One of: {', '.join(note.choices)}." if note.choices else "")
    return [f"# {line}" for line in textwrap.wrap(words, 96)]


def _literal(note: Ask, default: Any) -> str:
    value = plain(default)
    if value in ("", None, []) and note.kind == "secret":
        return '{ env = "NAME" }'
    if value in ("", None, []) and note.example:
        value = {"list": [note.example]}.get(note.kind, note.example)
    if note.kind == "day" and isinstance(value, str):
        value = date.fromisoformat(value)
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return _toml("" if value is None else value)


def _toml(value: Any) -> str:
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()


def _table(properties: Mapping[str, Any], required: tuple[str, ...] = ()) -> dict[str, Any]:
    needed = {"required": list(required)} if required else {}
    return {"type": "object", "additionalProperties": False, **needed, "properties": dict(properties)}


_NAME = {"type": "string", "minLength": 1}
_SECRET = {"oneOf": [_table({k: r}, (k,)) for k, r in {"env": _NAME, "file": _NAME, "prompt": {"const": True}}.items()]}
_HOST_TYPES = {key: _SECRET if key in SECRET_KEYS else {"type": "string"} for key in HOST_KEYS} | {
    "host": _NAME,
    "port": {"type": "integer", "minimum": 1, "maximum": 65535},
}
_TYPES: Mapping[str, dict[str, Any]] = MappingProxyType(
    {
        "text": {"type": "string"},
        "path": {"type": "string"},
        "int": {"type": "integer"},
        "bool": {"type": "boolean"},
        "list": {"type": "array", "items": {"type": "string"}},
        "day": {"type": "string", "format": "date"},
        "secret": _SECRET,
        "host": {"oneOf": [{"type": "string"}, _table(_HOST_TYPES, ("host",))]},
        "trust": {
            "oneOf": [
                {"enum": ["system", "insecure"]},
                _table({"ca_file": _NAME}, ("ca_file",)),
                _table({"sha256": {"type": "string", "pattern": "^([0-9A-Fa-f]{2}:?){32}$"}}, ("sha256",)),
            ]
        },
    }
)


def json_schema(schema: Schema) -> dict[str, Any]:
    """The answer file as JSON Schema (2020-12)."""
    tables = {step: _table(_properties(kind)) for step, kind in schema.items()}
    lists = {
        name: {
            "type": "array",
            "description": f"{row.help}.",
            "items": _table(_properties(row.kind), tuple(key for key, _, note in asks_of(row.kind) if note.required)),
        }
        for name, row in ROWS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "mhv-tui answers",
        "type": "object",
        "required": ["mhv_answers"],
        "additionalProperties": False,
        "properties": {
            "mhv_answers": {"type": "integer", "const": VERSION, "description": FORMAT.help},
            **tables,
            **lists,
            "target": {"type": "array", "items": _table(tables)},
        },
    }


def _properties(kind: type[Any]) -> dict[str, Any]:
    return {key: _property(default, note) for key, default, note in asks_of(kind)}


def _property(default: Any, note: Ask) -> dict[str, Any]:
    rule = {"enum": list(note.choices)} if note.kind == "choice" else dict(_TYPES[note.kind])
    shown = plain(default)
    return {**rule, "description": note.help, **({"default": shown} if shown not in ("", None) else {})}
