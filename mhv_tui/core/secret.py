"""Secrets are references in files and revealed values only where they are used; neither form shows its value.

A reference is `{ env = "NAME" }`, `{ file = "PATH" }` or `{ prompt = true }`. It never holds the value itself.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from mhv_tui.core.errors import SecretMissing

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
        if key in self._typed:
            return Revealed(self._typed[key])
        if ref is None or ref.kind == "prompt":
            name = self._called(key, ref)
            typed = self._ask(name) if self._ask else None
            if typed is None:
                raise _untyped(name, ref)
            self._typed[key] = typed
            return Revealed(typed)
        value = os.environ.get(ref.name) if ref.kind == "env" else None
        if ref.kind == "env" and value is None:
            name = self._called(key, ref)
            raise SecretMissing(
                name, f"{name} points at ${ref.name}, which is not set", f"export {ref.name}=... and try again"
            )
        return Revealed(_read(ref.name, lambda: self._called(key, ref)) if value is None else value)


def _read(path: str, called: Callable[[], str]) -> str:
    try:
        return Path(path).expanduser().read_text(encoding="utf-8").rstrip("\r\n")
    except OSError as error:
        reason = error.strerror or "the system does not say why"
    except RuntimeError:  # of expanduser
        reason = "there is no such user"
    except UnicodeDecodeError:
        reason = "it is not text"
    except ValueError:
        reason = "its name has a NUL character"
    name = called()
    raise SecretMissing(
        name, f"{name} points at the file {path}, which cannot be read: {reason}", "mend the path or its mode"
    )


def _untyped(key: str, ref: SecretRef | None) -> SecretMissing:
    if ref is None:
        return SecretMissing(key, f"{key} is not given", f"write {key} = {FORMS}")
    forms = '{ env = "NAME" } or { file = "PATH" }'
    return SecretMissing(key, f"{key} is to be typed, and was not", f"run it on a terminal, or write {key} = {forms}")
