"""The commands that only read: sessions, answers, explain, export. They touch neither vCenter, cloud nor node."""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import zlib
from collections.abc import Iterator
from datetime import date
from pathlib import Path

from mhv_tui import guards, headless
from mhv_tui.core import answerfile, answertemplate
from mhv_tui.core.answers import Answers, plain
from mhv_tui.core.errors import UsageError
from mhv_tui.core.tomllines import key_lines
from mhv_tui.engine import session as sessions
from mhv_tui.outfits import schema, titles
from mhv_tui.reports import is_path, report_input


def run(arguments: argparse.Namespace) -> int:
    """Dispatches; returns the exit code."""
    commands = {"sessions": list_sessions, "answers": answers, "explain": explain, "export": export}
    return commands[arguments.command](arguments)


def list_sessions(arguments: argparse.Namespace) -> int:
    """Every session, the one touched last first."""
    known = sessions.all_sessions()
    rows = [sessions.summary(s) for s in known]
    for session in known:
        if error := session.other_format():
            headless.say(f"mhv-tui: {error.message}; {error.remedy}", sys.stderr)
            continue
        headless.tell_strange(session.journal.unreadable_records())
    if arguments.json:
        for row in rows:
            print(headless.json_line(str(row["name"]), {"event": "session", **row}))
        return 0
    if not rows:
        print("no sessions yet; begin with: mhv-tui --demo")
    for row in rows:
        at = (f", pid {row['pid']}" if row["pid"] else "") + (f" at {row['step']}" if row["step"] else "")
        print(f"{row['name']:<24} {str(row['outcome']) + at:<25} {_standing(row):<17} {row['last']}".rstrip())
    return 0


def _standing(row: dict[str, str | int]) -> str:
    stand = "1 change stands" if row["changes"] == 1 else f"{row['changes']} changes stand"
    return f"{stand}, {row['half_made']} half-made" if row["half_made"] else stand


def answers(arguments: argparse.Namespace) -> int:
    """template, schema, check, explain."""
    match arguments.what:
        case "template":
            print(answertemplate.template(schema(), titles()))
        case "schema":
            print(json.dumps(answertemplate.json_schema(schema()), indent=2))
        case "check":
            print("\n".join(_judged(Path(arguments.file), date.today())))
        case _:
            print(_explain_key(arguments.key))
    return 0


def _judged(path: Path, today: date) -> Iterator[str]:
    """What there is to say of an answer file without an error. Raises UsageError of all others, as `apply` does."""
    read = answerfile.read(path, schema())
    lines = key_lines(path.read_text(encoding="utf-8-sig"))
    try:
        guards.one_target(read)
    except UsageError as error:
        at = f"{path}:{lines.get(('target', 0), 1)}: target"
        raise UsageError(f"{path} has 1 error", lines=(f"{at}: {error.message}; {error.remedy}",)) from None
    for number, row in enumerate(read.accepts):
        if row.until and row.until < today:
            line = lines.get(("accept", number, "until"), 1)
            yield f"{path}:{line}: accept.until: {row.until} is past, so {row.code} is accepted no more; renew it"
    open_ones = [f"{step}.{key}" for step in read.tables for key in read.missing(step)]
    yield f"{path}: good" + (f"; not given yet: {', '.join(open_ones)}" if open_ones else "")


def _explain_key(name: str) -> str:
    notes = {key: (default, note) for key, default, note in answertemplate.described(schema())}
    if keys := [key for key in notes if key.startswith(f"{name}.")]:
        raise UsageError(f"{name} is a table of answers", f"name one of its keys: {', '.join(keys)}")
    if name not in notes:
        near = _near(name, list(notes))
        right = f"did you mean {', '.join(near)}?" if near else "`mhv-tui answers template` has them all"
        raise UsageError(f"there is no answer {name!r}", right)
    default, note = notes[name]
    rows = [f"{name} ({note.kind}{', required' if note.required else ''})", note.help]
    rows += [f"one of: {', '.join(note.choices)}"] if note.choices else []
    if plain(default) not in ("", None, []):
        rows.append(f"default: {answertemplate.literal(note, default)}")
    rows += [f"such as: {such}"] if (such := answertemplate.example(note)) else []
    return "\n".join(rows)


def _near(name: str, known: list[str]) -> list[str]:
    """Answers of that key in any table, else of one that is written nearly so."""
    from difflib import get_close_matches

    keys = {row: row.rpartition(".")[2] for row in known}
    last = name.rpartition(".")[2]
    same = [row for row in known if keys[row] == last] or get_close_matches(name, known, 3, 0.85)
    alike = get_close_matches(last, keys.values(), 3, 0.75)
    return same[:5] or [row for row in known if keys[row] in alike][:5]


def explain(arguments: argparse.Namespace) -> int:
    """A finding's page, or the known causes in a log."""
    if arguments.log and arguments.code:
        raise UsageError("a code and a log are two questions", "name a code, or --log FILE")
    if arguments.log:
        return _explain_log(Path(arguments.log))
    if not arguments.code:
        raise UsageError("explain what?", "name a code, such as CL06, or --log FILE")
    from mhv_tui.domain import catalogue

    try:
        print(catalogue.explain(arguments.code.upper()))
    except ValueError as error:
        raise UsageError(str(error), "`mhv-tui check` shows the code of each finding") from None
    return 0


def _explain_log(path: Path) -> int:
    from mhv_tui.domain import catalogue, signatures

    seen = signatures.recognise(_log(path))
    for line, code, excerpt in seen:
        entry = catalogue.ENTRIES[code]
        print(f"{path}:{line}: {code} {excerpt}\n    cause: {entry.cause}\n    remedy: {entry.remedy}")
    if not seen:
        print(f"{path}: nothing known stands in it")
    return 0


def _log(path: Path) -> str:
    """The text of a log, also of one that logrotate has packed."""
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8", "replace")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UsageError(f"{path}: cannot be unpacked: {error}", "name a nova-compute log that is whole") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "name a nova-compute log") from None


def export(arguments: argparse.Namespace) -> int:
    """A session (or answer file) as answers or as a report."""
    if arguments.to == "answers" and arguments.format != "text":
        raise UsageError("answers are TOML, in one format only", "leave --format out, or write --to report")
    if arguments.to == "answers":
        text = answerfile.text_of(_answers_of(arguments.source))
    else:
        from mhv_tui.export.report import report

        text = report(report_input(arguments.source), arguments.format)
    if arguments.output:
        try:
            answerfile.write_output(Path(arguments.output), text)
        except OSError as error:
            raise UsageError(
                f"{arguments.output}: cannot be written: {error.strerror}", "name another --output"
            ) from None
        print(f"written: {arguments.output}", file=sys.stderr)
    else:
        print(text, end="" if text.endswith("\n") else "\n")
    return 0


def _answers_of(name: str) -> Answers:
    path = Path(name)
    if os.path.exists(path) and not path.is_dir():
        return answerfile.read(path, schema())
    if is_path(name) and name not in [session.name for session in sessions.all_sessions()]:
        there = "is a directory" if path.is_dir() else "there is no such file"
        raise UsageError(f"{name}: {there}", "name an answer file, or a session: `mhv-tui sessions` lists them")
    kept = sessions.open_session(name, create=False, any_format=True).answers(schema())
    if kept is None:
        raise UsageError(f"session {name} has no answers yet", "name an answer file")
    return kept
