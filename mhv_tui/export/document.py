"""The report of a session as a document without a format: sections of texts, tables, lists and preformatted lines.

The sources are the journal, the last findings and the hand-over, which contain no secret. Problems come first; checks
that passed are counts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from mhv_tui import __version__
from mhv_tui.core.findings import GLYPHS, LEVEL_WORDS, Finding, KeyedFinding, Level, urgency
from mhv_tui.core.handover import FOR_OPERATORS, USERS_HEAD, map_lines, wrapped_command
from mhv_tui.engine.commands import apply_command, undo_command
from mhv_tui.engine.failed_tests import FailedTest
from mhv_tui.engine.ledger import ChangeRow, ProofRow
from mhv_tui.engine.report_input import ReportInput

MAP_WIDTH = 96
"""The columns of the map in a report."""


WORDS = ("problem", "accepted", "warning", "unknown", "missing", "passed", "skipped")
"""The columns of the table of counts; those without a count are left out."""


@dataclass(frozen=True)
class Text:
    """A paragraph; `level` is that of the verdict, and None for other paragraphs."""

    text: str
    level: Level | None = None


@dataclass(frozen=True)
class ReportTable:
    """Rows with a header; a text report shows it if no header is empty.

    In a text report, each of the last `below` cells has a line of its own below its row.
    """

    headers: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    below: int = 0


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: Sequence[str]


@dataclass(frozen=True)
class Preformatted:
    """Lines that keep their columns: the map, or commands."""

    lines: Sequence[str]


Block = Text | ReportTable | Bullets | Preformatted


@dataclass(frozen=True)
class Section:
    """A section of the report; the first one has no title of its own."""

    title: str
    blocks: Sequence[Block]


@dataclass(frozen=True)
class ReportDocument:
    """A whole report. Its texts can contain names of far sides: each format escapes them."""

    title: str
    sections: Sequence[Section]


def document(source: ReportInput) -> ReportDocument:
    """The report: the verdict and the problems first."""
    return ReportDocument(f"mhv-tui report of session {source.name}", list(_sections(source)))


def _sections(source: ReportInput) -> Iterator[Section]:
    yield Section("", list(_head(source)))
    undo = moment(source.undone_at)
    outdated = f" before the undo on {undo}; run the check again for the current state" if undo else ""
    yield Section(f"Problems and warnings{outdated}", [_problems(source.findings)])
    if source.damage:
        yield Section("Damaged places of the journal", [Bullets(source.damage)])
    if source.planned:
        rows = [(" ".join(filter(None, key)), summary) for key, summary in source.planned]
        yield Section("Missing changes", [ReportTable(("page", "change"), rows)])
    yield Section("The cloud", list(_cloud(source)))
    yield from (Section(table.title, [ReportTable(table.head, table.rows)]) for table in source.tables.values())
    yield Section("Made", [_made(source)])
    if source.failed_tests:
        failed = [_failed_test(test, source) for test in source.failed_tests]
        yield Section("Failed tests", [_table(("time", "page", "test", "reason"), failed)])
    if source.proofs or not source.failed_tests:
        yield Section("Tested", [_proven(source)])
    if any(f.accepted for _, f in source.findings):
        yield Section("Accepted findings", [_accepted(source)])
    yield from _notes(source)
    yield Section("Checks", [_counts(source.findings)])
    yield Section("Undo and repeat", [Preformatted(list(_commands(source)))])


def _head(source: ReportInput) -> Iterator[Block]:
    if source.scene is not None:
        scene = f"scene {source.scene}" if source.scene else "unreadable scene"
        yield Text(f"This session is simulated (--demo, {scene}): no real vCenter, cloud or node was changed.")
    yield Text(source.verdict.sentence, source.verdict.level)
    handover = source.handover
    yield ReportTable(
        ("about", ""),
        [
            ("session", source.name),
            ("cloud", (handover.cloud if handover else "") or "not checked"),
            ("vCenter", (handover.vcenter if handover else "") or "not checked"),
            ("checked on", moment(source.findings_time) or "never"),
            ("mhv-tui", __version__),
        ],
    )


def _problems(findings: Sequence[KeyedFinding]) -> Block:
    levels: tuple[Level, ...] = ("failure", "warning", "unknown")
    rows = sorted(
        (row for row in findings if row[1].level in levels and not row[1].accepted),
        key=lambda row: urgency(row[1]),
    )
    if not rows:
        return Text("none" if findings else "No check was saved.")
    return _table(("level", "code", "page", "finding", "remedy"), [_problem(*row) for row in rows])


def _problem(key: tuple[str, str], finding: Finding) -> tuple[str, ...]:
    remedy = finding.remedy if finding.level != "unknown" else ""
    level = f"{GLYPHS[finding.level]} {finding.level_word}"
    return (level, finding.code, " ".join(filter(None, key)), finding.headline, remedy)


def _cloud(source: ReportInput) -> Iterator[Block]:
    handover = source.handover
    if handover is None:
        yield Text("The cloud is not known: no check of all pages was saved.")
        return
    if handover.checked_at:
        yield Text(f"As the check on {moment(handover.checked_at)} read it:")
    yield Preformatted([line for _, line in map_lines(handover.rows, MAP_WIDTH)])


def _made(source: ReportInput) -> Block:
    if not source.changes:
        return Text("nothing")
    rows = [
        (moment(row.time), row.state, row.step, source.summaries.get(row.id) or row.id, _why(row))
        for row in source.changes
    ]
    return _table(("time", "state", "page", "change", "reason"), rows)


def _why(row: ChangeRow) -> str:
    return f"{row.code} {row.error}; {row.remedy}" if row.code else ""


def _proven(source: ReportInput) -> Block:
    if not source.proofs:
        return Text("not yet")
    headers = ("time", "state", "servers", "not tested")
    return _table(headers, [_proof(row, source) for row in source.proofs])


def _failed_test(test: FailedTest, source: ReportInput) -> tuple[str, ...]:
    return moment(test.time), test.step, source.summaries.get(test.id) or test.id, f"{test.reason}; {test.remedy}"


def _table(headers: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> ReportTable:
    """A table whose last cells are below their rows; without its last column if that is empty in every row."""
    if any(row[-1] for row in rows):
        return ReportTable(headers, rows, below=1)
    return ReportTable(headers[:-1], [row[:-1] for row in rows])


def _proof(row: ProofRow, source: ReportInput) -> tuple[str, ...]:
    state = "a change was undone later" if row.undone else "a change was made later" if row.older else "tested"
    return moment(row.time), state, "; ".join(source.booted(server) for server in row.servers), row.left


def _accepted(source: ReportInput) -> Block:
    days = {accept.code: accept.until for accept in source.accepts}
    rows = [
        (f.code, " ".join(filter(None, key)), f.headline, f.accepted, str(days.get(f.code) or "no last day"))
        for key, f in source.findings
        if f.accepted
    ]
    return ReportTable(("code", "page", "finding", "reason", "until"), rows, below=2)


def _notes(source: ReportInput) -> Iterator[Section]:
    handover = source.handover
    if handover is None:
        return
    users: list[Block] = [Text(USERS_HEAD)]
    users += [Preformatted(wrapped_command(handover.command)), Bullets(handover.users)]
    yield Section("For the cloud's users", users if handover.command else [Bullets(handover.command_missing)])
    yield Section(FOR_OPERATORS, [Bullets(handover.operators)])


def _counts(findings: Sequence[KeyedFinding]) -> Block:
    pages: dict[str, list[Finding]] = {}
    for key, finding in findings:
        pages.setdefault(" ".join(filter(None, key)), []).append(finding)
    if not pages:
        return Text("No check was saved.")
    words = [word for word in WORDS if word == "passed" or any(_word(f) == word for _, f in findings)]
    results = {page: [_word(f) for f in rows] for page, rows in pages.items()}
    rows = [(page, *(str(of_page.count(word)) for word in words)) for page, of_page in results.items()]
    return ReportTable(("page", *words), rows)


def _word(finding: Finding) -> str:
    """The word for the result of a check in the table of counts."""
    return {"ok": "passed", **LEVEL_WORDS}.get(finding.counted_as, finding.counted_as)


def moment(time: str) -> str:
    """A time of the journal (ISO 8601, UTC) as people read it, to the second; another text as it is."""
    return f"{time[:10]} {time[11:19]} UTC" if time.endswith("+00:00") else time


def _commands(source: ReportInput) -> Iterator[str]:
    yield undo_command(source.name) if source.can_undo else "nothing to undo"
    yield f"mhv-tui export {source.name} --to answers --output answers.toml"
    yield apply_command("answers.toml", source.scene)
