"""Reads and writes the answer file. Reading reports all errors at once, each with its line.

Reading never changes the file. A file may contain only some of the answers.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answerparser import parse
from mhv_tui.core.answers import ROWS, Answers, TargetRow, fields_of, plain
from mhv_tui.core.errors import UsageError
from mhv_tui.core.hosts import WrongHost, kind_of
from mhv_tui.core.paths import read_regular
from mhv_tui.core.targets import name_of, problem_with_name
from mhv_tui.core.text import count, nearest, quoted
from mhv_tui.core.tomlerrors import parsed
from mhv_tui.core.tomllines import KeyPath, key_lines

VERSION = 1
LIMIT = 4 << 20
"""The largest accepted answer file, in bytes."""


class Schema(dict[str, type[Any]]):
    """Step id -> answers dataclass, in the order of the steps, and the finding codes of [[accept]] and [[fix]] rows.

    `codes` are all existing codes, `fatal` those that cannot be accepted, `fixed` those with a fix that can be
    requested. If `codes` or `fixed` is None, every code is allowed.
    """

    def __init__(
        self,
        steps: Mapping[str, type[Any]],
        codes: Collection[str] | None = None,
        fatal: Collection[str] = (),
        fixed: Collection[str] | None = None,
    ) -> None:
        super().__init__(steps)
        self.codes = codes
        self.fatal = fatal
        self.fixed = fixed


EMPTY: Mapping[str, type[Any]] = MappingProxyType({})

Refuse = Callable[[KeyPath, str], None]
"""A callback for an error: its key path, and a sentence with the problem and the accepted form."""


def empty(schema: Schema) -> Answers:
    """Answers in which every key has its default value."""
    return Answers(MappingProxyType({step: table() for step, table in schema.items()}))


def read(path: Path, schema: Schema) -> Answers:
    """The answers of a file. Raises UsageError; each line is `FILE:LINE: table.key: problem; accepted form`."""
    try:
        # Some editors begin a UTF-8 file with a byte order mark, which TOML does not allow.
        content = read_regular(path, LIMIT)
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{path}: the file cannot be read: {error.strerror}", "name a file that exists and is readable"
        ) from None
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UsageError(f"{path}:{line}: the file is not UTF-8 text", "save the file as UTF-8") from None
    return parse_text(text, schema, str(path))


def parse_text(text: str, schema: Schema, name: str = "answers") -> Answers:
    """The answers of a TOML text; `name` is the file's name in messages. Raises UsageError as `read` does."""
    document, errors = parsed(text)
    wrong = [(line, f"{name}:{line}: {sentence}") for line, sentence in errors]
    if errors:
        document.setdefault("mhv_answers", VERSION)  # its line may be the one that is not TOML
    return _valid_answers(document, lambda: text, schema, name, wrong)


def from_document(document: dict[str, Any], schema: Schema, name: str) -> Answers:
    """The answers of a parsed TOML document. Raises UsageError as `read` does, with the lines as `dumps` writes it."""
    return _valid_answers(document, lambda: dumps(document), schema, name, [])


def _valid_answers(
    document: dict[str, Any], write: Callable[[], str], schema: Schema, name: str, wrong: list[tuple[int, str]]
) -> Answers:
    """The answers of a document. Raises UsageError for all its errors and for those of `wrong`, in order of the lines.

    `write` returns the document's text: only an error needs its lines.
    """
    known_lines = cache(lambda: key_lines(write()))

    def refuse(key_path: KeyPath, sentence: str) -> None:
        lines = known_lines()
        at = next((lines[key_path[:n]] for n in range(len(key_path), 0, -1) if key_path[:n] in lines), 1)
        shown = ".".join(part for part in key_path if isinstance(part, str))
        wrong.append((at, f"{name}:{at}: {shown}: {sentence}"))

    answers = _answers(document, schema, refuse)
    if wrong:
        rows = tuple(sentence for _, sentence in sorted(wrong))
        raise UsageError(f"{name} has {count(len(rows), 'error')}", lines=rows)
    return answers


