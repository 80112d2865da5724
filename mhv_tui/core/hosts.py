"""Parses an SSH host from a table of the answer file; reports every error at once, each with its key.

Does no I/O except expanding ~user. The rules here are also those of other answers: a port, a URL, a path, one line.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from mhv_tui.core.machine import SECRET_KEYS, SshHost
from mhv_tui.core.secret import SecretRef

HOST_KEYS = tuple(f.name for f in dataclasses.fields(SshHost) if f.compare)


class WrongHost(ValueError):
    """The errors of a host's table: `parts` has (key, "problem; accepted form") of each."""

    def __init__(self, parts: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(f"{key} {problem}" for key, problem in parts))
        self.parts = parts


def port_rule(value: int) -> str:
    """For a TCP port: "" if it is valid, else the problem and the accepted form."""
    return "" if 1 <= value <= 65535 else f"{value} is not a TCP port; write a number from 1 to 65535"


def url_rule(value: str) -> str:
    """For a URL: "" if it contains no user name or password, else the problem and the accepted form."""
    if re.search(r"//[^/?#]*@|//[^/]*:[^/]*/[^/]*@", value):
        return "contains a user name or a password; write them under the keys username and password"
    return ""


def host_key_rule(value: str) -> str:
    """For a host key's SHA-256: "" if it is valid or empty, else the problem and the accepted form."""
    if not value or re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", value):
        return ""
    return f"{value!r} is not a host key; write SHA256: and 43 characters, as `ssh-keygen -l` shows them"


def one_line(value: str) -> str:
    """For a text: "" if it is one line, else the problem and the accepted form."""
    if "\0" in value:
        return "has a NUL character; write text without it"
    return "has a line break; write one line" if "\n" in value or "\r" in value else ""


def local_path(value: str) -> str:
    """For a path on this machine: "" if it is valid, else the problem and the accepted form."""
    try:
        Path(value).expanduser()
    except RuntimeError:
        return f"begins with {value.split('/')[0]}, which has no home directory; write an absolute path"
    return one_line(value)


def kind_of(value: Any) -> str:
    """The type of a TOML value in words, such as "a number"."""
    names = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "a table"}
    times = {date: "a day", datetime: "a day with a time", time: "a time"}
    return {**names, **times}.get(type(value), type(value).__name__)


def parse_host(table: Mapping[str, Any]) -> SshHost:
    """An SSH host from a table with the keys of [node]. Raises WrongHost."""
    wrong: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            values[key] = _value(key, value)
        except ValueError as error:
            wrong.append((key, str(error)))
    if table.get("host", "") == "":
        wrong.append(("host", "is not given; write host = NAME or ADDRESS"))
    if wrong:
        raise WrongHost(tuple(wrong))
    return SshHost(**values)


def _value(key: str, value: Any) -> Any:
    if key not in HOST_KEYS:
        raise ValueError(f"is not known; the keys are {', '.join(HOST_KEYS)}")
    if key in SECRET_KEYS:
        return SecretRef.parse(value)
    if key == "port":
        is_wrong, accepted = type(value) is not int, "write a whole number"
    else:
        is_wrong, accepted = not isinstance(value, str), "write text"
    if is_wrong:
        raise ValueError(f"is {kind_of(value)}; {accepted}")
    rules: dict[str, Callable[[Any], str]] = {"port": port_rule, "key_file": local_path, "host_key": host_key_rule}
    if problem := rules.get(key, one_line)(value):
        raise ValueError(problem)
    return value
