"""Two operators at once: one works, the others learn who and where; a lock of a killed process is free."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.engine.fork_server import Ended, Launch, Launcher
from tests.engine.simulated_sessions import (
    AppliedWorlds,
    Simulated,
    problems_of_applied,
    problems_of_ended,
    problems_of_plan,
    problems_of_undone,
)
from tests.engine.worlds import NAME, WORLDS

DISTRIBUTED, STANDARD = WORLDS[0], WORLDS[2]


@pytest.fixture
def fresh(server: Launcher, tmp_path: Path) -> Simulated:
    """A session in which nothing is applied yet."""
    simulated = Simulated(server, DISTRIBUTED, tmp_path / "state")
    simulated.start()
    return simulated


def check_refusal(ended: Ended) -> None:
    """It must name the process and the machine that has the session, and what to do."""
    who = re.escape(socket.gethostname())
    assert re.search(rf"session {NAME} is in use by process \d+ on {who}\n", ended.err), ended.err
    assert "remedy: wait" in ended.err and ended.out == ""


def check_one_worked(all_ended: list[Ended]) -> None:
    """One did the work; the others were refused, or came so late that nothing was left to do."""
    outcomes = [str(ended.events[-1]["outcome"]) if ended.events else "refused" for ended in all_ended]
    assert outcomes.count("done") == 1 and set(outcomes) <= {"done", "refused", "nothing-to-do"}, outcomes
    for ended, outcome in zip(all_ended, outcomes, strict=True):
        assert ended.code == (3 if outcome == "refused" else 0)
        if outcome == "refused":
            check_refusal(ended)


def test_four_applies_and_three_undos_at_once(fresh: Simulated, applied: AppliedWorlds, tmp_path: Path) -> None:
    _, expected = applied.copy(DISTRIBUTED, tmp_path / "applied")
    check_one_worked(fresh.launcher.run(*[fresh.launch("apply")] * 4))
    assert list(problems_of_applied(fresh, expected)) == []
    check_one_worked(fresh.launcher.run(*[fresh.launch("undo")] * 3))
    assert list(problems_of_undone(fresh, expected)) == []


def test_apply_and_undo_at_once_leave_a_session_that_can_be_continued(applied: AppliedWorlds, tmp_path: Path) -> None:
    simulated, expected = applied.copy(DISTRIBUTED, tmp_path / "state")
    for ended in simulated.launcher.run(*[simulated.launch(command) for command in ("undo", "apply", "undo", "plan")]):
        assert ended.code in (0, 3) and (ended.code == 0 or "is in use by process" in ended.err)
    assert list(problems_of_ended(simulated.run("apply"))) == []
    assert list(problems_of_applied(simulated, expected)) == []


def test_sessions_of_two_targets_are_applied_at_once(server: Launcher, tmp_path: Path) -> None:
    both = [Simulated(server, world, tmp_path / world.name) for world in (DISTRIBUTED, STANDARD)]
    for simulated in both:
        simulated.start()
    ended = server.run(*[simulated.launch("apply") for simulated in both])
    assert [e.code for e in ended] == [0, 0]
    assert [list(problems_of_plan(simulated.run("plan"))) for simulated in both] == [[], []]


def test_a_session_in_use_can_be_read(applied: AppliedWorlds, tmp_path: Path) -> None:
    simulated, expected = applied.copy(DISTRIBUTED, tmp_path / "state")
    with simulated.session.locked():
        for command in ("check", "plan", "apply"):
            refused = simulated.run(command)
            assert refused.code == 3
            check_refusal(refused)
        for argv in (["sessions"], ["export", NAME, "--to", "report"], ["export", NAME, "--to", "answers"]):
            (read,) = simulated.launcher.run(Launch(tuple(argv), str(simulated.state_home)))
            assert (read.code, read.err) == (0, "") and read.out, argv
        (row,) = simulated.run("sessions").events
        assert (row["outcome"], row["pid"]) == ("running", os.getpid())
    assert list(problems_of_applied(simulated, expected)) == []


@pytest.mark.parametrize(
    "holder",
    ["pid 4194304 on elsewhere\n", f"pid {os.getpid()} on {socket.gethostname()}\n", "pid 1", "\0\xff", ""],
    ids=["another machine", "this process", "part of a line", "no text", "empty"],
)
def test_the_lock_of_a_killed_process_is_free_whatever_its_file_says(fresh: Simulated, holder: str) -> None:
    """The second is a pid that another process has now."""
    (fresh.directory / "lock").write_text(holder)
    (fresh.directory / "lock").chmod(0o600)
    assert fresh.session.holder() is None
    (row,) = fresh.run("sessions").events
    assert (row["outcome"], row["pid"]) == ("not begun", 0)
    assert fresh.run("apply", (40, "before")).code == -9
    assert fresh.session.holder() is None and "pid" in (fresh.directory / "lock").read_text()
    assert fresh.run("sessions").events[0]["outcome"] == "interrupted"
    assert fresh.run("apply").code == 0


def test_a_lock_that_no_one_can_name_is_still_a_lock(fresh: Simulated) -> None:
    with fresh.session.locked():
        (fresh.directory / "lock").write_text("")
        refused = fresh.run("apply")
    assert refused.code == 3 and f"session {NAME} is in use by another process" in refused.err


CLOCK = """
import datetime, itertools, os, sys, time
real, jumps = datetime.datetime, itertools.cycle(map(float, os.environ["JUMPS"].split()))
class Jumping(real):
    @classmethod
    def now(cls, tz=None):
        return real.now(tz) + datetime.timedelta(days=next(jumps))
datetime.datetime = Jumping
real_time = time.time
time.time = lambda: real_time() + 86400 * next(jumps)
from mhv_tui.cli import main
sys.exit(main(sys.argv[1:]))
"""


def run_at(simulated: Simulated, command: str, jumps: str) -> Ended:
    """A command on a machine whose clock jumps: days from today, one for each time it is read."""
    environment = {**os.environ, "XDG_STATE_HOME": str(simulated.state_home), "JUMPS": jumps}
    argv = ("sessions", "--json") if command == "sessions" else simulated.world.command(command)
    run = subprocess.run(
        [sys.executable, "-c", CLOCK, *argv], env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    return Ended(run.returncode, (), run.stdout, run.stderr)


@pytest.mark.slow
@pytest.mark.parametrize("jumps", ["1826", "-9125", "3 -400 0 77", "0 0 -1 0 2"])
def test_a_clock_that_jumps_changes_nothing(
    jumps: str, fresh: Simulated, applied: AppliedWorlds, tmp_path: Path
) -> None:
    _, expected = applied.copy(DISTRIBUTED, tmp_path / "applied")
    assert fresh.run("apply", (60, "after")).code == -9
    assert run_at(fresh, "sessions", jumps).events[0]["outcome"] == "interrupted"
    assert list(problems_of_ended(run_at(fresh, "apply", jumps))) == []
    assert list(problems_of_applied(fresh, expected)) == []
    times = [datetime.fromisoformat(record["time"]) for record in fresh.session.journal.records()]
    assert max(times) - min(times) > timedelta(hours=12), "the clock did not jump"
    assert list(problems_of_plan(fresh.run("plan"))) == []
    assert list(problems_of_ended(run_at(fresh, "undo", jumps))) == []
    assert list(problems_of_undone(fresh, expected)) == []
