"""The answer file: read with every error at once and its line, written whole, and printed as a commented template.

Reading never changes the file; a partial file is legal. The format is contract.md's, version 1.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Any

import tomli_w

from mhv_tui.core.answers import Accept, Answers, Ask, asks_of, parse, plain
from mhv_tui.core.errors import UsageError

VERSION = 1
Schema = Mapping[str, type[Any]]
"""Step id -> answers dataclass, in the order of the road."""


def empty(schema: Schema) -> Answers:
    """Answers with nothing answered: every default."""
    return Answers(MappingProxyType({step: table() for step, table in schema.items()}))


def read(path: Path, schema: Schema) -> Answers:
    """The answers of a file. Raises UsageError with one line per error: `FILE:LINE: table.key: wrong; right`."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise UsageError(
            f"{path}: cannot be read: {error.strerror}", "name a file that exists and is readable"
        ) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text", "save it as UTF-8") from None
    return parse_text(text, schema, str(path))


def parse_text(text: str, schema: Schema, name: str = "answers") -> Answers:
    """As `read`, from text."""
    try:
        document = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line, column = getattr(error, "lineno", None), getattr(error, "colno", None)
        found = re.search(r"at line (\d+), column (\d+)", str(error))
        if line is None and found:
            line, column = int(found[1]), int(found[2])
        what = re.sub(r" \(at .*\)", "", str(error))
        raise UsageError(
            f"{name}:{line or 1}: is not TOML: {what} (column {column or 1}); see `mhv-tui answers template`"
        ) from None
    lines = _key_lines(text)
    wrong: list[tuple[int, str]] = []

    def refuse(place: tuple[str, ...], sentence: str) -> None:
        at = lines.get(place) or lines.get(place[:-1]) or lines.get(place[:1]) or 1
        wrong.append((at, f"{name}:{at}: {'.'.join(place)}: {sentence}"))

    answers = _answers(document, schema, refuse)
    if wrong:
        rows = tuple(sentence for _, sentence in sorted(wrong))
        raise UsageError(f"{name} has {len(rows)} error{'s' if len(rows) > 1 else ''}", lines=rows)
    return answers


def _answers(document: dict[str, Any], schema: Schema, refuse: Any) -> Answers:
    known = ["mhv_answers", "accept", "fix", "target", *schema]
    version = document.get("mhv_answers")
    if version != VERSION:
        said = "is missing" if version is None else f"is {version!r}"
        refuse(("mhv_answers",), f"{said}; this program reads version {VERSION}: write mhv_answers = {VERSION}")
    tables: dict[str, Any] = {}
    for key in document:
        if key not in known:
            refuse((key,), f"is not known; {_near(key, known)}")
    for step, kind in schema.items():
        tables[step] = _table(step, kind, document.get(step, {}), refuse)
    return Answers(
        MappingProxyType(tables),
        accepts=tuple(_accepts(document.get("accept", []), refuse)),
        fixes=tuple(_codes(document.get("fix", []), refuse)),
        targets=tuple(_targets(document.get("target", []), schema, refuse)),
    )


def _table(step: str, kind: type[Any], given: Any, refuse: Any) -> Any:
    if not isinstance(given, dict):
        refuse((step,), f"is not a table; write [{step}] above its keys")
        return kind()
    notes = {key: note for key, _, note in asks_of(kind)}
    values: dict[str, Any] = {}
    for key, value in given.items():
        if key not in notes:
            refuse((step, key), f"is not known; {_near(key, notes)}")
            continue
        try:
            values[key] = parse(notes[key], value)
        except ValueError as error:
            refuse((step, key), str(error))
    return kind(**values)


def _accepts(rows: Any, refuse: Any) -> Iterator[Accept]:
    for row in _rows(rows, "accept", refuse):
        code, reason, until = row.get("code"), row.get("reason"), row.get("until")
        if not isinstance(code, str) or not isinstance(reason, str) or not reason.strip():
            refuse(("accept",), "needs a code and a reason, both text")
        elif until is not None and (not isinstance(until, date) or isinstance(until, datetime)):
            refuse(("accept", "until"), "is not a day; write it bare: until = 2027-03-01")
        else:
            yield Accept(code, reason, until)


