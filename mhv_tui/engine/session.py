"""Sessions: each is a directory with the answers, the journal and a lock. It contains no secrets.

`$XDG_STATE_HOME/mhv-tui/sessions/NAME/`: answers.toml, journal.jsonl, findings.json, lock, and world.json with --demo.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mhv_tui.core.answerfile import Schema, read, text_of
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import MhvError, UsageError
from mhv_tui.core.files import write_atomic
from mhv_tui.core.findings import Finding, KeyedFinding
from mhv_tui.core.paths import home
from mhv_tui.engine.journal import FORMAT, Journal

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
WRITABLE = "set XDG_STATE_HOME to a directory you may write to"


def state_home() -> Path:
    """`$XDG_STATE_HOME/mhv-tui`, created 0700 if it is missing. Raises UsageError if that fails."""
    base = os.environ.get("XDG_STATE_HOME")
    return _directory((Path(base) if base else home() / ".local" / "state") / "mhv-tui", parents=True)


def _directory(path: Path, *, parents: bool = False) -> Path:
    try:
        path.mkdir(mode=0o700, parents=parents, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{path} cannot be created: {error.strerror}", WRITABLE) from None
    return path


class Busy(MhvError):
    """Another run has locked the session (WZ02)."""


@dataclass(frozen=True)
class Session:
    """A named session and its directory."""

    name: str
    directory: Path

    @property
    def journal(self) -> Journal:
        return Journal(self.directory / "journal.jsonl")

    def save_answers(self, answers: Answers) -> None:
        """Saves the answers, atomically."""
        write_atomic(self.directory / "answers.toml", text_of(answers))

    def answers(self, schema: Schema) -> Answers | None:
        """The saved answers, or None. Raises UsageError if the file was damaged."""
        path = self.directory / "answers.toml"
        return read(path, schema) if path.exists() else None

    def save_findings(self, findings: list[KeyedFinding]) -> None:
        """Saves the last findings of each step, for reports."""
        rows = [{"target": target, "step": step, **asdict(f)} for (target, step), f in findings]
        write_atomic(self.directory / "findings.json", json.dumps({"format": FORMAT, "findings": rows}, indent=1))

    def findings(self) -> list[KeyedFinding]:
        """The last findings of each step; empty if none are saved."""
        try:
            rows = self._saved_findings()["findings"]
            return [((row.pop("target"), row.pop("step")), Finding(**row)) for row in rows]
        except (ValueError, TypeError, KeyError, AttributeError):
            return []

    def _saved_findings(self) -> Any:
        """As JSON; None if there are none, or the file is damaged."""
        try:
            return json.loads((self.directory / "findings.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def other_format(self) -> UsageError | None:
        """The error to raise if the session's files have another format; None if this version can use them."""
        saved = self._saved_findings()
        findings = (saved.get("format", 1) if isinstance(saved, dict) else 1) if saved is not None else FORMAT
        wrong = next((number for number in (self.journal.format(), findings) if number != FORMAT), None)
        if wrong is None:
            return None
        problem = f"session {self.name} has format {wrong}, and this version of mhv-tui reads format {FORMAT}"
        return UsageError(problem, "start a new session, or undo this one with the version of mhv-tui that made it")

    def findings_time(self) -> str:
        """When the findings were saved, as the journal writes times; "" if none are."""
        try:
            saved = (self.directory / "findings.json").stat().st_mtime
        except OSError:
            return ""
        return datetime.fromtimestamp(saved, UTC).isoformat(timespec="seconds")

    def open_file(self, name: str, flags: int) -> int:
        """A handle of one of its files, which is created (0600) if it is missing. Raises UsageError if that fails."""
        path = self.directory / name
        try:
            return os.open(path, flags | os.O_CREAT | os.O_NOFOLLOW, 0o600)
        except OSError as error:
            raise UsageError(f"{path} cannot be written: {error.strerror}", WRITABLE) from None

    @contextmanager
    def locked(self, remedy: str = "wait for that run to end, or name another --session") -> Iterator[None]:
        """Locks the session until the end of the block or process. Raises Busy with the process that has it."""
        handle = self.open_file("lock", os.O_RDWR)
        try:
            if not _taken(handle, fcntl.LOCK_EX):
                raise Busy(f"session {self.name} is in use by {_holder(handle)}", remedy)
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"pid {os.getpid()} on {socket.gethostname()}\n".encode(), 0)
            yield
        finally:
            os.close(handle)

    def holder(self) -> str:
        """The process that has the lock, such as `pid 17 on novavmware1`; "" if it is free."""
        try:
            handle = os.open(self.directory / "lock", os.O_RDONLY | os.O_NOFOLLOW)
        except OSError:
            return ""
        try:
            return "" if _taken(handle, fcntl.LOCK_SH) else _holder(handle)
        finally:
            os.close(handle)


def _taken(handle: int, how: int) -> bool:
    """Takes the lock. Retries once, because `holder` takes it briefly to find its owner."""
    for pause in (0.05, 0.0):
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except OSError:
            time.sleep(pause)
        else:
            return True
    return False


def _holder(handle: int) -> str:
    return os.pread(handle, 200, 0).decode(errors="replace").strip() or "another process"


def sessions_home() -> Path:
    return _directory(state_home() / "sessions")


def open_session(name: str, *, create: bool = True, any_format: bool = False) -> Session:
    """The session of that name. Raises UsageError if the name is bad, if there is none and `create` is False, or if
    another version wrote it and not `any_format`.
    """
    if not NAME.fullmatch(name):
        raise UsageError(f"{name!r} is not a session name", "use letters, digits, dots, dashes and underscores")
    path = sessions_home() / name
    if not path.is_dir():
        if not create:
            known = ", ".join(s.name for s in all_sessions()) or "none yet"
            raise UsageError(f"there is no session {name}", f"the sessions are: {known}")
        _directory(path)
    session = Session(name, path)
    if not any_format and (error := session.other_format()):
        raise error
    return session


def all_sessions() -> list[Session]:
    """Every session, the last written first."""
    paths = [p for p in sessions_home().iterdir() if p.is_dir() and NAME.fullmatch(p.name)]
    return [Session(p.name, p) for p in sorted(paths, key=_written, reverse=True)]


def _written(path: Path) -> float:
    return max((f.stat().st_mtime for f in path.glob("[!.]*") if f.name != "lock"), default=path.stat().st_mtime)


def summary(session: Session) -> dict[str, str | int]:
    """One row of `mhv-tui sessions`: the number of changes, and how and when the last run ended."""
    if session.other_format():
        none: dict[str, str | int] = {"pid": 0, "changes": 0, "half_made": 0, "step": "", "last": ""}
        return {"name": session.name, "outcome": "other format", **none}
    journal = session.journal
    entries = [e for e in journal.not_undone() if not e.smoke_test]
    completed = sum(e.complete for e in entries)
    last = journal.last("finished") or {}
    started = journal.last("started") or {}
    ends = [record["what"] for record in journal.records() if record["what"] in ("started", "finished")]
    open_ended, holder = ends[-1:] == ["started"], session.holder()
    outcome = "interrupted" if open_ended else str(last.get("outcome", "not begun"))
    return {
        "name": session.name,
        "outcome": "running" if holder else outcome,
        "pid": int(pids[0]) if (pids := re.findall(r"pid (\d+)", holder)) else 0,
        "changes": completed,
        "half_made": len(entries) - completed,
        "step": entries[-1].step if entries and open_ended else str(last.get("step", "")),
        "last": str(last.get("time") or started.get("time") or ""),
    }
