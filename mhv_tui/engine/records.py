"""Writes and reads the lines of a journal. Each record has a number and a checksum, so that damaged and lost lines are
noticed. A run that is killed while it writes a record leaves an incomplete ("torn") line, which is not damage.
"""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import be, count

FORMAT = 2
"""The number of the format of a session's files. The first line of a journal names it, except in format 1."""

KEYED = {"target": str, "step": str}

SHAPES: Mapping[str, Mapping[str, type]] = MappingProxyType(
    {
        "session": {"format": int},
        "intent": {**KEYED, "id": str, "kind": str, "fields": dict, "before": dict},
        "receipt": {**KEYED, "id": str, "receipt": dict},
        "undone": {**KEYED, "id": str},
        "no_effect": {**KEYED, "id": str},
        "failed": {**KEYED, "id": str, "code": str, "error": str, "remedy": str},
        "undo_failed": {**KEYED, "id": str, "code": str, "error": str, "remedy": str},
        "proven": {**KEYED, "time": str, "ids": list},
        "identities": {**KEYED, "rows": list},
        "tried": {**KEYED, "time": str, "rows": list},
    }
)
"""Kind of record -> its required fields with their types. Other kinds have no required fields."""

GONE = "can no longer be undone by mhv-tui"

CONSEQUENCES: Mapping[str, str] = MappingProxyType(
    {
        "intent": f"the change that this line recorded {GONE}",
        "receipt": "the change counts as incomplete, and undo checks the present state",
        "no_effect": "the change counts as incomplete, and undo checks the present state",
        "undone": "a damaged record hides whether this change was undone; the next undo checks the present state",
        **dict.fromkeys(
            ("session", "started", "finished", "failed", "undo_failed", "proven", "identities", "tried"),
            "the line recorded nothing that undo needs",
        ),
    }
)
"""Kind of record -> the consequence for undo if such a record is lost."""

REPEATED = ("the line repeats an earlier line", "the line counts once")
OUT_OF_ORDER = ("the line is out of order", "the lines are read in the order in which they were written")

SEAL = b', "crc": "'
READABLE = rb'"(what|target|step|id)": "((?:[ !#-\[\]-~]|\\[ -~])*)"'
"""A text field in a damaged line; only ASCII, so that it cannot control a terminal."""
CUT = r"\s*|t(ru?)?|f(a(ls?)?)?|n(ul?)?|Na?|-?(I[nfit]*)?|\.|e[-+]?|\\?u[0-9a-f]{0,4}"
"""The unreadable end of an incomplete JSON text: nothing, or the beginning of a word, a number or an escape."""


@dataclass(frozen=True)
class Damage:
    """A line of a journal that cannot be used, or a place where lines are missing."""

    place: str
    """The place as FILE:LINE."""
    line: int
    problem: str
    consequence: str
    target: str = ""
    step: str = ""
    id: str = ""
    """The id of the change in this line; "" if it is not readable."""
    what: str = ""

    @property
    def sentence(self) -> str:
        return f"{self.place}: {self.problem}; {self.consequence}" + (f": {self.id}" if self.id else "")


