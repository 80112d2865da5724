"""The answer file described: as a commented template, as a JSON Schema, and key by key."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answerfile import VERSION, Schema
from mhv_tui.core.answers import ROWS, AnswerField, fields_of, no_rule, plain
from mhv_tui.core.hosts import HOST_KEYS
from mhv_tui.core.machine import SECRET_KEYS

FORMAT = AnswerField("The version of this file's format.", "int", True, (), no_rule, str(VERSION), False)
"""The one key outside the tables, mhv_answers."""


def described(schema: Schema) -> Iterator[tuple[str, Any, AnswerField]]:
    """(name, default, Ask) of everything an answer file can hold, such as `vcenter.trust` and `accept.until`."""
    yield "mhv_answers", None, FORMAT
    for table, kind in (*schema.items(), *((name, rows.kind) for name, rows in ROWS.items())):
        for key, default, note in fields_of(kind):
            yield f"{table}.{key}", default, note


def template(schema: Schema, titles: Mapping[str, str]) -> str:
    """Every key with its help and its default or an example, commented out where it need not be given."""
    out = [*_help(FORMAT), f"mhv_answers = {VERSION}", ""]
    for step, kind in schema.items():
        rows = list(fields_of(kind))
        if not rows:
            continue
        out += [f"# {titles[step]}", f"[{step}]"]
        for key, default, note in rows:
            out += ["", *_help(note), ("" if note.required else "# ") + _line(key, note, default)]
        out.append("")
    for name, row in ROWS.items():
        out += [f"# {row.help}; one [[{name}]] for each", f"# [[{name}]]"]
        for key, default, note in fields_of(row.kind):
            out += ["", *_help(note), f"# {_line(key, note, default)}"]
        out.append("")
    return "\n".join(out)


def _help(note: AnswerField) -> list[str]:
    words = note.help + (f" One of: {', '.join(c.replace(' ', HARD) for c in note.choices)}." if note.choices else "")
    words = re.sub(r"\{[^}]*\}", lambda m: m[0].replace(" ", HARD), words)
    lines = textwrap.wrap(words, 96, break_long_words=False, break_on_hyphens=False)
    return [f"# {line.replace(HARD, ' ')}" for line in lines]


HARD = "\0"
"""Stands for a blank at which a line must not be broken."""


def _line(key: str, note: AnswerField, default: Any) -> str:
    """An assignment; what it is worth stands behind it, as a default and an example look alike."""
    return f"{key} = {literal(note, default)}  # {_worth(note, default)}"


def _worth(note: AnswerField, default: Any) -> str:
    return "default" if is_given(note, default) and not note.required else "for example"


def is_given(note: AnswerField, default: Any) -> bool:
    """True where an answer that is left out has this default, be it empty; False where an example stands for it."""
    empty = plain(default) in ("", None, [])
    return not empty or not (note.example or note.kind == "secret")


def literal(note: AnswerField, default: Any) -> str:
    """The default as TOML; where there is none, the example."""
    value = plain(default)
    return _toml("" if value is None else value) if is_given(note, default) else example(note)


def example(note: AnswerField) -> str:
    """The example as TOML; "" where there is none."""
    if note.kind == "secret":
        return '{ env = "NAME" }'
    return _toml(_EXAMPLES.get(note.kind, str)(note.example)) if note.example else ""


_EXAMPLES: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"int": int, "day": date.fromisoformat, "list": lambda text: [text]}
)


def _toml(value: Any) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
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
            "items": _table(_properties(row.kind), tuple(key for key, _, note in fields_of(row.kind) if note.required)),
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
    return {key: _property(default, note) for key, default, note in fields_of(kind)}


def _property(default: Any, note: AnswerField) -> dict[str, Any]:
    rule = {"enum": list(note.choices)} if note.kind == "choice" else dict(_TYPES[note.kind])
    shown = plain(default)
    return {**rule, "description": note.help, **({"default": shown} if shown not in ("", None) else {})}
