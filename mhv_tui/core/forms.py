"""Converts answers to one line of text and back, for the fields of a form and for line prompts.

Accepted are short forms (`yes`, `a, b`, `sha256 AA:BB:...`, `ubuntu@node1:22 key_file=~/.ssh/id`) and the notation of
the answer file (`{ sha256 = "AA:BB:..." }`).
"""

from __future__ import annotations

import re
import shlex
import tomllib
from datetime import date
from typing import Any

from mhv_tui.core.answerparser import parse
from mhv_tui.core.answers import AnswerField, Trust
from mhv_tui.core.hosts import HOST_KEYS
from mhv_tui.core.machine import SshHost
from mhv_tui.core.redaction import shown
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.text import host_port

QUOTED = 40
"""The most characters of a text that an error quotes; a longer one ends with an ellipsis."""

_YES = {"yes": True, "y": True, "true": True, "no": False, "n": False, "false": False}
HINTS = {
    "bool": "yes or no",
    "list": "names, separated by commas",
    "trust": "system, insecure, sha256 AA:BB:..., or ca_file PATH",
    "host": "[user@]host[:port] [key_file=PATH] [host_key=SHA256:...]",
    "secret": "type the secret (hidden, kept in memory only), or env NAME, or file PATH",
}


def show(field: AnswerField, value: Any) -> str:
    """An answer as one line of text that `take` accepts; "" for None and for a typed secret."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, Trust):
        return f"{value.kind} {value.value}".strip()
    if isinstance(value, SecretRef):
        return "" if value.kind == "prompt" else f"{value.kind} {value.name}"
    if isinstance(value, SshHost):
        return _show_host(value)
    return str(value)


def _show_host(host: SshHost) -> str:
    address = host.host if host.port == 22 else host_port(host.host, host.port)
    head = f"{host.username}@{address}" if host.username else address
    rest = []
    for key in HOST_KEYS:
        value = getattr(host, key)
        if key not in ("host", "username", "port") and value not in ("", None):
            text = f"{value.kind}:{value.name}" if isinstance(value, SecretRef) else str(value)
            rest.append(f"{key}={shlex.quote(text)}")
    return " ".join([head, *rest])


def take(field: AnswerField, text: str) -> Any:
    """Parses a line of text as an answer that is not a typed secret. Raises ValueError("problem; accepted form")."""
    text = text.strip()
    written = _written(text) if field.kind in _BEGINNINGS and text.startswith(_BEGINNINGS[field.kind]) else None
    value = _READERS.get(field.kind, str)(text) if written is None else written
    if field.kind in _NOT and isinstance(value, str):
        raise ValueError(f'"{_short(text)}" is {_NOT[field.kind]}')
    return parse(field, value)


def take_last_day(text: str, today: date) -> date | None:
    """Parses the last day of an acceptance, YYYY-MM-DD; None for "". Raises ValueError("problem; accepted form")."""
    text = text.strip()
    if not text:
        return None
    try:
        day = date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise ValueError(
            f'"{_short(text)}" is not a date; write a day as year-month-day, such as {today.year + 1}-03-01'
        )
    if day < today:
        raise ValueError(f"{day} is past; write {today} (today) or a later day")
    return day


def is_day(text: str) -> bool:
    """True if a text is only a day, YYYY-MM-DD."""
    return _DAY.fullmatch(text.strip()) is not None


def _short(text: str) -> str:
    """A text as an error quotes it."""
    return shown(text) if len(text) <= QUOTED else f"{shown(text[: QUOTED - 1])}…"


def names_secret(text: str) -> bool:
    """True if a line of text refers to a secret (`env NAME`, `file PATH`, `{ env = "NAME" }`), False if it is one."""
    kind, _, name = text.strip().partition(" ")
    return (kind in ("env", "file") and bool(name.strip())) or _reference(text.strip()) is not None


_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")

_NOT = {"bool": "neither yes nor no; write yes or no", "int": "not a number; write a whole number"}
"""Kind of answer -> what a text of another kind is, and what is accepted."""

_BEGINNINGS = {"trust": ("{", '"', "'"), "host": ("{", '"', "'"), "list": ("[",)}
"""Kind of answer -> the characters with which a value in the notation of the answer file begins."""


def _written(text: str) -> Any:
    """The value of a text in the notation of the answer file; None if the text is not valid TOML."""
    try:
        document = tomllib.loads(f"written = {text}")
    except (ValueError, RecursionError):
        return None
    return document["written"] if len(document) == 1 else None


def _reference(text: str) -> Any:
    """The table {"env": "NAME"} if a text in TOML notation refers to a secret; None for any other text."""
    written = _written(text) if text.startswith("{") else None
    try:
        return SecretRef.parse(written).plain()
    except ValueError:
        return None


def _bool(text: str) -> bool | str:
    return _YES.get(text.lower(), text)


def _int(text: str) -> int | str:
    return int(text) if text.lstrip("-").isdigit() else text


def _list(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _trust(text: str) -> str | dict[str, str]:
    kind, _, value = text.partition(" ")
    if kind not in (("ca_file", "sha256") if value else ("system", "insecure")):
        raise ValueError(f"the value is not a trust mode; write {HINTS['trust']}")
    return {kind: value.strip()} if value else kind


def _secret(text: str) -> dict[str, Any]:
    if reference := _reference(text):
        return dict(reference)
    kind, _, name = text.partition(" ")
    return {kind: name.strip()} if kind in ("env", "file") and name else {"prompt": True}


def _host(text: str) -> str | dict[str, Any]:
    try:
        head, *rest = shlex.split(text) or [""]
    except ValueError:
        raise ValueError(f"a quotation mark is not closed; write {HINTS['host']}") from None
    user, _, address = head.rpartition("@")
    host, colon, port = address.rpartition(":")
    is_ipv6 = address.startswith("[") or address.count(":") > 1
    if not colon or not port.isdigit() or (is_ipv6 and not address.startswith("[")):
        host, port = address, ""
    table: dict[str, Any] = {"host": host.strip("[]")}
    if not rest and not user and not port:
        return host.strip("[]")
    table |= {"username": user} if user else {}
    table |= {"port": int(port)} if port else {}
    for row in rest:
        key, _, value = row.partition("=")
        table[key] = _host_value(key, value)
    return table


def _host_value(key: str, value: str) -> Any:
    if key == "port":
        return _int(value)
    if key in HOST_KEYS and key.endswith(("password", "passphrase")):
        kind, _, name = value.partition(":")
        return {kind: name} if name else {"prompt": True}
    return value


_READERS = {"bool": _bool, "int": _int, "list": _list, "trust": _trust, "secret": _secret, "host": _host}