class Contents:
    """The contents of a journal: `rows` has (line number, record), sorted by the numbers of the records."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows: list[tuple[int, dict[str, Any]]] = []
        self.damage: list[Damage] = []
        self.last = 0
        """The highest number of all records."""
        self.unread = 0
        """The number of damaged lines after the record with the number `last`."""
        self.torn = 0
        """The length of the incomplete line at the end, in bytes; 0 if there is none."""

    @property
    def length(self) -> int:
        """The number of lines that were written to the journal."""
        return self.last + self.unread

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record for _, record in self.rows]


def seal(record: Mapping[str, Any], number: int) -> bytes:
    """The line of the journal for a record, with its number and a checksum."""
    body = json.dumps({"n": number, **record})[:-1].encode()
    return body + SEAL + _checksum(body) + b'"}\n'


def _checksum(body: bytes) -> bytes:
    return f"{zlib.crc32(body):08x}".encode()


def read_contents(data: bytes, path: str, written: int = 0) -> Contents:
    """The records and the damage of a journal, which must have at least `written` lines."""
    contents = Contents(path)
    *lines, rest = data.split(b"\n")
    for line, text in enumerate([*lines, rest] if rest else lines, 1):
        record = _record(text)
        if isinstance(record, dict):
            _add(contents, line, record)
        elif line > len(lines) and _is_torn(text, {contents.length + 1, max(contents.length, written) + 1}):
            contents.torn = len(text)
        else:
            contents.damage.append(_damage(path, line, record, text))
            contents.unread += 1
    if contents.length < written:
        _miss(contents, len(lines) + 1, "at the end", written - contents.length)
        contents.unread += written - contents.length
    contents.rows.sort(key=lambda row: row[1]["n"])
    return contents


def _record(text: bytes) -> dict[str, Any] | str:
    """The record in a line of a journal, or a sentence about the problem of the line."""
    if not text.strip():
        return "the line is empty"
    try:
        record = json.loads(text.decode("ascii"))
    except (ValueError, RecursionError):
        return "the line is not JSON"
    if not (isinstance(record, dict) and isinstance(record.get("crc"), str) and type(record.get("n")) is int):
        return "the line is not a valid record"
    body, _, checksum = text.rpartition(SEAL)
    if checksum != _checksum(body) + b'"}':
        return "the line was changed after mhv-tui wrote it"
    return record if _has_shape(record) else "the line is not a valid record"


def _has_shape(record: Mapping[str, Any]) -> bool:
    what = record.get("what")
    shape = {"what": str, "time": str, **SHAPES.get(what if isinstance(what, str) else "", {})}
    return all(isinstance(record.get(key), kind) for key, kind in shape.items())


def _add(contents: Contents, line: int, record: dict[str, Any]) -> None:
    number = record["n"]
    if number <= contents.last:
        place = f"{contents.path}:{line}"
        known = any(row["n"] == number for row in contents.records)
        problem, consequence = REPEATED if known else OUT_OF_ORDER
        contents.damage.append(Damage(place, line, problem, consequence))
        if known:
            return
    elif number > contents.length + 1:
        _miss(contents, line, "before this line", number - contents.length - 1)
    contents.rows.append((line, record))
    if number > contents.last:
        contents.last, contents.unread = number, 0


def _miss(contents: Contents, line: int, place: str, lost: int) -> None:
    problem = f"{count(lost, 'line')} {place} {be(lost)} missing"
    consequence = f"a change that {'this line' if lost == 1 else 'these lines'} may have recorded {GONE}"
    contents.damage.append(Damage(f"{contents.path}:{line}", line, problem, consequence))


def _is_torn(text: bytes, numbers: set[int]) -> bool:
    """True if a text is only the beginning of a record with one of these numbers, as a killed run leaves it."""
    openings = [f'{{"n": {number}, "time": "'.encode() for number in numbers]
    if not any(text[: len(opening)] == opening[: len(text)] for opening in openings):
        return False
    try:
        json.loads(text.decode("ascii"))
    except json.JSONDecodeError as error:
        is_cut = error.msg != "Extra data" and re.fullmatch(CUT, error.doc[error.pos :]) is not None
        return is_cut or error.msg.startswith("Unterminated string")
    except (ValueError, RecursionError):
        return False
    return False


def _damage(path: str, line: int, problem: str, text: bytes) -> Damage:
    head = text.split(b'": {', 1)[0]
    fields = {key.decode(): value.decode() for key, value in reversed(re.findall(READABLE, head))}
    what = fields.pop("what", "")
    consequence = CONSEQUENCES.get(what, f"a change that this line may have recorded {GONE}")
    return Damage(f"{path}:{line}", line, problem, consequence, what=what, **fields)


def format_of_unsealed(data: bytes) -> int:
    """The format of a journal without records of this format: the number in its first line, or 1 if there is none.

    A journal with a damaged first line counts as one of this format.
    """
    try:
        record = json.loads(data.split(b"\n", 1)[0].decode("ascii"))
    except (ValueError, RecursionError):
        return FORMAT
    if not isinstance(record, dict) or not isinstance(record.get("what"), str) or "n" in record:
        return FORMAT
    return int(record["format"]) if type(record.get("format")) is int else 1
