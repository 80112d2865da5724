"""Sessions: each is a directory with answers, journal, findings and a lock, and without secrets.

`$XDG_STATE_HOME/mhv-tui/sessions/NAME/`: answers.toml, journal.jsonl, findings.json, lock, and world.json with --demo.
"""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote

from mhv_tui.core.answerfile import Schema, read, text_of
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.files import remove_abandoned, write_atomic
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.targets import NAME
from mhv_tui.core.text import quoted
from mhv_tui.engine.freeze import freeze
from mhv_tui.engine.journal import Journal
from mhv_tui.engine.locks import Holder, holder_of, locked
from mhv_tui.engine.records import FORMAT
from mhv_tui.engine.saved_findings import PlannedChange, SavedFindings, Tables, journal_lines, saved_findings
from mhv_tui.engine.state import open_private, private_directory, read_private, sessions_home

if TYPE_CHECKING:
    from mhv_tui.core.handover import Handover

TARGETS = "targets"
"""The directory in a session with the part of each target."""

LOCKS = ("lock", "wizard.lock")
"""The lock files of a session: of a run, and of the wizard in which the session is open."""

FINDINGS_LIMIT = 16 << 20
"""The size of the largest accepted findings.json, in bytes."""


@dataclass(frozen=True)
class Session:
    """A named session and its directory."""

    name: str
    directory: Path
    target: str = ""
    """The target whose part of a session this is; "" for the session itself."""

    def of_target(self, target: str) -> Session:
        """The part of one target: its own journal, findings and locks. The session itself if `target` is "".

        Raises UsageError if its directory cannot be created.
        """
        if not target:
            return self
        return Session(self.name, private_directory(self.directory / TARGETS / quote(target, safe="")), target)

    def parts(self) -> list[Session]:
        """The session itself, with the changes that belong to all targets, and the part of each target."""
        names = sorted(unquote(path.name) for path in (self.directory / TARGETS).glob("*") if path.is_dir())
        return [self, *(self.of_target(name) for name in names)]

    @property
    def whole(self) -> Session:
        """The session of which this is a part; the session itself if it is none."""
        return Session(self.name, self.directory.parent.parent) if self.target else self

    @property
    def has_targets(self) -> bool:
        """True if the session has a part for each of several targets."""
        return (self.directory / TARGETS).is_dir()

    @property
    def journal(self) -> Journal:
        return Journal(self.directory / "journal.jsonl", self._journal_lines)

    def _journal_lines(self) -> int:
        try:
            return journal_lines(read_private(self.directory / "findings.json", FINDINGS_LIMIT))
        except UsageError:
            return 0

    def save_answers(self, answers: Answers) -> None:
        """Replaces the saved answers of the session atomically."""
        write_atomic(self.directory / "answers.toml", text_of(answers))

    def answers(self, schema: Schema) -> Answers | None:
        """The saved answers; None if there are none. Raises UsageError if the file has errors."""
        path = self.directory / "answers.toml"
        return read(path, schema) if os.path.lexists(path) else None

    def save_findings(
        self,
        findings: list[KeyedFinding],
        tables: Tables = MappingProxyType({}),
        planned: Sequence[PlannedChange] = (),
        handover: Handover | None = None,
    ) -> None:
        """Saves the last findings and the matrix of each step, the missing changes and the hand-over, for reports."""
        rows = [{"target": target, "step": step, **asdict(f)} for (target, step), f in findings]
        matrices = [{"target": target, "step": step, **asdict(table)} for (target, step), table in tables.items()]
        document = {
            **{"format": FORMAT, "journal_lines": self.journal.length(), "findings": rows, "matrices": matrices},
            **{"planned": freeze(tuple(planned)), "handover": freeze(handover)},
        }
        write_atomic(self.directory / "findings.json", json.dumps(document, indent=1))

    def findings(self) -> list[KeyedFinding]:
        """The last findings of each step; empty if none are saved, or if the file is damaged."""
        return list(self.saved_findings().findings)

    def saved_findings(self) -> SavedFindings:
        """What the last check saved; empty if nothing is saved, or if the file is damaged."""
        path = self.directory / "findings.json"
        try:
            data = read_private(path, FINDINGS_LIMIT)
        except UsageError as error:
            return SavedFindings(problem=error.message)
        return saved_findings(data, str(path)) if data or path.exists() else SavedFindings()

    def damage(self) -> list[str]:
        """A sentence for each damaged place in the session's files, with the consequence; empty if there is none."""
        sentences = [damage.sentence for damage in self.journal.damage()]
        problem = self.saved_findings().problem
        return sentences + ([f"{problem}; the findings of the last check are lost; check again"] if problem else [])

    def other_format(self) -> UsageError | None:
        """The error to raise if the session's files have another format; None if this version can read the files."""
        formats = (self.journal.format(), self.saved_findings().format)
        wrong = next((number for number in formats if number != FORMAT), None)
        if wrong is None:
            return None
        problem = f"session {self.name} has format {wrong}, but this version of mhv-tui reads format {FORMAT}"
        return UsageError(
            problem, "start a new session, or undo this session with the version of mhv-tui that created it"
        )

    def findings_time(self) -> str:
        """The time when the findings were saved (UTC, ISO 8601); "" if there are none."""
        try:
            saved = (self.directory / "findings.json").stat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(saved, UTC).isoformat(timespec="seconds")

    def last_used(self) -> str:
        """The time when a file of the session was last written (UTC, ISO 8601)."""
        return datetime.fromtimestamp(self.last_written(), UTC).isoformat(timespec="seconds")

    def last_written(self) -> float:
        """The same time in seconds since 1970, as precise as the file system keeps it."""
        return _written(self.directory)

    def open_file(self, name: str, flags: int) -> int:
        """A file descriptor of a file of the session, created (0600) if missing. Raises UsageError if that fails."""
        return open_private(self.directory / name, flags | os.O_CREAT)

    @contextmanager
    def locked(self, remedy: str = "wait until the other run ends, or name another --session") -> Iterator[None]:
        """Locks the session until the `with` block or the process ends. Raises Busy if another process has the lock.

        Removes the temporary files of killed runs.
        """
        with locked(self.directory / "lock", f"session {self.name}", remedy):
            remove_abandoned(self.directory)
            yield

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Marks the session as open in a wizard until the `with` block or the process ends. Raises Busy if it is open
        in another wizard. Other runs may still lock the session.
        """
        remedy = f"quit that wizard, or start a new session: --session {self.name}-2"
        with locked(self.directory / "wizard.lock", f"session {self.name}", remedy):
            yield

    def holder(self) -> Holder | None:
        """The process that has locked the session; None if it is not locked."""
        return holder_of(self.directory / "lock")

    def wizard(self) -> Holder | None:
        """The process with a wizard in which the session is open; None if there is none."""
        return holder_of(self.directory / "wizard.lock")


def open_session(name: str, *, create: bool = True, any_format: bool = False) -> Session:
    """Opens the session `name`; creates it if it is missing and `create` is True.

    Raises UsageError if the name is invalid, if the session is missing, or if its files have another format (unless
    `any_format`).
    """
    if not NAME.fullmatch(name):
        raise UsageError(
            f"{quoted(name)} is not a session name", "write a name of letters, digits, dots, hyphens and underscores"
        )
    path = sessions_home() / name
    if not path.is_dir() and not create:
        known = ", ".join(s.name for s in all_sessions()) or "none yet"
        raise UsageError(f"there is no session {name}", f"the sessions are: {known}")
    session = Session(name, private_directory(path))
    if not any_format and (error := session.other_format()):
        raise error
    return session


def all_sessions() -> list[Session]:
    """All sessions, the last used one first."""
    paths = [p for p in sessions_home().iterdir() if p.is_dir() and NAME.fullmatch(p.name)]
    return [Session(p.name, p) for p in sorted(paths, key=_written, reverse=True)]


def _written(path: Path) -> float:
    files = (f for f in path.glob("[!.]*") if f.name not in LOCKS)
    return max((f.lstat().st_mtime for f in files), default=path.lstat().st_mtime)


def mark_of(answers: Answers) -> str:
    """A short text that differs for answers with another plan: the journal contains it with an approved plan."""
    return f"{zlib.crc32(text_of(replace(answers, accepts=())).encode()):08x}"
