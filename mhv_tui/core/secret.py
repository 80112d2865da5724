"""Secrets are references in files and revealed values only where they are used; neither form shows its value.

A reference is `{ env = "NAME" }`, `{ file = "PATH" }` or `{ prompt = true }`. It never holds the value itself.
A value is one line of UTF-8 text, wherever it comes from: a second line would be input of whatever reads the first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from mhv_tui.core.errors import SecretMissing
from mhv_tui.core.paths import open_regular

MOST_BYTES = 65536
"""Of a file with a secret: a larger one is something else."""
LINE_BREAK = re.compile(r"\r\n|\r|\n")
STANDARD_INPUT = re.compile(r"/dev/(stdin|fd/.*)|/proc/.*/fd/.*")

FORMS = '{ env = "NAME" }, { file = "PATH" } or { prompt = true }'


class Revealed:
    """A secret's value in memory. `repr`, `str` and format show bullets; only `.value` is the value."""

    __slots__ = ("value",)

    def __init__(self, value: str) -> None:
        self.value = value

    def __repr__(self) -> str:
        return "Revealed(••••)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Revealed) and other.value == self.value

    def __hash__(self) -> int:
        return hash(("Revealed", self.value))


@dataclass(frozen=True)
class SecretRef:
    """Where a secret is to be found; safe to print, to log and to store."""

    kind: Literal["env", "file", "prompt"]
    name: str = ""

    @classmethod
    def parse(cls, value: object) -> SecretRef:
        """From an answer file's value. Raises ValueError with what is right."""
        if isinstance(value, SecretRef):
            return value
        if isinstance(value, str):
            raise ValueError(f"a secret is written as a reference, never as its value; write {FORMS}")
        if isinstance(value, Mapping) and len(value) == 1:
            (kind, name), *_ = value.items()
            if kind == "prompt" and name is True:
                return cls("prompt")
            if kind in ("env", "file") and isinstance(name, str) and name:
                if "\0" in name:
                    raise ValueError(f"{kind} has a NUL character; write the name without it")
                return cls(kind, name)
        raise ValueError(f"is no reference to a secret; write {FORMS}")

    def plain(self) -> dict[str, str | bool]:
        """As it stands in an answer file."""
        return {"prompt": True} if self.kind == "prompt" else {self.kind: self.name}

    def __str__(self) -> str:
        return {"env": f"from ${self.name}", "file": f"from {self.name}", "prompt": "asked for"}[self.kind]


AskSecret = Callable[[str], str | None]
Called = Callable[[str, SecretRef | None], str]
"""What the answer file calls a secret of the vault ("node.password" for "compute1.password")."""


class Vault:
    """Resolves references for one run and keeps what was typed, in memory alone. `ask(name)` may prompt, or is None."""

    def __init__(self, ask: AskSecret | None = None, called: Called = lambda key, ref: key) -> None:
        self._ask = ask
        self._called = called
        self._typed: dict[str, str] = {}

    def put(self, key: str, value: str) -> None:
        """Keep what the operator typed for the answer `key` ("vcenter.password")."""
        self._typed[key] = value

    def drop(self, key: str) -> None:
        """Forget what was typed: the answer now names another place, or none."""
        self._typed.pop(key, None)

    def has(self, key: str) -> bool:
        """True where the operator has typed this secret already."""
        return key in self._typed

    def reveal(self, key: str, ref: SecretRef | None) -> Revealed:
        """The value. Raises SecretMissing with a sentence that names the answer and the remedy."""
        called = partial(self._called, key, ref)
        if key not in self._typed and ref is not None and ref.kind != "prompt":
            return Revealed(_one_line(_value(ref, called), str(ref), called))
        if key not in self._typed:
            name = called()
            answer = self._ask(name) if self._ask else None
            if answer is None:
                raise _untyped(name, ref)
            self._typed[key] = _one_line(answer, "as typed", called)
        return Revealed(_one_line(self._typed[key], "as typed", called))


def _value(ref: SecretRef, called: Callable[[], str]) -> str:
    """What a variable or a file holds, as it stands. Raises SecretMissing."""
    if ref.kind == "file":
        return _read(ref.name, called)
    value = os.environ.get(ref.name)
    if value is None:
        name = called()
        raise SecretMissing(
            name, f"{name} points at ${ref.name}, which is not set", f"export {ref.name}=... and try again"
        )
    return value


def _read(path: str, called: Callable[[], str]) -> str:
    name, remedy = called(), "Point it at a regular file that this user can read."
    try:
        if STANDARD_INPUT.fullmatch(path):
            raise OSError(0, "it is an input of this process, not a file that can be read again")
        with os.fdopen(open_regular(Path(path).expanduser()), "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise OSError(0, f"it has more than {MOST_BYTES} bytes")
        return content.decode("utf-8", "surrogateescape")
    except OSError as error:
        reason = error.strerror or "the system does not say why"
    except RuntimeError:  # of expanduser
        reason = "there is no such user"
    except ValueError:
        reason = "its name has a NUL character"
    raise SecretMissing(name, f"{name} points at the file {path}, which cannot be read: {reason}", remedy)


def _one_line(value: str, source: str, called: Callable[[], str]) -> str:
    """The value without the line break at its end. Raises SecretMissing for one that is not one line of UTF-8 text."""
    line = value.rstrip("\r\n")
    if LINE_BREAK.search(line):
        problem = f"has {len(LINE_BREAK.split(line))} lines"
    elif "\0" in line:
        problem = "has a NUL character"
    elif any("\ud800" <= sign <= "\udfff" for sign in line):
        problem = "is not UTF-8 text"
    else:
        return line
    name = called()
    remedy = "Keep the password alone there, without notes below it; a line break at its end is allowed."
    raise SecretMissing(name, f"{name} ({source}) {problem}; a secret is one line of UTF-8 text", remedy)


def _untyped(key: str, ref: SecretRef | None) -> SecretMissing:
    if ref is None:
        return SecretMissing(key, f"{key} is not given", f"write {key} = {FORMS}")
    forms = '{ env = "NAME" } or { file = "PATH" }'
    return SecretMissing(key, f"{key} is to be typed, and was not", f"run it on a terminal, or write {key} = {forms}")
