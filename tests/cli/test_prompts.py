"""Questions on the terminal: where they are asked, and how a signal ends them."""

from __future__ import annotations

import io
import os
import signal

import pytest

from mhv_tui.cli.prompts import approve_by_asking, ask_line
from mhv_tui.cli.signals import stopping
from mhv_tui.core.errors import Cancelled
from tests.engine.toy_steps import Put

Capture = pytest.CaptureFixture[str]


def test_questions_go_to_stderr(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    assert approve_by_asking([("first", Put("a"))]) == frozenset({"put:a"})
    output = capsys.readouterr()
    assert output.out == "" and "Make this change?" in output.err


@pytest.mark.parametrize(
    ("number", "ended"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, Cancelled), (signal.SIGHUP, Cancelled)]
)
def test_a_signal_ends_a_question_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture, number: signal.Signals, ended: type[BaseException]
) -> None:
    def interrupted() -> str:
        os.kill(os.getpid(), number)
        return "never"

    monkeypatch.setattr("builtins.input", interrupted)
    with stopping() as stop:
        with pytest.raises(ended):
            ask_line("Make these 10 changes? [y/N] ")
        assert not stop.requested
    assert capsys.readouterr().err == "Make these 10 changes? [y/N] \n"  # the next message begins a line


@pytest.mark.parametrize(("first", "key"), [(signal.SIGINT, "Ctrl+C again"), (signal.SIGTERM, "Ctrl+C")])
def test_a_run_says_once_that_it_ends_and_how_to_stop_it_at_once(
    capsys: Capture, first: signal.Signals, key: str
) -> None:
    with stopping() as stop:
        for number in (first, signal.SIGTERM, signal.SIGHUP):
            os.kill(os.getpid(), number)
        assert stop.requested
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), signal.SIGINT)
            signal.pause()
    end = "to stop at once, which can leave a change incomplete"
    assert capsys.readouterr().err == f"mhv-tui stops after the current change; press {key} {end}\n"