def _answers(document: dict[str, Any], schema: Schema, refuse: Refuse) -> Answers:
    known = ["mhv_answers", *ROWS, "target", *schema]
    _version(document.get("mhv_answers"), refuse)
    for key, value in document.items():
        if key not in known:
            is_table = isinstance(value, dict | list)
            problem = "the table is not known" if is_table else "the key is above all tables"
            refuse((key,), f"{problem}; {_similar(key, known) if is_table else _place(key, schema, schema)}")
    tables = {step: _table((step,), kind, document.get(step, {}), refuse, schema) for step, kind in schema.items()}
    listed = {name: tuple(_listed(name, document.get(name, []), schema, refuse)) for name in ROWS}
    return Answers(
        MappingProxyType(tables),
        accepts=listed["accept"],
        fixes=tuple(row.code for row in listed["fix"] if not row.subject),
        single_fixes=tuple(row for row in listed["fix"] if row.subject),
        targets=tuple(_targets(document.get("target", []), schema, refuse)),
    )


def _version(version: Any, refuse: Refuse) -> None:
    if type(version) is int and version == VERSION:
        return
    number = version if type(version) is int else kind_of(version)
    problem = "is missing" if version is None else f"cannot be {number}"
    sentence = f"the answer file's format version {problem}; this program reads version {VERSION}"
    refuse(("mhv_answers",), f"{sentence}: write mhv_answers = {VERSION}")


def _table(
    key_path: KeyPath, kind: type[Any], row_table: Any, refuse: Refuse, schema: Mapping[str, type[Any]] = EMPTY
) -> Any:
    """Parses a table. `schema` has the other tables, to which an unknown key may belong."""
    if not isinstance(row_table, dict):
        is_list = isinstance(row_table, list) and all(isinstance(row, dict) for row in row_table)
        problem = "is a list of tables" if is_list else "is not a table"
        refuse(key_path, f"the value {problem}; write [{key_path[-1]}] above the keys of this table")
        return kind()
    fields = {key: field for key, _, field in fields_of(kind)}
    values: dict[str, Any] = {}
    for key, value in row_table.items():
        if key not in fields:
            refuse((*key_path, key), f"the key is not known; {_place(key, fields, schema)}")
            continue
        try:
            values[key] = parse(fields[key], value)
        except WrongHost as error:
            for part, problem in error.parts:
                refuse((*key_path, key, part), problem)
        except ValueError as error:
            refuse((*key_path, key), str(error))
    return kind(**values)


def _listed(name: str, rows: Any, schema: Schema, refuse: Refuse) -> Iterator[Any]:
    """The rows of [[accept]] or [[fix]]. Refuses rows without a required key, and rows whose code has no effect."""
    kind = ROWS[name].kind
    for number, row_table in _rows(rows, name, refuse):
        key_path: KeyPath = (name, number)
        row = _table(key_path, kind, row_table, refuse)
        for key, _, field in fields_of(kind):
            if field.required and key not in row_table:
                refuse((*key_path, key), f'the key is missing; write {key} = "{field.example}" or another value')
        problem = unknown_code(row.code, schema.codes) or _ineffective(name, row.code, schema)
        if row.code and problem:
            refuse((*key_path, "code"), problem)
        yield row


def _ineffective(name: str, code: str, schema: Schema) -> str:
    """Why an [[accept]] or [[fix]] row with this code has no effect, with the remedy; "" if it has an effect."""
    if name == "accept" and code in schema.fatal:
        return f"{code} cannot be accepted: apply cannot work without it. Fix the cause and remove this row."
    if name == "fix" and schema.fixed is not None and code not in schema.fixed:
        return f"{code} has no fix that can be requested; the codes with a fix are {', '.join(sorted(schema.fixed))}"
    return ""


def unknown_code(code: str, codes: Collection[str] | None) -> str:
    """The problem and the accepted form if no finding has this code; "" if one has, or if `codes` is None."""
    if codes is None or code in codes:
        return ""
    near = get_close_matches(code.strip().upper(), list(codes), 1)
    right = f"did you mean {near[0]}?" if near else "write a code that `mhv-tui check` shows"
    return f"no finding has the code {quoted(code)}; {right}"


