"""Two sessions of one user do not change the same machine at once; changes of other machines go on."""

from __future__ import annotations

import fcntl
import os
import re
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Timer

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.context import Context
from mhv_tui.core.machine import SshHost
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides
from mhv_tui.engine.locks import PATIENCE, Busy, Holder, holder_of, locked, machines_locked
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import open_session
from mhv_tui.engine.state import machine_locks_home
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.undo import undo
from tests.engine.toy_steps import FLOW, EventLog, Put, context, shelf, with_work

ONE = SshHost("one")


@dataclass(frozen=True)
class PutOn(Put):
    """The same on a machine."""

    host: SshHost = ONE


def run_on(machine: str, ctx: Context) -> Run:
    """A run that puts "a" and "b" on the shelf of that machine."""

    def plan(look: object) -> Sequence[Put]:
        return [PutOn(name, SshHost(machine)) for name in ("a", "b") if name not in shelf(ctx).names()]

    return Run((with_work(FLOW[0], plan=plan),), ctx, open_session(machine), EventLog(), Stop(), Overrides())


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    return replace(context(tmp_path / "shelf"), machine_locks=machine_locks_home())


def test_a_lock_names_its_holder_even_if_the_name_is_written_late(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with path.open("w+") as holder:
        fcntl.flock(holder, fcntl.LOCK_EX)
        late = Timer(0.2, path.write_text, ["pid 17 on one\n"])
        late.start()
        with pytest.raises(Busy, match=r"lock is in use by process 17 on one$"), locked(path, "lock", "wait"):
            pass
        late.join()


def test_an_ended_holder_leaves_no_name(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", "lock", "wait"):
        assert holder_of(tmp_path / "lock") == Holder(os.getpid(), socket.gethostname())
    assert (tmp_path / "lock").read_text() == ""


@pytest.mark.parametrize("holder", [Holder(17, "one"), Holder(17, "one", "session prod"), Holder()])
def test_a_holder_is_read_as_it_is_written(holder: Holder) -> None:
    assert Holder.of(holder.text) == holder
    assert holder.process == ("process 17 on one" if holder.pid else "another process")
    assert not Holder.of("pid 1").pid and not Holder.of("\0").pid


def test_the_holder_of_a_lock_is_known_without_a_wait(tmp_path: Path) -> None:
    with locked(tmp_path / "lock", "lock", "wait"):
        began = time.monotonic()
        assert all(holder_of(tmp_path / "lock") for _ in range(20))
        assert time.monotonic() - began < 20 * PATIENCE / 2


def test_a_machine_in_use_is_not_changed_by_another_session(ctx: Context) -> None:
    who = rf"machine one is in use by process {os.getpid()} on {re.escape(socket.gethostname())}, session other"
    with machines_locked(ctx.machine_locks, [PutOn("x")], "other"):
        finished = apply(run_on("one", ctx), approve_all)
        assert (finished.outcome, finished.exit) == ("stopped", 3) and shelf(ctx).names() == set()
        assert re.match(f"{who}; this run changed nothing; wait for that run to end", finished.message)
    assert apply(run_on("one", ctx), approve_all).exit == 0 and shelf(ctx).names() == {"a", "b"}
    kinds = {"PutOn": PutOn}
    with machines_locked(ctx.machine_locks, [PutOn("x")], "other"):
        finished = undo(open_session("one"), kinds, ctx, EventLog(), Stop())
        assert (finished.outcome, finished.exit) == ("stopped", 3) and shelf(ctx).names() == {"a", "b"}
        assert re.match(f"{who}; nothing was undone; wait for that run to end", finished.message)
    assert undo(open_session("one"), kinds, ctx, EventLog(), Stop()).exit == 0 and shelf(ctx).names() == set()


def test_another_machine_is_changed_meanwhile(ctx: Context) -> None:
    with machines_locked(ctx.machine_locks, [PutOn("x")], "other"):
        assert apply(run_on("two", ctx), approve_all).exit == 0


def test_a_lock_ends_with_its_block_and_names_are_safe_in_paths(ctx: Context) -> None:
    directory = machine_locks_home()
    hosts = ["one", "..", "a/b", "[2001:db8::1]", "n" * 63]
    with machines_locked(directory, [PutOn("x", SshHost(host)) for host in hosts], "other"):
        locks = sorted(directory.iterdir())
        assert len(locks) == len(hosts) and all(holder_of(path) for path in locks)
    assert [holder_of(path) for path in locks] == [None] * len(hosts)


def test_a_world_that_no_other_run_can_reach_has_no_locks(ctx: Context) -> None:
    with machines_locked(None, [PutOn("x")], "other"):
        assert list(machine_locks_home().iterdir()) == []
