"""Reads and writes the answer file. Reading reports all errors at once, each with its line.

Reading never changes the file. A file may contain only some of the answers.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answerparser import parse
from mhv_tui.core.answers import ROWS, Answers, fields_of, plain
from mhv_tui.core.errors import UsageError
from mhv_tui.core.hosts import WrongHost, kind_of
from mhv_tui.core.paths import read_regular
from mhv_tui.core.text import count
from mhv_tui.core.tomllines import KeyPath, deep_line, key_lines, long_number_line

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


Refuse = Callable[[KeyPath, str], None]
"""A callback for an error: its key path, and a sentence with the problem and the accepted form."""


def empty(schema: Schema) -> Answers:
    """Answers in which every key has its default value."""
    return Answers(MappingProxyType({step: table() for step, table in schema.items()}))


def read(path: Path, schema: Schema) -> Answers:
    """The answers of a file. Raises UsageError; each line is `FILE:LINE: table.key: problem; accepted form`."""
    try:
        # Some editors begin a UTF-8 file with a byte order mark, which TOML does not allow.
        text = read_regular(path, LIMIT).decode("utf-8-sig")
    except OSError as error:
        raise UsageError(
            f"{path}: the file cannot be read: {error.strerror}", "name a file that exists and is readable"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: the file is not UTF-8 text", "save the file as UTF-8") from None
    return parse_text(text, schema, str(path))


def parse_text(text: str, schema: Schema, name: str = "answers") -> Answers:
    """The answers of a TOML text; `name` is the file's name in messages. Raises UsageError as `read` does."""
    document = _document(text, name)
    lines = key_lines(text)
    wrong: list[tuple[int, str]] = []

    def refuse(key_path: KeyPath, sentence: str) -> None:
        at = next((lines[key_path[:n]] for n in range(len(key_path), 0, -1) if key_path[:n] in lines), 1)
        shown = ".".join(part for part in key_path if isinstance(part, str))
        wrong.append((at, f"{name}:{at}: {shown}: {sentence}"))

    answers = _answers(document, schema, refuse)
    if wrong:
        rows = tuple(sentence for _, sentence in sorted(wrong))
        raise UsageError(f"{name} has {count(len(rows), 'error')}", lines=rows)
    return answers


def _document(text: str, name: str) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        position = re.search(r"at line (\d+), column (\d+)", str(error))
        line, column = (position[1], position[2]) if position else (len(text.splitlines()) or 1, 1)
        problem = re.sub(r" \(at .*\)", "", str(error))
        raise UsageError(
            f"{name}:{line}: this line is not TOML: {problem} (column {column}); see `mhv-tui answers template`"
        ) from None
    except RecursionError:
        raise UsageError(
            f"{name}:{deep_line(text)}: the tables or lists are nested too deeply; see `mhv-tui answers template`"
        ) from None
    except ValueError:  # from int(), which tomllib does not translate
        raise UsageError(
            f"{name}:{long_number_line(text)}: this line has a number with too many digits; write a shorter number"
        ) from None


def _answers(document: dict[str, Any], schema: Schema, refuse: Refuse) -> Answers:
    known = ["mhv_answers", *ROWS, "target", *schema]
    _version(document.get("mhv_answers"), refuse)
    for key in document:
        if key not in known:
            refuse((key,), f"the table is not known; {_similar(key, known)}")
    tables = {step: _table((step,), kind, document.get(step, {}), refuse) for step, kind in schema.items()}
    listed = {name: tuple(_listed(name, document.get(name, []), schema, refuse)) for name in ROWS}
    return Answers(
        MappingProxyType(tables),
        accepts=listed["accept"],
        fixes=tuple(row.code for row in listed["fix"]),
        targets=tuple(_targets(document.get("target", []), schema, refuse)),
    )


def _version(version: Any, refuse: Refuse) -> None:
    if type(version) is int and version == VERSION:
        return
    number = version if type(version) is int else kind_of(version)
    problem = "is missing" if version is None else f"cannot be {number}"
    sentence = f"the answer file's format version {problem}; this program reads version {VERSION}"
    refuse(("mhv_answers",), f"{sentence}: write mhv_answers = {VERSION}")


def _table(key_path: KeyPath, kind: type[Any], row_table: Any, refuse: Refuse) -> Any:
    if not isinstance(row_table, dict):
        refuse(key_path, f"the value is not a table; write [{key_path[-1]}] above the keys of this table")
        return kind()
    fields = {key: field for key, _, field in fields_of(kind)}
    values: dict[str, Any] = {}
    for key, value in row_table.items():
        if key not in fields:
            refuse((*key_path, key), f"the key is not known; {_similar(key, fields)}")
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
    return f"no finding has the code {code!r}; {right}"


def _targets(rows: Any, schema: Schema, refuse: Refuse) -> Iterator[Mapping[str, Any]]:
    for number, row in _rows(rows, "target", refuse):
        for step, table in row.items():
            if step in schema:
                _table(("target", number, step), schema[step], table, refuse)
            else:
                refuse(("target", number, step), f"the table is not known; {_similar(step, schema)}")
        yield row


def _rows(rows: Any, name: str, refuse: Refuse) -> Iterator[tuple[int, dict[str, Any]]]:
    if not isinstance(rows, list):
        refuse((name,), f"the value is {kind_of(rows)}; write [[{name}]] above each row")
        return
    for number, row in enumerate(rows):
        if isinstance(row, dict):
            yield number, row
        else:
            refuse((name, number), f"the row is {kind_of(row)}; write [[{name}]] above each row")


def _similar(key: str, known: Collection[str]) -> str:
    near = get_close_matches(key, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"the known names are {', '.join(known)}"


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
    if answers.fixes:
        document["fix"] = [{"code": code} for code in answers.fixes]
    if answers.targets:
        document["target"] = [dict(t) for t in answers.targets]
    return document


def dumps(document: Mapping[str, Any]) -> str:
    """A document as TOML text; characters that could control a terminal are escaped."""
    text = tomli_w.dumps(document)
    return "".join(c if c.isprintable() or c == "\n" else f"\\U{ord(c):08x}" for c in text)


def text_of(answers: Answers) -> str:
    """The text of an answer file with these answers. It contains references to secrets, never their values."""
    return dumps(document_of(answers))
