"""The operator's answers: one frozen dataclass per page, whose fields carry their help, their rule and their kind.

A field declared with `answer_field` is a key of the answer file, a row of the template and a field of the form.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Literal, TypeVar, cast

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.machine import SECRET_KEYS, SshHost
from mhv_tui.core.secret import Account, SecretRef

FieldKind = Literal["text", "int", "bool", "path", "choice", "list", "secret", "trust", "host", "day"]
T = TypeVar("T")


@dataclass(frozen=True)
class Trust:
    """How a vCenter's certificate is verified: system, ca_file, sha256 or insecure."""

    kind: str = "system"
    value: str = ""

    def plain(self) -> str | dict[str, str]:
        """The trust mode as an answer file contains it: a text or a table."""
        return {self.kind: self.value} if self.value else self.kind


@dataclass(frozen=True)
class AnswerField:
    """What a field of an answers dataclass declares besides its name and default."""

    about: str | Callable[[], str]
    """The help, or a function that makes it when somebody reads it."""
    kind: FieldKind
    required: bool
    values: tuple[str, ...] | Callable[[], tuple[str, ...]]
    """The choices, or a function that returns them when somebody reads them."""
    rule: Callable[[Any], str]
    """Checks a parsed value; returns "" if it is valid, else the problem and the accepted form."""
    example: str
    advanced: bool
    """True if a form hides the field at first, because most installations do not need it."""
    account: Account | None = None
    """The account of a field that is a secret; None for other fields."""
    only_if: tuple[str, Any] | None = None
    """(key, value): another answer of the page that must have this value; else the field has no effect."""
    empty: str = ""
    """What an empty answer means, if no default says so."""

    @property
    def help(self) -> str:
        return self.about() if callable(self.about) else self.about

    @property
    def choices(self) -> tuple[str, ...]:
        return self.values() if callable(self.values) else self.values


def no_rule(value: Any) -> str:
    return ""


def answer_field(
    help: str | Callable[[], str],
    default: Any = "",
    *,
    kind: FieldKind = "text",
    required: bool = False,
    choices: tuple[str, ...] | Callable[[], tuple[str, ...]] = (),
    rule: Callable[[Any], str] = no_rule,
    example: str = "",
    advanced: bool = False,
    account: Account | None = None,
    only_if: tuple[str, Any] | None = None,
    empty: str = "",
) -> Any:
    """Declares a dataclass field as an answer. A required answer without a value keeps its empty default.

    A secret needs `account`, which gives its reference a key of its own in the vault. Functions for `help` and
    `choices` are called only if they are read, so that no table has to be read before the first screen.
    """
    if kind == "secret" and account is None:
        raise ValueError("a secret needs an account")
    field = AnswerField(help, kind, required, choices, rule, example, advanced, account, only_if, empty)
    return dataclasses.field(default=default, metadata={"answer": field})


def fields_of(table: type[Any] | Any) -> Iterator[tuple[str, Any, AnswerField]]:
    """Yields (key, default, field) of each answer of an answers dataclass, in the order of declaration."""
    for f in dataclasses.fields(table):
        if "answer" in f.metadata:
            yield f.name, f.default, cast(AnswerField, f.metadata["answer"])


def applies(table: Any, key: str) -> bool:
    """False if an answer is not set and another answer of its table makes it useless."""
    default, field = _declared(table, key)
    if field.only_if is None or getattr(table, key) != default:
        return True
    other, value = field.only_if
    return bool(getattr(table, other) == value)


def is_folded(table: Any, key: str) -> bool:
    """True if every interface hides an answer at first: it is advanced and not set."""
    default, field = _declared(table, key)
    return field.advanced and bool(getattr(table, key) == default)


def is_of_login(table: Any, key: str) -> bool:
    """True if an answer is part of a login: a half-typed one is never tried, because failed logins lock accounts."""
    is_login = _declared(table, key)[1].kind in ("secret", "host")
    return is_login or any(field.account and key in field.account.login for _, _, field in fields_of(table))


def _declared(table: Any, key: str) -> tuple[Any, AnswerField]:
    return next((default, field) for name, default, field in fields_of(table) if name == key)


def plain(value: Any) -> Any:
    """The value of an answer as an answer file contains it, in TOML types only."""
    if isinstance(value, (SecretRef, Trust)):
        return value.plain()
    if isinstance(value, SshHost):
        defaults = {f.name: f.default for f in dataclasses.fields(value) if f.compare}
        table = {key: plain(getattr(value, key)) for key in defaults}
        changed = {k: v for k, v in table.items() if v is not None and v != defaults[k]}
        return value.host if set(changed) == {"host"} else changed
    return list(value) if isinstance(value, tuple) else value


def _not_empty(value: str) -> str:
    return "" if value.strip() else "the value is empty; write a value, or remove this row"


@dataclass(frozen=True)
class Accept:
    """An [[accept]] row: the operator accepts the findings with this code, at the latest until the day `until`."""

    code: str = answer_field(
        "The code of the finding, such as CL09; `mhv-tui check` shows the code before each finding. "
        "`mhv-tui explain CODE` shows whether it can be accepted.",
        required=True,
        rule=_not_empty,
        example="CL09",
    )
    reason: str = answer_field(
        "The reason why the finding is accepted; saved with the finding.",
        required=True,
        rule=_not_empty,
        example="shared with the build farm",
    )
    until: date | None = answer_field(
        "The last day on which the finding is accepted. If unset, it is always accepted.",
        None,
        kind="day",
        example="2027-03-01",
    )


def with_last_day(reason: str, until: date | None) -> str:
    """Returns the reason of an acceptance with its last day, if it has one."""
    return f"{reason} (until {until})" if until else reason


