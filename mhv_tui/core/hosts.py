"""Parses an SSH host from a table of the answer file. Reports all errors at once, each with its key.

Parsing does no I/O except expanding ~user. Other answers use the rules of this module, too: port, URL, path, one line.
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
from mhv_tui.core.text import nearest, quoted

HOST_KEYS = tuple(f.name for f in dataclasses.fields(SshHost) if f.compare)


class WrongHost(ValueError):
    """The table of an SSH host has errors: `parts` has (key, "problem; accepted form") for each error.

    As one text, for a message that names the answer, a problem of the host itself does not name the key `host`.
    """

    def __init__(self, parts: tuple[tuple[str, str], ...]) -> None:
        super().__init__("; ".join(problem if key == "host" else f"{key}: {problem}" for key, problem in parts))
        self.parts = parts


def port_rule(value: int) -> str:
    """Checks a TCP port; returns "" if it is valid, else the problem and the accepted form."""
    return "" if 1 <= value <= 65535 else f"{value} is not a TCP port; write a number from 1 to 65535"


LOGIN = "contains a user name or a password; write them under the keys username and password"


def url_rule(value: str) -> str:
    """Checks an HTTP URL without user name and password; returns "" or the problem and the accepted form."""
    if re.search(r"(^|//)[^/?#]*@|//[^/]*:[^/]*/[^/]*@", value):
        return f"the URL {LOGIN}"
    if value and not re.match(r"https?://[^/\s]", value):
        return f"{quoted(value)} is not a URL; write https:// or http://, the host and the port"
    return ""


def host_rule(value: str) -> str:
    """Checks a host name or address without a login and a port; returns "" or the problem and the accepted form."""
    if "@" in value:
        return f"the host {LOGIN}"
    if problem := one_line(value):
        return problem
    if re.search(r"[\s/\[\]]", value) or re.fullmatch("[^:]*:[^:]*", value):
        return f"{quoted(value)} is not a host name or address; write it without ssh://, brackets, spaces and port"
    return ""


def proxy_rule(value: str) -> str:
    """Checks that [user@]host[:port] has no password; returns "" or the problem and the accepted form."""
    if re.search(r":[^@,]*@", value.replace("ssh://", "")):
        return "the jump host contains a password; write [user@]host[:port] and use a key for the login"
    return one_line(value)


def host_key_rule(value: str) -> str:
    """Checks the form of a SHA-256 of a host key. Returns "" if valid or empty, else the problem and the right form."""
    if not value or re.fullmatch(r"SHA256:[A-Za-z0-9+/]{43}", value):
        return ""
    return f"{quoted(value)} is not a host key; write SHA256: and 43 characters, such as `ssh-keygen -l` shows"


def one_line(value: str) -> str:
    """Checks that a text is one line; returns "" or the problem and the accepted form."""
    if "\0" in value:
        return "the text has a NUL character; write text without this character"
    return "the text has a line break; write one line" if "\n" in value or "\r" in value else ""


def local_path(value: str) -> str:
    """Checks a path on this machine; returns "" if it is valid, else the problem and the accepted form."""
    try:
        Path(value).expanduser()
    except RuntimeError:
        return f"the user {value.split('/')[0]} has no home directory; write an absolute path"
    return one_line(value)


def kind_of(value: Any) -> str:
    """The type of a TOML value in words, such as "a number"."""
    names = {
        bool: "true or false",
        int: "a number",
        float: "a number with a point",
        str: "text",
        list: "a list",
        dict: "a table",
    }
    times = {date: "a day", datetime: "a day with a time", time: "a time"}
    return {**names, **times}.get(type(value), type(value).__name__)


def parse_secret(value: object) -> SecretRef:
    """Parses a reference to a secret, with the name of its variable or file. Raises ValueError."""
    ref = SecretRef.parse(value)
    if ref.kind == "env" and not re.fullmatch("[A-Za-z_][A-Za-z0-9_]*", ref.name):
        raise ValueError("env: the value is not the name of a variable; write letters, digits and _, without $")
    if ref.kind == "file" and (problem := local_path(ref.name)):
        raise ValueError(f"file: {problem}")
    return ref


def parse_host(table: Mapping[str, Any]) -> SshHost:
    """Parses an SSH host from a table with the keys of [node]. Raises WrongHost with all errors."""
    wrong: list[tuple[str, str]] = []
    values: dict[str, Any] = {}
    for key, value in table.items():
        try:
            values[key] = _value(key, value)
        except ValueError as error:
            wrong.append((key, str(error)))
    if table.get("host", "") == "":
        wrong.append(("host", "the host is missing; write its name or address"))
    if wrong:
        raise WrongHost(tuple(wrong))
    return SshHost(**values)


def _value(key: str, value: Any) -> Any:
    if key not in HOST_KEYS:
        near = nearest(key, HOST_KEYS)
        right = f"did you mean {near}?" if near else f"the known keys are {', '.join(HOST_KEYS)}"
        raise ValueError(f"the key is not known; {right}")
    if key in SECRET_KEYS:
        return parse_secret(value)
    if key == "port":
        is_wrong, accepted = type(value) is not int, "write a whole number"
    else:
        is_wrong, accepted = not isinstance(value, str), "write text"
    if is_wrong:
        raise ValueError(f"the value is {kind_of(value)}; {accepted}")
    rules: dict[str, Callable[[Any], str]] = {"port": port_rule, "key_file": local_path, "host_key": host_key_rule}
    rules |= {"host": host_rule, "proxy": proxy_rule}
    if problem := rules.get(key, one_line)(value):
        raise ValueError(problem)
    return value