def _codes(rows: Any, refuse: Any) -> Iterator[str]:
    for row in _rows(rows, "fix", refuse):
        if isinstance(row.get("code"), str):
            yield row["code"]
        else:
            refuse(("fix",), 'needs a code, such as code = "CL06"')


def _targets(rows: Any, schema: Schema, refuse: Any) -> Iterator[Mapping[str, Any]]:
    for row in _rows(rows, "target", refuse):
        for step, table in row.items():
            if step not in schema:
                refuse(("target", step), f"is not known; {_near(step, schema)}")
            else:
                _table(step, schema[step], table, lambda place, said: refuse(("target", *place), said))
        yield row


def _rows(rows: Any, name: str, refuse: Any) -> Iterator[dict[str, Any]]:
    if isinstance(rows, list) and all(isinstance(r, dict) for r in rows):
        yield from rows
    else:
        refuse((name,), f"is not a list of tables; write [[{name}]] above each")


def _near(key: str, known: Any) -> str:
    near = get_close_matches(key, list(known), 1)
    return f"did you mean {near[0]}?" if near else f"the keys here are {', '.join(known)}"


_HEADER = re.compile(r"^\s*\[\[?\s*([A-Za-z0-9_.\-\"' ]+?)\s*\]\]?")
_KEY = re.compile(r"^\s*([A-Za-z0-9_.\-\"']+)\s*=")


def _key_lines(text: str) -> dict[tuple[str, ...], int]:
    """Where each table and key stands (first line wins); good enough for every file tomllib has accepted."""
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    for number, line in enumerate(text.splitlines(), 1):
        if header := _HEADER.match(line):
            table = tuple(part.strip("\"' ") for part in header[1].split("."))
            lines.setdefault(table, number)
        elif key := _KEY.match(line):
            path = (*table, *(part.strip("\"'") for part in key[1].split(".")))
            for length in range(len(table) + 1, len(path) + 1):
                lines.setdefault(path[:length], number)
    return lines


def document_of(answers: Answers) -> dict[str, Any]:
    """The answers as a TOML document; answers left at their default are left out."""
    document: dict[str, Any] = {"mhv_answers": VERSION}
    for step, table in answers.tables.items():
        rows = {
            key: plain(getattr(table, key))
            for key, default, _ in asks_of(table)
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
    """A document as TOML text."""
    return tomli_w.dumps(document)


def text_of(answers: Answers) -> str:
    """The answer file that repeats these answers. Secrets are references."""
    return dumps(document_of(answers))


def write_atomic(path: Path, text: str, mode: int = 0o600) -> None:
    """Replaces a file whole: readers see the old or the new one. Raises OSError."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    os.replace(temporary, path)


def template(schema: Schema, titles: Mapping[str, str]) -> str:
    """Every key with its help and its default, commented out where it need not be given."""
    out = [f"mhv_answers = {VERSION}", ""]
    for step, kind in schema.items():
        rows = list(asks_of(kind))
        if not rows:
            continue
        out += [f"# {titles[step]}", f"[{step}]"]
        for key, default, note in rows:
            out += ["", *(f"# {line}" for line in _wrapped(note))]
            out.append(("" if note.required else "# ") + f"{key} = {_literal(note, default)}")
        out.append("")
    return "\n".join(out)


def _wrapped(note: Ask) -> list[str]:
    import textwrap

    words = note.help + (f" One of: {', '.join(note.choices)}." if note.choices else "")
    return textwrap.wrap(words, 96)


def _literal(note: Ask, default: Any) -> str:
    value = plain(default)
    if value in ("", None, []) and note.kind == "secret":
        return '{ env = "NAME" }'
    if value in ("", None, []) and note.example:
        value = [note.example] if note.kind == "list" else note.example
    if isinstance(value, list):
        return "[" + ", ".join(_toml(v) for v in value) + "]"
    return _toml("" if value is None else value)


def _toml(value: Any) -> str:
    return tomli_w.dumps({"x": value}).removeprefix("x = ").strip()
