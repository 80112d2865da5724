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
from mhv_tui.engine.session import Session
from mhv_tui.outfits import schema, titles


def run(arguments: argparse.Namespace) -> int:
    """Dispatches; returns the exit code."""
    commands = {"sessions": list_sessions, "answers": answers, "explain": explain, "export": export}
    return commands[arguments.command](arguments)


def list_sessions(arguments: argparse.Namespace) -> int:
    """Every session, the one touched last first."""
    known = sessions.all_sessions()
    rows = [sessions.summary(s) for s in known]
    for session in known:
        headless.tell_strange(session.journal.strange())
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
    from difflib import get_close_matches

    notes = {key: (default, note) for key, default, note in answertemplate.described(schema())}
    if keys := [key for key in notes if key.startswith(f"{name}.")]:
        raise UsageError(f"{name} is a table of answers", f"name one of its keys: {', '.join(keys)}")
    if name not in notes:
        near = get_close_matches(name, notes, 3, 0.4)
        raise UsageError(
            f"there is no answer {name!r}", f"did you mean {', '.join(near)}?" if near else "see the template"
        )
    default, note = notes[name]
    shown = plain(default)
    rows = [f"{name} ({note.kind}{', required' if note.required else ''})", note.help]
    rows += [f"one of: {', '.join(note.choices)}"] if note.choices else []
    rows += [f"default: {shown}"] if shown not in ("", None, []) else []
    rows += [f"such as: {note.example}"] if note.example else []
    return "\n".join(rows)


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
        raise UsageError(str(error), "codes stand behind each finding of `mhv-tui check`") from None
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

        session = _session_of(arguments.source)
        text = report(session.name, session.findings(), list(session.journal.records()), titles(), arguments.format)
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


def _session_of(name: str) -> Session:
    """The session a report is asked for. Raises UsageError where a file was named instead."""
    known = [session.name for session in sessions.all_sessions()]
    if name not in known and _is_path(name):
        there = "is a file, and a report is of a session's runs" if os.path.isfile(name) else "is no session"
        raise UsageError(f"{name} {there}", f"name a session: {', '.join(known) or 'there is none yet'}")
    return sessions.open_session(name, create=False)


def _answers_of(name: str) -> Answers:
    path = Path(name)
    if os.path.exists(path) and not path.is_dir():
        return answerfile.read(path, schema())
    if _is_path(name) and name not in [session.name for session in sessions.all_sessions()]:
        there = "is a directory" if path.is_dir() else "there is no such file"
        raise UsageError(f"{name}: {there}", "name an answer file, or a session: `mhv-tui sessions` lists them")
    kept = sessions.open_session(name, create=False).answers(schema())
    if kept is None:
        raise UsageError(f"session {name} has no answers yet", "name an answer file")
    return kept


def _is_path(name: str) -> bool:
    return "/" in name or name.endswith(".toml") or os.path.isfile(name)
