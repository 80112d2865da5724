"""Secrets: references in answers and files, and values in memory. Printing either of them never shows the value.

A reference is `{ env = "NAME" }`, `{ file = "PATH" }` or `{ prompt = true }`. It never contains the value.
A value is one line of UTF-8 text: a second line could become input of the program that reads the first.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import field
from pathlib import Path
from typing import Literal

from mhv_tui.core.errors import SecretMissing
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.paths import open_regular
from mhv_tui.core.redaction import forget, remember

MOST_BYTES = 65536
"""The size of the largest accepted file with a secret, in bytes."""
LINE_BREAK = re.compile(r"\r\n|\r|\n")
STANDARD_INPUT = re.compile(r"/dev/(stdin|fd/.*)|/proc/.*/fd/.*")

FORMS = '{ env = "NAME" }, { file = "PATH" } or { prompt = true }'


class Revealed:
    """The value of a secret in memory. `repr` and `str` show bullets; only `.value` has the value."""

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
class Account:
    """The account of a secret: the names of the fields in the same table that contain the machine and the user."""

    realm: str
    """The kind of system, such as "node". Accounts of different realms share no secret."""
    machine: tuple[str, ...]
    user: tuple[str, ...] = ("username",)
    more: tuple[str, ...] = ()
    """The fields that are part of the login as well, but do not tell accounts apart, such as the project."""

    @property
    def login(self) -> tuple[str, ...]:
        """The fields of the login besides its secrets."""
        return (*self.machine, *self.user, *self.more)

    def key(self, holder: object, name: str) -> str:
        """The key of the secret `name` in the vault; `holder` is the table with the fields of the account."""
        machine = (str(getattr(holder, field)).lower().rstrip(".") for field in self.machine)
        user = (str(getattr(holder, field)) for field in self.user)
        parts = (part.replace("%", "%25").replace("/", "%2F") for part in (*machine, *user, name))
        return f"{self.realm}:{'/'.join(parts)}"

    def same_machine(self, holder: object, other: object) -> bool:
        return all(getattr(holder, field) == getattr(other, field) for field in self.machine)


@dataclass(frozen=True)
class SecretRef:
    """A reference to a secret; safe to print, to log and to store."""

    kind: Literal["env", "file", "prompt", "absent"]
    """Where the value is; "absent" if no answer refers to the secret: the operator types it if a system needs it."""
    name: str = ""
    key: str = field(default="", compare=False)
    """The key of the typed value in the vault; names machine and user, so that accounts never share a value."""
    label: str = field(default="", compare=False)
    """The name of the secret in the answer file, such as "node.sudo_password", for messages."""

    @classmethod
    def parse(cls, value: object) -> SecretRef:
        """Parses a reference from an answer file. Raises ValueError("problem; accepted form")."""
        if isinstance(value, SecretRef):
            return value
        if isinstance(value, str):
            raise ValueError(f"a secret must be written as a reference, not as its value; write {FORMS}")
        if isinstance(value, Mapping) and len(value) == 1:
            (kind, name), *_ = value.items()
            if kind == "prompt" and name is True:
                return cls("prompt")
            if kind in ("env", "file") and isinstance(name, str) and name:
                if "\0" in name:
                    raise ValueError(f"{kind}: the name has a NUL character; write the name without this character")
                return cls(kind, name)
        raise ValueError(f"the value is not a reference to a secret; write {FORMS}")

    def plain(self) -> dict[str, str | bool]:
        """The reference as an answer file contains it."""
        return {"prompt": True} if self.kind == "prompt" else {self.kind: self.name}

    def __str__(self) -> str:
        words = {"env": f"from ${self.name}", "file": f"from {self.name}", "prompt": "asked for", "absent": "not given"}
        return words[self.kind]


ABSENT = SecretRef("absent")

AskSecret = Callable[[str], str | None]
"""A function that asks the operator for the secret with a label; returns None if there is no answer."""


class Vault:
    """Resolves references to secrets in one run, and keeps typed secrets in memory only.

    A value that it has revealed or keeps is masked in every finding, event, log record and report from then on.
    """

    def __init__(self, ask: AskSecret | None = None) -> None:
        self._ask = ask
        self._typed: dict[str, str] = {}
        self._unused: set[str] = set()
        """Typed values that are masked but not revealed yet, such as the first letters of a password."""

    def put(self, ref: SecretRef, value: str) -> None:
        """Keeps the typed value of a secret. Raises ValueError if its reference has no key."""
        if not ref.key:
            raise ValueError(f"the secret {ref.label!r} has no key")
        self.drop(ref)
        self._typed[ref.key] = value
        if remember(value):
            self._unused.add(value)

    def mask(self, refs: Iterable[SecretRef]) -> None:
        """Masks the values of these references from now on, before a system gets one. Asks for none."""
        for ref in (ref for ref in refs if ref.kind in ("env", "file")):
            with suppress(SecretMissing):
                self.reveal(ref)

    def drop(self, ref: SecretRef) -> None:
        """Forgets the typed value of a secret, because its answer has changed. Masks it only if it was revealed."""
        value = self._typed.pop(ref.key, "")
        if value in self._unused and value not in self._typed.values():
            self._unused.remove(value)
            forget(value)

    def has(self, ref: SecretRef) -> bool:
        """True if the operator has typed this secret in this run."""
        return ref.key in self._typed

    def copy(self, source: SecretRef, target: SecretRef) -> None:
        """Uses the typed value of `source`, if any, also for `target`."""
        if source.key in self._typed:
            self.put(target, self._typed[source.key])

    def reveal(self, ref: SecretRef) -> Revealed:
        """The value of a secret. Raises SecretMissing, which names the answer and the remedy."""
        revealed = self._reveal(ref)
        remember(revealed.value)
        self._unused.discard(revealed.value)
        return revealed

    def _reveal(self, ref: SecretRef) -> Revealed:
        if ref.key not in self._typed and ref.kind in ("env", "file"):
            return Revealed(_one_line(_variable(ref) if ref.kind == "env" else _read(ref), ref, str(ref)))
        if ref.key in self._typed:
            typed: str | None = self._typed[ref.key]
        else:
            typed = self._ask(ref.label) if self._ask else None
        if typed is None:
            raise _untyped(ref)
        line = _one_line(typed, ref, "as typed")
        if ref.key:
            self.put(ref, line)
        return Revealed(line)


def _variable(ref: SecretRef) -> str:
    value = os.environ.get(ref.name)
    if value is None:
        problem = f"{ref.label} refers to ${ref.name}, which is not set"
        raise SecretMissing(ref.label, problem, f"run `export {ref.name}=...` and try again")
    return value


def _read(ref: SecretRef) -> str:
    try:
        if STANDARD_INPUT.fullmatch(ref.name):
            raise OSError(0, "the file is an input of this process and cannot be read a second time")
        with os.fdopen(open_regular(Path(ref.name).expanduser()), "rb") as file:
            content = file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise OSError(0, f"the file has more than {MOST_BYTES} bytes")
        return content.decode("utf-8", "surrogateescape")
    except OSError as error:
        reason = error.strerror or "unknown reason"
    except RuntimeError:  # of expanduser
        reason = "the user in this path does not exist"
    except ValueError:
        reason = "the name of the file has a NUL character"
    problem = f"{ref.label} refers to the file {ref.name}, which cannot be read: {reason}"
    raise SecretMissing(ref.label, problem, "Name a regular file that the user of mhv-tui can read.")


def _one_line(value: str, ref: SecretRef, source: str) -> str:
    """The value without the line break at its end. Raises SecretMissing if it is not one line of UTF-8 text."""
    line = value.rstrip("\r\n")
    if LINE_BREAK.search(line):
        problem = f"has {len(LINE_BREAK.split(line))} lines"
    elif "\0" in line:
        problem = "has a NUL character"
    elif any("\ud800" <= sign <= "\udfff" for sign in line):
        problem = "is not UTF-8 text"
    else:
        return line
    remedy = "The source must contain only the secret; one line break at its end is allowed."
    raise SecretMissing(ref.label, f"{ref.label} ({source}) {problem}; a secret is one line of UTF-8 text", remedy)


def _untyped(ref: SecretRef) -> SecretMissing:
    if ref.kind == "absent":
        return SecretMissing(ref.label, f"{ref.label} is not given", f"write {ref.label} = {FORMS}")
    forms = '{ env = "NAME" } or { file = "PATH" }'
    remedy = f"run mhv-tui on a terminal, or write {ref.label} = {forms}"
    return SecretMissing(ref.label, f"{ref.label} must be typed at each start, because it is never saved", remedy)
