"""The operator's answers: one frozen dataclass per page, whose fields carry their help, their rule and their kind.

A field declared with `answer_field` is a key of the answer file, a row of the template and a field of the form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

from mhv_tui.core.machine import SECRET_KEYS, SshHost
from mhv_tui.core.secret import Account, SecretRef

FieldKind = Literal["text", "int", "bool", "path", "choice", "list", "secret", "trust", "host", "day"]


@dataclass(frozen=True)
class Trust:
    """How a vCenter's certificate is verified: system, ca_file, sha256 or insecure."""

    kind: str = "system"
    value: str = ""

    def plain(self) -> str | dict[str, str]:
        """As an answer file has it."""
        return {self.kind: self.value} if self.value else self.kind


@dataclass(frozen=True)
class AnswerField:
    """What a field of an answers dataclass declares besides its name and default."""

    help: str
    kind: FieldKind
    required: bool
    choices: tuple[str, ...]
    rule: Callable[[Any], str]
    """For a parsed value: "" if it is valid, else the problem and the accepted form."""
    example: str
    advanced: bool
    """Hidden in a form at first: most installations do not need it."""
    account: Account | None = None
    """The account that a secret belongs to."""


def no_rule(value: Any) -> str:
    return ""


def answer_field(
    help: str,
    default: Any = "",
    *,
    kind: FieldKind = "text",
    required: bool = False,
    choices: tuple[str, ...] = (),
    rule: Callable[[Any], str] = no_rule,
    example: str = "",
    advanced: bool = False,
    account: Account | None = None,
) -> Any:
    """A dataclass field that is an answer. An unset required answer keeps its empty default and counts as missing.

    A secret names its account, so that its reference gets a key of its own.
    """
    if kind == "secret" and account is None:
        raise ValueError("a secret needs an account")
    field = AnswerField(help, kind, required, choices, rule, example, advanced, account)
    return dataclasses.field(default=default, metadata={"answer": field})


def fields_of(table: type[Any] | Any) -> Iterator[tuple[str, Any, AnswerField]]:
    """(key, default, field) of each answer of a table, in order."""
    for f in dataclasses.fields(table):
        if "answer" in f.metadata:
            yield f.name, f.default, cast(AnswerField, f.metadata["answer"])


def plain(value: Any) -> Any:
    """An answer's value as an answer file has it (TOML types only)."""
    if isinstance(value, (SecretRef, Trust)):
        return value.plain()
    if isinstance(value, SshHost):
        defaults = {f.name: f.default for f in dataclasses.fields(value) if f.compare}
        table = {key: plain(getattr(value, key)) for key in defaults}
        changed = {k: v for k, v in table.items() if v is not None and v != defaults[k]}
        return value.host if set(changed) == {"host"} else changed
    return list(value) if isinstance(value, tuple) else value


def _not_empty(value: str) -> str:
    return "" if value.strip() else "is empty; write it, or remove the row"


@dataclass(frozen=True)
class Accept:
    """The operator accepts the findings with this code, for a reason; without effect after `until`."""

    code: str = answer_field(
        "The code of the finding, such as CL09; `mhv-tui check` shows it before each finding. "
        "A fatal finding cannot be accepted.",
        required=True,
        rule=_not_empty,
        example="CL09",
    )
    reason: str = answer_field(
        "The reason; saved with the finding.",
        required=True,
        rule=_not_empty,
        example="shared with the build farm",
    )
    until: date | None = answer_field(
        "The last day on which it is accepted. If unset, it is always accepted.", None, kind="day", example="2027-03-01"
    )


@dataclass(frozen=True)
class Fix:
    """The operator requests the fix of the findings with this code."""

    code: str = answer_field(
        "The code of a finding with a fix, such as CL06: `mhv-tui check` shows it before each finding.",
        required=True,
        rule=_not_empty,
        example="CL06",
    )


@dataclass(frozen=True)
class RowKind:
    """A list of tables in the answer file, [[accept]] or [[fix]]: what a row is, and what the list is for."""

    kind: type[Any]
    help: str


ROWS: Mapping[str, RowKind] = MappingProxyType(
    {
        "accept": RowKind(Accept, "Findings accepted before the run, each with a reason"),
        "fix": RowKind(Fix, "Fixes requested before the run; a fix changes more than the steps need"),
    }
)


def with_secret_keys(step: str, table: Any) -> Any:
    """The table of a step; each reference to a secret gets its key, which names the account, and its label."""
    keyed: dict[str, Any] = {}
    for key, _, field in fields_of(table):
        value = getattr(table, key)
        if isinstance(value, SecretRef) and field.account:
            keyed[key] = dataclasses.replace(value, key=field.account.key(table, key), label=f"{step}.{key}")
        elif isinstance(value, SshHost):
            keyed[key] = dataclasses.replace(value, answer=f"{step}.{key}")
    return dataclasses.replace(table, **keyed) if keyed else table


def secret_of(table: Any, key: str) -> SecretRef:
    """The reference of one answer; if none is given, an absent one that can be asked for."""
    account = next(field.account for name, _, field in fields_of(table) if name == key)
    ref = getattr(table, key)
    if isinstance(ref, SecretRef) or account is None:
        return cast(SecretRef, ref)
    return SecretRef("absent", key=account.key(table, key), label=f"{account.realm}.{key}")


def secrets_of(table: Any) -> Iterator[SecretRef]:
    """Every secret that a table of answers refers to, also those of its SSH hosts."""
    for key, _, _ in fields_of(table):
        value = getattr(table, key)
        refs = [getattr(value, name) for name in SECRET_KEYS] if isinstance(value, SshHost) else [value]
        yield from (ref for ref in refs if isinstance(ref, SecretRef))


T = TypeVar("T")


@dataclass(frozen=True)
class Answers:
    """All answers of a target: a table per step, the accepted findings and the requested fixes."""

    tables: Mapping[str, Any]
    """Step id -> that step's answers dataclass; every step has one."""
    accepts: tuple[Accept, ...] = ()
    fixes: tuple[str, ...] = ()
    """Codes whose fix is requested."""
    targets: tuple[Mapping[str, Any], ...] = ()
    """The [[target]] tables, exactly as they are in the file."""

    def __post_init__(self) -> None:
        tables = {step: with_secret_keys(step, table) for step, table in self.tables.items()}
        object.__setattr__(self, "tables", MappingProxyType(tables))

    def of(self, kind: type[T]) -> T:
        """The table of this type. Raises TypeError if no step has such a table."""
        for table in self.tables.values():
            if isinstance(table, kind):
                return table
        raise TypeError(f"no step has answers of the type {kind.__name__}")

    def replace(self, step: str, **changed: Any) -> Answers:
        """A copy with some answers of one step changed."""
        table = dataclasses.replace(self.tables[step], **changed)
        return dataclasses.replace(self, tables=MappingProxyType({**self.tables, step: table}))

    def missing(self, step: str) -> tuple[str, ...]:
        """Keys of required answers without a value."""
        table = self.tables[step]
        return tuple(
            key for key, _, field in fields_of(table) if field.required and getattr(table, key) in ("", None, ())
        )
