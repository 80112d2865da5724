"""A disk that fills up during a run: a sentence with a code; once there is room, apply and undo continue."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.events import Applied, Failed, Finished
from mhv_tui.core.ports import Backend
from mhv_tui.engine.apply import apply
from mhv_tui.engine.failures import disk_sentence, finding_of
from mhv_tui.engine.session import Session, open_session
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.journals import file_of
from tests.engine.toy_steps import KINDS, EventLog, Shelf, context, run_of

NAMES = tuple(f"name-{number}" for number in range(120))
FullDisk = Callable[[Session, int], AbstractContextManager[None]]
"""Called with a session: leaves some room on its disk, at most this many bytes, while the context is open."""


@pytest.fixture
def full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FullDisk]:
    """A small file system if this user may mount one; else a limit on the size of a file."""
    mount_point = tmp_path / "small"
    mount_point.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(mount_point)]
    is_mounted = os.geteuid() == 0 and subprocess.run(mount, check=False, capture_output=True).returncode == 0
    monkeypatch.setenv("XDG_STATE_HOME", str(mount_point))
    yield _filled if is_mounted else _limited
    if is_mounted:
        subprocess.run(["umount", str(mount_point)], check=True)


@contextmanager
def _filled(session: Session, room: int) -> Iterator[None]:
    filler = session.directory.parents[2] / "filler"
    handle = os.open(filler, os.O_WRONLY | os.O_CREAT)
    try:
        while True:
            os.write(handle, bytes(4096))
    except OSError as error:
        assert error.errno == errno.ENOSPC
    os.ftruncate(handle, max(os.fstat(handle).st_size - room // 4096 * 4096, 0))
    os.close(handle)
    yield
    filler.unlink()


@contextmanager
def _limited(session: Session, room: int) -> Iterator[None]:
    path = file_of(session)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + room if path.exists() else room, limits[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


@pytest.mark.parametrize("room", [0, 100, 4096, 5000, 8192])
def test_a_disk_that_fills_up_during_apply(full_disk: FullDisk, tmp_path: Path, room: int) -> None:
    session, path = open_session("toy"), tmp_path / "shelf"
    with full_disk(session, room):
        run, log = run_of(session, path, ctx=context(path, NAMES, ("last",)))
        finished = apply(run, approve_all)
        assert (finished.outcome, finished.exit, log.of(Finished)) == ("failed", 1, [finished])
        failed = log.of(Failed)
        assert [e.finding.code for e in failed] == (["WZ16"] if failed else [])
        assert bool(failed) == bool(session.journal.last("approved")), "no change begins before the plan is recorded"
        sentences = [finished.message, *(e.finding.sentence for e in failed)]
        assert all(f"{file_of(session)} cannot be written" in s and "defect" not in s for s in sentences), sentences
        applied = [e.id for e in log.of(Applied)]
    again, log = run_of(session, path, ctx=context(path, NAMES, ("last",)))
    assert apply(again, approve_all).exit == 0 and session.damage() == []
    assert not {e.id for e in log.of(Applied)} & set(applied), "no change is made twice"
    assert undo(session, KINDS, again.ctx, EventLog(), Stop()).exit == 0
    assert path.read_text() == "proof"


@pytest.mark.parametrize("room", [0, 100, 4096, 5000, 8192])
def test_a_disk_that_fills_up_during_undo(full_disk: FullDisk, tmp_path: Path, room: int) -> None:
    session, path = open_session("toy"), tmp_path / "shelf"
    run, _ = run_of(session, path, ctx=context(path, NAMES, ("last",)))
    assert apply(run, approve_all).exit == 0
    with full_disk(session, room):
        log = EventLog()
        finished = undo(session, KINDS, run.ctx, log, Stop())
        assert (finished.outcome, finished.exit, log.of(Finished)) == ("failed", 1, [finished])
        assert f"{file_of(session)} cannot be written" in finished.message and "undo again" in finished.message
    assert undo(session, KINDS, run.ctx, EventLog(), Stop()).exit == 0
    assert path.read_text() == "proof" and session.damage() == []


@pytest.mark.parametrize(
    ("number", "sentence"),
    [
        (errno.ENOSPC, "no space left on /proc: /proc/x/journal.jsonl cannot be written"),
        (errno.EDQUOT, "/proc/x/journal.jsonl cannot be written: Disk quota exceeded"),
        (errno.EROFS, "/proc/x/journal.jsonl cannot be written: Read-only file system"),
        (errno.EFBIG, "/proc/x/journal.jsonl cannot be written: File too large"),
        (errno.EIO, "/proc/x/journal.jsonl cannot be written: Input/output error"),
    ],
)
def test_each_error_of_a_disk_has_its_sentence(number: int, sentence: str) -> None:
    error = OSError(number, os.strerror(number), "/proc/x/journal.jsonl")
    finding = finding_of(error, "run apply again to continue, or undo")
    assert (finding.code, finding.sentence, disk_sentence(error)) == ("WZ16", sentence, sentence)
    assert finding.remedy == "Free space on the disk or repair the disk; run apply again to continue, or undo"


def test_an_error_of_a_disk_without_a_file_has_a_sentence() -> None:
    error = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    assert disk_sentence(error) == "no space left on the disk: a file cannot be written"


class Full(Shelf):
    """A shelf whose file cannot be written, not even by a check."""

    def names(self) -> set[str]:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/proc/shelf")


def test_a_check_that_finds_the_disk_full_is_no_defect(session: Session, tmp_path: Path) -> None:
    run, _ = run_of(session, tmp_path / "shelf")
    run.ctx = replace(run.ctx, backend=cast(Backend, Full(tmp_path / "shelf")))
    finding = run.check()[0].findings[0]
    assert (finding.code, finding.sentence) == ("WZ16", "no space left on /proc: /proc/shelf cannot be written")
