"""Describes the answer file: as a commented template, as a JSON Schema, and key by key."""

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

FORMAT = AnswerField("The version of the format of this answer file.", "int", True, (), no_rule, str(VERSION), False)
"""The field of mhv_answers, the only key outside the tables."""

TARGET_HELP = (
    "More compute nodes, each with its own cluster: one [[target]] table for each. It overrides any key of the tables "
    "above. If [node] above has a host, that node is the first target."
)
_TARGET_EXAMPLE = ("# [[target]]", '# node.host = "novavmware2"', '# cluster.path = "/DC0/host/DC0_C1"')
_TARGET_NAME = {"type": "string", "description": "The target's name. If unset, the target has the name of its node."}


def described(schema: Schema) -> Iterator[tuple[str, Any, AnswerField]]:
    """Yields (name, default, field) of every key of an answer file; a name is `vcenter.trust`, `accept.until`, ..."""
    yield "mhv_answers", None, FORMAT
    for table, kind in (*schema.items(), *((name, rows.kind) for name, rows in ROWS.items())):
        for key, default, field in fields_of(kind):
            yield f"{table}.{key}", default, field


def template(schema: Schema, titles: Mapping[str, str]) -> str:
    """The template of an answer file: every key with its help and a value; optional keys are commented out."""
    out = [*_help(FORMAT), f"mhv_answers = {VERSION}", ""]
    for step, kind in schema.items():
        rows = list(fields_of(kind))
        if not rows:
            continue
        out += [f"# {titles[step]}", f"[{step}]"]
        for key, default, field in rows:
            out += ["", *_help(field), ("" if field.required else "# ") + _line(key, field, default)]
        out.append("")
    for name, row in ROWS.items():
        out += [f"# {row.help}; one [[{name}]] table for each", f"# [[{name}]]"]
        for key, default, field in fields_of(row.kind):
            out += ["", *_help(field), f"# {_line(key, field, default)}"]
        out.append("")
    out += [*(f"# {line}" for line in textwrap.wrap(TARGET_HELP, 96)), *_TARGET_EXAMPLE, ""]
    return "\n".join(out)


def file_help(field: AnswerField) -> str:
    """The help of an answer, with the forms that only the answer file has."""
    return f"{field.help} {_FILE_FORMS[field.kind]}" if field.kind in _FILE_FORMS else field.help


_FILE_FORMS: Mapping[str, str] = MappingProxyType(
    {"host": "Write [user@]host[:port], or a table with the keys of [node]."}
)


def _help(field: AnswerField) -> list[str]:
    words = file_help(field) + (
        f" One of: {', '.join(c.replace(' ', HARD) for c in field.choices)}." if field.choices else ""
    )
    words = re.sub(r"\{[^}]*\}", lambda m: m[0].replace(" ", HARD), words)
    lines = textwrap.wrap(words, 96, break_long_words=False, break_on_hyphens=False)
    return [f"# {line.replace(HARD, ' ')}" for line in lines]


HARD = "\0"
"""A placeholder for a space at which a line must not be wrapped."""


def _line(key: str, field: AnswerField, default: object) -> str:
    """A line `key = value  # default` or `key = value  # example`."""
    return f"{key} = {literal(field, default)}  # {_label(field, default)}"


def _label(field: AnswerField, default: object) -> str:
    return "default" if has_default(field, default) and not field.required else "example"


def has_default(field: AnswerField, default: object) -> bool:
    """True if the template shows the default of an answer; False if it shows an example instead."""
    empty = plain(default) in ("", None, [])
    return not empty or not (field.example or field.kind == "secret")


def literal(field: AnswerField, default: object) -> str:
    """The default of an answer as a TOML value; its example if it has no default."""
    value = plain(default)
    return _toml("" if value is None else value) if has_default(field, default) else example(field)


def example(field: AnswerField) -> str:
    """The example of an answer as a TOML value; "" if it has no example."""
    if field.kind == "secret":
        return '{ env = "NAME" }'
    return _toml(_EXAMPLES.get(field.kind, str)(field.example)) if field.example else ""


_EXAMPLES: Mapping[str, Callable[[str], Any]] = MappingProxyType(
    {"int": int, "day": date.fromisoformat, "list": lambda text: [text]}
)


def _toml(value: object) -> str:
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
            "items": _table(
                _properties(row.kind), tuple(key for key, _, field in fields_of(row.kind) if field.required)
            ),
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
            "target": {"type": "array", "description": TARGET_HELP, "items": _table({"name": _TARGET_NAME, **tables})},
        },
    }


def _properties(kind: type[Any]) -> dict[str, Any]:
    return {key: _property(default, field) for key, default, field in fields_of(kind)}


def _property(default: object, field: AnswerField) -> dict[str, Any]:
    rule = {"enum": list(field.choices)} if field.kind == "choice" else dict(_TYPES[field.kind])
    shown = plain(default)
    return {**rule, "description": field.help, **({"default": shown} if shown not in ("", None) else {})}
