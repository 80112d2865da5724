"""The secrets of the answers: under which key the vault holds each, and what the answer file calls it.

A machine's secrets are held by its name, so that two answers that name one machine share them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mhv_tui.core.answers import Answers, fields_of
from mhv_tui.core.hosts import SECRET_KEYS
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import SecretRef

Held = tuple[str, str, SecretRef | None]
"""What the answer file calls it ("node.sudo_password"), the vault's key ("compute1.sudo_password"), and the answer."""


def held(step: str, table: Any) -> Iterator[Held]:
    """Every secret that a table of answers has a key for, given or not."""
    own = f"{table.host}" if hasattr(table, "host_key") else step
    for key, _, note in fields_of(table):
        value = getattr(table, key)
        if note.kind == "secret":
            yield f"{step}.{key}", f"{own}.{key}", value
        elif isinstance(value, SshHost):
            for inner in SECRET_KEYS:
                yield f"{step}.{key}.{inner}", f"{value.host}.{inner}", getattr(value, inner)


def place_of(answers: Answers, key: str, ref: SecretRef | None) -> str:
    """What the answer file calls the secret that the vault holds under `key`; "" where no answer is that."""
    rows = (row for step, table in answers.tables.items() for row in held(step, table))
    return next((place for place, kept, given in rows if (kept, given) == (key, ref)), "")