def _targets(rows: Any, schema: Schema, refuse: Refuse) -> Iterator[TargetRow]:
    """The [[target]] rows. Refuses a row without a name that differs from the names of the other rows."""
    names: set[str] = set()
    for number, row in _rows(rows, "target", refuse):
        key_path: KeyPath = ("target", number)
        refused: list[KeyPath] = []

        def refuse_here(path: KeyPath, sentence: str, refused: list[KeyPath] = refused) -> None:
            refused.append(path)
            refuse(path, sentence)

        target = _target(key_path, row, schema, refuse_here)
        problem = problem_with_name(target, names)
        if problem and not refused:
            refuse((*key_path, "name"), problem)
        names.add(name_of(target))
        yield target


def _target(key_path: KeyPath, row: Mapping[str, Any], schema: Schema, refuse: Refuse) -> TargetRow:
    tables = {}
    for step, table in row.items():
        if step in schema:
            parsed_table = _table((*key_path, step), schema[step], table, refuse, schema)
            keys = [key for key, _, _ in fields_of(schema[step]) if isinstance(table, dict) and key in table]
            tables[step] = MappingProxyType({key: getattr(parsed_table, key) for key in keys})
        elif step != "name":
            refuse((*key_path, step), f"the table is not known; {_similar(step, ['name', *schema])}")
    name = row.get("name", "")
    if not isinstance(name, str):
        refuse((*key_path, "name"), f"the value is {kind_of(name)}; write a text")
        name = ""
    return TargetRow(name, MappingProxyType(tables))


def _rows(rows: Any, name: str, refuse: Refuse) -> Iterator[tuple[int, dict[str, Any]]]:
    if not isinstance(rows, list):
        refuse((name,), f"the value is {kind_of(rows)}; write [[{name}]] above each row")
        return
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            yield number, row
        else:
            refuse((name, number), f"the row is {kind_of(row)}; write [[{name}]] above each row")


def _place(key: str, known: Collection[str], schema: Mapping[str, type[Any]]) -> str:
    """The advice for an unknown key: a similar key of its table, else the tables that have a key of this name."""
    tables = [f"[{step}]" for step, kind in schema.items() if key in {name for name, _, _ in fields_of(kind)}]
    if key == "mhv_answers":
        return "write it in the first line, above all tables"
    if tables and (known is schema or not nearest(key, known)):
        return f"write it below {' or '.join(tables)}"
    return _similar(key, known)


def _similar(key: str, known: Collection[str]) -> str:
    near = nearest(key, known)
    return f"did you mean {near}?" if near else f"the known names are {', '.join(known)}"


def document_of(answers: Answers) -> dict[str, Any]:
    """The answers as a TOML document, without answers that have their default value."""
    document: dict[str, Any] = {"mhv_answers": VERSION}
    for step, table in answers.tables.items():
        rows = {
            key: plain(getattr(table, key))
            for key, default, _ in fields_of(table)
            if getattr(table, key) != default and getattr(table, key) is not None
        }
        if rows:
            document[step] = rows
    if answers.accepts:
        document["accept"] = [
            {"code": a.code, "reason": a.reason, **({"until": a.until} if a.until else {})} for a in answers.accepts
        ]
    if answers.fixes or answers.single_fixes:
        single = [{"code": fix.code, "subject": fix.subject} for fix in answers.single_fixes]
        document["fix"] = [*({"code": code} for code in answers.fixes), *single]
    if answers.targets:
        document["target"] = [_target_document(row) for row in answers.targets]
    return document


def _target_document(row: TargetRow) -> dict[str, Any]:
    tables = {step: {key: plain(value) for key, value in table.items()} for step, table in row.tables.items()}
    return {**({"name": row.name} if row.name else {}), **tables}


def dumps(document: Mapping[str, Any]) -> str:
    """A document as TOML text; characters that could control a terminal are escaped."""
    text = tomli_w.dumps(document)
    return "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}" for c in text)


def text_of(answers: Answers) -> str:
    """The text of an answer file with these answers. It contains references to secrets, never their values."""
    return dumps(document_of(answers))
