"""`mhv-tui export`: writes a session or an answer file as a report, as answers, or as a project of other tools.

`EXPORTERS` has one function for each form.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mhv_tui.cli.options import ExportOptions
from mhv_tui.core.errors import UsageError
from mhv_tui.core.files import write_atomic, write_output
from mhv_tui.core.text import count

if TYPE_CHECKING:
    from mhv_tui.core.answers import Accept, Answers
    from mhv_tui.core.findings import KeyedFinding
    from mhv_tui.engine.session import Session


def run(options: ExportOptions) -> int:
    """Writes the export to stdout or to the file; returns the exit code."""
    text = EXPORTERS[options.to](options)
    if not isinstance(text, str):
        return _write_directory(options, text)
    if not options.output:
        print(text, end="" if text.endswith("\n") else "\n")
        return 0
    write_to(options.output, text, options.force)
    print(f"written: {Path(options.output).absolute()}", file=sys.stderr)
    return 0


def write_to(path: str, text: str, replace: bool) -> None:
    """Writes the file of --output; an existing file only if `replace` is True. Raises UsageError."""
    try:
        write_output(Path(path), text, replace)
    except FileExistsError:
        raise UsageError(f"{path} exists already", "name another --output, or add --force to replace it") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be written: {error.strerror}", "name another --output") from None


def _write_directory(options: ExportOptions, files: Mapping[str, str]) -> int:
    """Writes files below the directory of --output, into a directory with files only if --force is given."""
    if options.format != "text":
        raise UsageError(f"--format has no effect with --to {options.to}", "leave out --format, or write --to report")
    if not options.output:
        raise UsageError(f"--to {options.to} writes a directory", "name a new directory with --output")
    root = Path(options.output)
    try:
        root.mkdir(parents=True, exist_ok=True)
        if any(root.iterdir()) and not options.force:
            raise UsageError(f"{root} is not empty", "name another --output, or add --force to replace files in it")
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomic(path, text, 0o644)
    except OSError as error:
        problem = f"{error.filename or root}: cannot be written: {error.strerror}"
        raise UsageError(problem, "name a new directory with --output") from None
    print(f"written: {count(len(files), 'file')} in {root}", file=sys.stderr)
    return 0


def answers_text(options: ExportOptions) -> str:
    """Returns the text of an answer file with the answers of a session; a run with it repeats the session."""
    from mhv_tui.core import answerfile

    if options.format != "text":
        raise UsageError("answers are always TOML, without --format", "leave out --format, or write --to report")
    return answerfile.text_of(source_of(options.source)[0])


def report_text(options: ExportOptions) -> str:
    """Returns a session's report of findings, changes and test servers, in the format of --format."""
    from mhv_tui.changes import KINDS
    from mhv_tui.cli.output import report_damage
    from mhv_tui.export.collect import report_input
    from mhv_tui.export.report import report

    session = session_of(options.source)
    report_damage(session.damage())
    return report(report_input(session, KINDS, scene_of(session), _accepts_of(session)), options.format)


def ansible_files(options: ExportOptions) -> Mapping[str, str]:
    """Returns the files of an Ansible project with the same end state as `apply`."""
    from mhv_tui.cli import export_ansible

    answers, session = source_of(options.source)
    name = session.name if session else Path(options.source).name
    return export_ansible.files(name, answers, session)


def kolla_files(options: ExportOptions) -> Mapping[str, str]:
    """Returns the files with which Kolla-Ansible deploys nova-compute for vCenter."""
    from mhv_tui.cli import export_kolla

    return export_kolla.files(*source_of(options.source))


EXPORTERS: Mapping[str, Callable[[ExportOptions], str | Mapping[str, str]]] = {
    "answers": answers_text,
    "report": report_text,
    "ansible": ansible_files,
    "kolla": kolla_files,
}
"""The export functions by the value of --to: each returns a text, or path -> text of the files of a directory.

The parser imports this table, so each function does its own imports.
"""


def source_of(source: str) -> tuple[Answers, Session | None]:
    """Returns the answers of a session or of an answer file, and the session if it is one. Raises UsageError."""
    from mhv_tui.cli.setup import schema
    from mhv_tui.core import answerfile
    from mhv_tui.engine.session import all_sessions, open_session

    path = Path(source)
    if os.path.exists(path) and not path.is_dir():
        return answerfile.read(path, schema()), None
    if _is_path(source) and source not in [session.name for session in all_sessions()]:
        problem = "is a directory" if path.is_dir() else "there is no such file"
        raise UsageError(f"{source}: {problem}", "name an answer file, or a session: `mhv-tui sessions` lists them")
    session = open_session(source, create=False, any_format=True)
    answers = session.answers(schema())
    if answers is None:
        scene = scene_of(session)
        demo = f" --demo --scene {scene}" if scene else " FILE" if scene is None else " --demo"
        remedy = f"run `mhv-tui apply{demo}`, or name the answer file that was checked"
        raise UsageError(f"session {source} has no answers yet: check and plan save none", remedy)
    return answers, session


def session_of(source: str) -> Session:
    """Returns the session that `source` names, or the session of the answer file at the path `source`."""
    from mhv_tui.cli.simulation import session_name_from
    from mhv_tui.engine.session import all_sessions, open_session

    names, is_file = [session.name for session in all_sessions()], os.path.isfile(source)
    if source in names or not _is_path(source):
        return open_session(source, create=False)
    own_name = session_name_from(Path(source))
    if is_file and own_name in names:
        return open_session(own_name, create=False)
    problem = "is a file, but only a session has a report" if is_file else "is not a session"
    remedy = f"name one of the sessions: {', '.join(names) or 'none exists yet'}"
    if is_file:
        remedy = f"no run has used this file: no session is named {own_name}; {remedy}"
    raise UsageError(f"{source} {problem}", remedy)


def junit_text(session: Session, findings: Sequence[KeyedFinding]) -> str:
    """Returns the findings of a check as `export --to report --format junit` writes those of a session."""
    from mhv_tui.changes import KINDS
    from mhv_tui.export.collect import report_input
    from mhv_tui.export.junit import junit

    return junit(replace(report_input(session, KINDS, scene_of(session)), findings=findings))


def _accepts_of(session: Session) -> Sequence[Accept]:
    """Returns the accepted findings in the answers of a session; none if the answers are damaged."""
    from mhv_tui.cli.setup import schema

    with contextlib.suppress(UsageError):
        answers = session.answers(schema())
        return answers.accepts if answers else ()
    return ()


def scene_of(session: Session) -> str | None:
    """Returns the scene of a simulated session, "" if its state file is damaged, or None for a real session."""
    from mhv_tui.cli import simulation

    if not simulation.is_simulated(session):
        return None
    with contextlib.suppress(UsageError):
        return simulation.scene_of(session)
    return ""


def _is_path(source: str) -> bool:
    """True if the source can only be an answer file."""
    return "/" in source or source.endswith(".toml") or os.path.isfile(source)
