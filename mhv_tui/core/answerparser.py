"""Parses the values of answers: converts TOML types to the types of an answers dataclass.

Parsing does no I/O except expanding ~user. Each error states the problem and the accepted form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from types import MappingProxyType
from typing import Any

from mhv_tui.core.answers import AnswerField, FieldKind, Trust
from mhv_tui.core.hosts import kind_of, local_path, one_line, parse_host, parse_secret
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.text import nearest, quoted


def parse(field: AnswerField, value: object) -> Any:
    """The value of one answer, converted to the type of its field. Raises ValueError("problem; accepted form")."""
    parsed = _PARSERS[field.kind](field, value)
    wrong = field.rule(parsed)
    if wrong:
        raise ValueError(wrong)
    return parsed


def _text(field: AnswerField, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(
            f"the value is {kind_of(value)}; write text" + (f', such as "{field.example}"' if field.example else "")
        )
    if problem := one_line(value):
        raise ValueError(problem)
    return value


def _path(field: AnswerField, value: object) -> str:
    path = _text(field, value)
    if problem := local_path(path):
        raise ValueError(problem)
    return path


def _int(field: AnswerField, value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValueError(f"the value is {kind_of(value)}; write a whole number")
    return value


def _bool(field: AnswerField, value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"the value is {kind_of(value)}; write true or false")
    return value


def _choice(field: AnswerField, value: object) -> str:
    if not isinstance(value, str):
        right = f'it in quotes, "{value}"' if str(value) in field.choices else f"one of {', '.join(field.choices)}"
        raise ValueError(f"the value is {kind_of(value)}; write {right}")
    if value not in field.choices:
        near = nearest(value, field.choices)
        hint = f"; did you mean {near}?" if near else f"; write one of {', '.join(field.choices)}"
        raise ValueError(f"the value {quoted(value)} is not known{hint}")
    return value


def _list(field: AnswerField, value: object) -> tuple[str, ...]:
    such = f', such as ["{field.example}"]' if field.example else ""
    if not isinstance(value, (list, tuple)):
        raise ValueError(f"the value is {kind_of(value)}; write a list of text{such}")
    for number, row in enumerate(value, 1):
        if (
            problem := one_line(row)
            if isinstance(row, str)
            else f"the value is {kind_of(row)}; write a list of text{such}"
        ):
            raise ValueError(f"entry {number}: {problem}")
        if not row.strip():
            raise ValueError(f"entry {number}: the name is empty; remove it")
        if row in value[: number - 1]:
            raise ValueError(f"entry {number}: the value {quoted(row)} is repeated; write each value once")
    return tuple(value)


def _secret(field: AnswerField, value: object) -> SecretRef:
    return parse_secret(value)


def _trust(field: AnswerField, value: object) -> Trust:
    if isinstance(value, Trust):
        return value
    if value in ("system", "insecure"):
        return Trust(value)
    if isinstance(value, Mapping) and len(value) == 1:
        (kind, text), *_ = value.items()
        if kind in ("ca_file", "sha256") and isinstance(text, str) and text:
            if problem := local_path(text):
                raise ValueError(f"{kind}: {problem}")
            return Trust(kind, _sha256(text) if kind == "sha256" else text)
    raise ValueError(
        'the value is not a trust mode; write "system", { ca_file = "PATH" }, { sha256 = "AA:BB:..." } or "insecure"'
    )


def _sha256(text: str) -> str:
    digits = text.replace(":", "").upper()
    if len(digits) != 64 or any(c not in "0123456789ABCDEF" for c in digits):
        raise ValueError("sha256: the value is not a SHA-256 thumbprint; write 32 pairs of hex digits, like AA:BB:CC")
    return ":".join(digits[i : i + 2] for i in range(0, 64, 2))


def _host(field: AnswerField, value: object) -> SshHost | str:
    if isinstance(value, SshHost) or value in field.choices:
        return value
    if isinstance(value, str):
        return parse_host({"host": value})
    if isinstance(value, Mapping):
        return parse_host(value)
    raise ValueError(
        f'the value is {kind_of(value)}; write an SSH host ("compute1") or a table with host, username, key_file, ...'
    )


def _day(field: AnswerField, value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise ValueError(f"the value is not a date; write a date without quotes, such as {field.example or '2027-03-01'}")


_PARSERS: Mapping[FieldKind, Callable[[AnswerField, object], object]] = MappingProxyType(
    {
        "text": _text,
        "int": _int,
        "bool": _bool,
        "path": _path,
        "choice": _choice,
        "list": _list,
        "secret": _secret,
        "trust": _trust,
        "host": _host,
        "day": _day,
    }
)
