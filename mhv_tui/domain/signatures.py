"""Known causes in a nova-compute log or in a server's fault: events that match a code of the catalogue.

An event is a line with its traceback and further lines. An event without a known cause is left out. The excerpt of a
line contains no secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache

from mhv_tui.core.frozen import dataclass
from mhv_tui.domain.tables import read

EXCERPT = 200
"""The maximum number of characters in the excerpt of a line."""

VCENTER = "vcenter"
"""The server whose codes the rows have."""

MAX_ROWS = 1000
"""Events that are returned at most."""

EVENT_LINES = 400
"""Lines of an event that are searched together."""

CUT = "..."
"""The text that marks where a line is cut."""

Line = tuple[int, str]
"""The number of a line, from 1, and its text."""

_SECRET = re.compile(
    r"(?i)((?:password|passwd|secret|token)[\"']?\s*[=:]\s*[\"']?)[^\s\"',&]+|(://[^:/\s]+:)[^@\s]+(?=@)"
)
_STAMP = re.compile(r"^\S*\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*\s+|^[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d \S+ ")
_JOURNAL = re.compile(r"^(?:\d{4}-\d\d-\d\dT\S+|[A-Z][a-z]{2} +\d+ \d\d:\d\d:\d\d) \S+ [\w.@-]+\[\d+\]: ")
"""What journalctl and syslog write before each line."""
_HEADER = re.compile(r"^(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d\S*) (\d+ )?([A-Z]+) (\S+)")
"""oslo.log's start of a line: time, process, level, logger. The lines of a traceback repeat it."""
_DETAIL = re.compile(r"^\s|^$|^(?:Cause|Faults|Details|Traceback)\b")
"""A further line of a message, without a start of its own."""

_PRIVILEGE = re.compile(r"""['"]privilegeId['"]: u?['"]([\w.-]+)""")
_OBJECT = re.compile(r"""['"]object['"]: u?['"]([\w.:-]+)""")
"""The details of a NoPermission fault, as oslo.vmware shows them."""


@dataclass(frozen=True)
class Signature:
    """One row of signatures.toml."""

    code: str
    pattern: re.Pattern[str]
    shared: bool
    """True if more than one server causes the line: `code` is vCenter's."""
    named: bool
    """True if the event must name a server."""
    codes: Mapping[str, str]
    """By server, the codes that differ from the server's usual one."""


@dataclass(frozen=True)
class NamedServer:
    """A server that a line can name, and the code of a general error of its network; "" if there is none."""

    name: str
    code: str
    pattern: re.Pattern[str]


@cache
def signatures() -> tuple[Signature, ...]:
    """The rows, the most specific first."""
    names = {server.name for server in servers()}
    return tuple(
        Signature(
            code=row["code"],
            pattern=re.compile(row["pattern"]),
            shared=row.get("shared", False),
            named=row.get("named", False),
            codes={name: row[name] for name in names & row.keys()},
        )
        for row in read("signatures")["signature"]
    )


@cache
def servers() -> tuple[NamedServer, ...]:
    """The servers, in the order in which a line is searched for them."""
    rows = read("signatures")["server"]
    return tuple(NamedServer(row["name"], row.get("code", ""), re.compile(row["pattern"])) for row in rows)


def codes() -> frozenset[str]:
    """Every code that a line can give."""
    per_server = {code for row in signatures() for code in row.codes.values()}
    return frozenset({row.code for row in signatures()} | {s.code for s in servers() if s.code} | per_server)


def denied_privilege(fault: str) -> tuple[str, str]:
    """The privilege that vCenter denied and the id of its object, as a NoPermission fault names them; "" for none."""
    matches = (_PRIVILEGE.search(fault), _OBJECT.search(fault)) if "NoPermission" in fault else (None, None)
    privilege, place = (match[1] if match else "" for match in matches)
    return privilege, place


def recognise(text: str) -> list[tuple[int, str, str]]:
    """Does the same as `recognise_lines` for the lines of a text."""
    return recognise_lines(text.splitlines())


def recognise_lines(lines: Iterable[str]) -> list[tuple[int, str, str]]:
    """Line number (from 1), code and excerpt of every event with a known cause, in their order.

    Events with the same code and excerpt are returned once, and at most MAX_ROWS events.
    """
    shown: set[tuple[str, str]] = set()
    rows: list[tuple[int, str, str]] = []
    for event in _events(lines):
        number, *hit = _cause(event)
        if hit[0] and (hit[0], hit[1]) not in shown:
            shown.add((hit[0], hit[1]))
            rows.append((number, hit[0], hit[1]))
            if len(rows) == MAX_ROWS:
                break
    return rows


def _events(lines: Iterable[str]) -> Iterator[list[Line]]:
    """Lines that belong together: the same time, process and logger, or no start of their own. Not those of DEBUG."""
    event: list[Line] = []
    key: tuple[str, ...] = ()
    level = ""
    for number, line in enumerate(lines, 1):
        text = _JOURNAL.sub("", line)
        header = _HEADER.match(text)
        own_key = (header[1], header[2] or "", header[4]) if header else ()
        continues = own_key == key if header else bool(key or _DETAIL.match(text))
        if event and not (continues and len(event) < EVENT_LINES):
            yield event
            event = []
        if header or not continues:
            key, level = own_key, header[3] if header else ""
        if level != "DEBUG":
            event.append((number, line))
    if event:
        yield event


def _cause(event: Sequence[Line]) -> tuple[int, str, str]:
    """Line number, code and excerpt of the most specific cause; the code is "" if none is known."""
    for row in signatures():
        for index, (number, line) in enumerate(event):
            match = row.pattern.search(line)
            code = _code(row, event, index) if match else ""
            if match and code:
                clean = _SECRET.sub(lambda m: f"{m[1] or m[2]}***", line)  # before a cut could split a secret
                match = row.pattern.search(clean)
                return number, code, _excerpt(clean, *(match.span() if match else (0, 0)))
    return 0, "", ""


def _code(row: Signature, event: Sequence[Line], index: int) -> str:
    """The code of a row for the server that the event names, beginning with the line of that index."""
    if not row.shared:
        return row.code
    server = _server(event, index)
    if server is None:
        return "" if row.named else row.code
    return row.codes.get(server.name) or (row.code if server.name == VCENTER else server.code)


def _server(event: Sequence[Line], index: int) -> NamedServer | None:
    """The server that the line names; else the nearest line before it that names one, else the nearest behind it.

    A server without a code, such as a cache, counts only if no line names one of the others.
    """
    lines = [*event[index::-1], *event[index + 1 :]]
    named = [next((s for s in servers() if s.pattern.search(line)), None) for _, line in lines]
    known = (server for server in named if server is not None and server.code)
    return next(known, None) or next((server for server in named if server is not None), None)


def _excerpt(line: str, at: int, end: int) -> str:
    """Returns a line without its time stamp; for a long line, only whole words around the match."""
    stamp = _STAMP.match(line)
    start, stop = stamp.end() if stamp else 0, len(line)
    room = EXCERPT - 2 * len(CUT)
    head = tail = ""
    if stop - start > EXCERPT and at - start > EXCERPT // 2:
        blank = line.find(" ", at - EXCERPT // 2, at)
        start, head = (blank + 1 if blank >= 0 else at), CUT
    if stop - start > EXCERPT:
        blank = line.rfind(" ", end, start + room)
        stop, tail = (blank if blank >= 0 else start + room), CUT
    return head + line[start:stop].strip() + tail