@dataclass(frozen=True)
class Fix:
    """A [[fix]] row: the operator requests the fix of the findings with this code, or only of one subject's."""

    code: str = answer_field(
        "The code of a finding that has a fix, such as CL06; `mhv-tui check` shows the code before each finding.",
        required=True,
        rule=_not_empty,
        example="CL06",
    )
    subject: str = answer_field(
        "Which of these findings is fixed, such as the image's name. If unset, all of them are fixed.",
        example="web-1",
    )


@dataclass(frozen=True)
class RowKind:
    """A list of tables in the answer file, [[accept]] or [[fix]]: the class of its rows, and its purpose."""

    kind: type[Any]
    help: str


ROWS: Mapping[str, RowKind] = MappingProxyType(
    {
        "accept": RowKind(Accept, "Findings accepted before the run, each with a reason"),
        "fix": RowKind(Fix, "Fixes of findings, each made only if it is requested here"),
    }
)


def with_secret_keys(step: str, table: Any) -> Any:
    """A copy of a step's answers in which each reference to a secret has its key (the account) and its label."""
    keyed: dict[str, Any] = {}
    for key, _, field in fields_of(table):
        value = getattr(table, key)
        if isinstance(value, SecretRef) and field.account:
            keyed[key] = dataclasses.replace(value, key=field.account.key(table, key), label=f"{step}.{key}")
        elif isinstance(value, SshHost):
            keyed[key] = dataclasses.replace(value, answer=f"{step}.{key}")
    return dataclasses.replace(table, **keyed) if keyed else table


def secret_of(table: Any, key: str) -> SecretRef:
    """The reference to the secret of one answer; if the answer is unset, a reference of the kind "absent"."""
    account = next(field.account for name, _, field in fields_of(table) if name == key)
    ref = getattr(table, key)
    if isinstance(ref, SecretRef) or account is None:
        return cast(SecretRef, ref)
    return SecretRef("absent", key=account.key(table, key), label=f"{account.realm}.{key}")


def secrets_of(table: Any) -> Iterator[SecretRef]:
    """Yields each reference to a secret in the answers of a step, also those of its SSH hosts."""
    for key, _, _ in fields_of(table):
        value = getattr(table, key)
        refs = [getattr(value, name) for name in SECRET_KEYS] if isinstance(value, SshHost) else [value]
        yield from (ref for ref in refs if isinstance(ref, SecretRef))


@dataclass(frozen=True)
class TargetRow:
    """A [[target]] table: the answers in which a target differs from the tables of the file."""

    name: str = ""
    """The name of the target; if empty, the target has the name of its node."""
    tables: Mapping[str, Mapping[str, Any]] = dataclasses.field(default_factory=lambda: MappingProxyType({}))
    """Step id -> key -> parsed value."""


@dataclass(frozen=True)
class Answers:
    """All answers of a target: one table per step, the accepted findings and the requested fixes."""

    tables: Mapping[str, Any]
    """Step id -> the answers of this step, an instance of its dataclass; every step has one."""
    accepts: tuple[Accept, ...] = ()
    fixes: tuple[str, ...] = ()
    """Codes of the findings whose fix is requested for every subject."""
    single_fixes: tuple[Fix, ...] = ()
    """The fixes that are requested for one subject only."""
    targets: tuple[TargetRow, ...] = ()
    """The [[target]] tables; `core.targets.targets_of` combines them with the other tables."""

    def __post_init__(self) -> None:
        tables = {step: with_secret_keys(step, table) for step, table in self.tables.items()}
        object.__setattr__(self, "tables", MappingProxyType(tables))

    def of(self, kind: type[T]) -> T:
        """The answers that have this type. Raises TypeError if no step has answers of this type."""
        for table in self.tables.values():
            if isinstance(table, kind):
                return table
        raise TypeError(f"no step has answers of the type {kind.__name__}")

    def replace(self, step: str, **changed: Any) -> Answers:
        """A copy of all answers, in which some answers of one step have new values."""
        table = dataclasses.replace(self.tables[step], **changed)
        return dataclasses.replace(self, tables={**self.tables, step: table})

    def acceptance(self, code: str) -> Accept | None:
        """The [[accept]] row of a code; None if there is none. Its day `until` may be over."""
        return next((row for row in self.accepts if row.code == code), None)

    def with_accept(self, accept: Accept) -> Answers:
        """A copy with this [[accept]] row instead of an earlier row with the same code."""
        return dataclasses.replace(self, accepts=(*self.without_accept(accept.code).accepts, accept))

    def without_accept(self, code: str) -> Answers:
        """A copy without an [[accept]] row of this code."""
        return dataclasses.replace(self, accepts=tuple(row for row in self.accepts if row.code != code))

    def with_fix(self, code: str, requested: bool = True, subject: str = "") -> Answers:
        """A copy in which the fix of a code is requested, or not requested any more.

        With a subject, only for this subject; without one, for all.
        """
        codes = tuple(fix for fix in self.fixes if fix != code)
        single = tuple(fix for fix in self.single_fixes if fix.code != code or subject not in ("", fix.subject))
        if requested and subject:
            return dataclasses.replace(self, single_fixes=(*single, Fix(code, subject)))
        return dataclasses.replace(self, fixes=(*codes, code) if requested else codes, single_fixes=single)

    def missing(self, step: str) -> tuple[str, ...]:
        """The keys of the required answers of a step that have no value."""
        table, unset = self.tables[step], ("", None, ())
        return tuple(key for key, _, field in fields_of(table) if field.required and getattr(table, key) in unset)
