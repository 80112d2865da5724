"""Two ways to sit before the wizard: a tmux of one's own, and a bare pty that counts bytes and can be hung up."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import shlex
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyte

PROGRAM = [sys.executable, "-m", "mhv_tui"]
ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
"""Seconds that a screen may take on a busy machine before it counts as stuck."""


def until(said: Callable[[], str], wanted: str, patience: float = PATIENCE) -> str:
    """The first text that the pattern is found in. Raises AssertionError with the last one where it never is."""
    deadline = time.monotonic() + patience
    while True:
        text = said()
        if re.search(wanted, text):
            return text
        if "the wizard ended with" in text:
            deadline = 0.0
        assert time.monotonic() < deadline, f"{wanted!r} never came:\n{text}"
        time.sleep(0.05)


class Tmux:
    """The wizard in a tmux server of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], capture_output=True, text=True, timeout=20, check=False
        )
        return done.stdout

    def start(self, *arguments: str, columns: int = 80, rows: int = 24, pace: float = 0.0) -> None:
        """Starts the wizard in a new session."""
        size = ["-x", str(columns), "-y", str(rows)]
        env = [f"XDG_STATE_HOME={os.environ['XDG_STATE_HOME']}", "TERM=screen-256color", f"MHV_DEMO_PACE={pace}"]
        program = shlex.join(["env", "-u", "NO_COLOR", *env, *PROGRAM, *arguments])
        shell = f"{program}; echo the wizard ended with $?; exec sleep 600"
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(ROOT), "sh", "-c", shell)

    def keys(self, *keys: str) -> None:
        """Presses keys, by tmux's names (C-n, Enter, Down)."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Types text as it is."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """What is on the screen now."""
        return self._tmux("capture-pane", "-p")

    def sees(self, wanted: str, patience: float = PATIENCE) -> str:
        """Waits for a pattern; returns the screen."""
        return until(self.screen, wanted, patience)

    def pid(self) -> int:
        """The wizard's process."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    def exit_code(self) -> int:
        """Waits for the wizard's end."""
        found = re.search(r"the wizard ended with (\d+)", self.sees(r"the wizard ended with \d+"))
        assert found
        return int(found[1])

    def resize(self, columns: int, rows: int) -> None:
        """Another size."""
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def hang_up(self) -> None:
        """Closes the session: its terminal goes, and SIGHUP comes."""
        self._tmux("kill-session")

    def close(self) -> None:
        """Ends the server and all in it, and waits until it is gone."""
        self._tmux("kill-server")
        deadline = time.monotonic() + PATIENCE
        while self._tmux("list-sessions") and time.monotonic() < deadline:
            time.sleep(0.05)
        self._socket.unlink(missing_ok=True)


@contextmanager
def tmux(directory: Path) -> Iterator[Tmux]:
    """A tmux of one's own, ended afterwards."""
    here = Tmux(directory / "t")
    try:
        yield here
    finally:
        here.close()


class Pty:
    """A program on a pseudo terminal: every byte it writes is counted and drawn on a pyte screen."""

    def __init__(self, *arguments: str, before: Callable[[], None] | None = None, **env: str) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            if before:
                before()
            os.chdir(ROOT)
            os.environ.pop("NO_COLOR", None)
            os.environ.update({"TERM": "xterm-256color", "MHV_DEMO_PACE": "0", **env})
            os.execv(PROGRAM[0], [*PROGRAM, *arguments])
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self._screen = pyte.Screen(80, 24)
        self._stream = pyte.ByteStream(self._screen)
        self.raw = b""
        self.spent = 0.0
        """CPU seconds of its whole life, once it has ended."""

    def read(self, seconds: float) -> bytes:
        """What it writes within that time."""
        got, deadline = b"", time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0 and select.select([self._master], [], [], left)[0]:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                break
            got += chunk
        self.raw += got
        self._stream.feed(re.sub(rb"\x1b\[[<>=?][0-9;]*[u]|\x1b\[\?[0-9;]*\$p", b"", got))
        return got

    def screen(self) -> str:
        """The screen as text, after what came within a moment."""
        self.read(0.05)
        return "\n".join(self._screen.display)

    def rests(self) -> None:
        """Waits until it has written nothing for a second; raises AssertionError where it never rests."""
        deadline = time.monotonic() + PATIENCE
        while self.read(1.0):
            assert time.monotonic() < deadline, "it writes on and on"

    def sees(self, wanted: str, patience: float = PATIENCE) -> str:
        """Waits for a pattern; returns the screen."""
        return until(self.screen, wanted, patience)

    def press(self, keys: bytes) -> None:
        """Sends bytes as a keyboard would."""
        os.write(self._master, keys)

    def signal(self, number: int) -> None:
        """Sends a signal."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """The terminal goes away."""
        os.close(self._master)
        self._master = -1

    def exit_code(self, patience: float) -> int:
        """Its exit code, as a shell tells it; raises AssertionError where it does not end in time."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            ended, status, used = os.wait4(self.pid, os.WNOHANG)
            if ended:
                self.spent = used.ru_utime + used.ru_stime
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if self._master >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
        raise AssertionError(f"it did not end within {patience} s:\n{self.screen() if self._master >= 0 else ''}")

    def cpu_seconds(self) -> float:
        """CPU time that it has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Ends it, where it runs still."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._master >= 0:
            os.close(self._master)


@contextmanager
def terminal(*arguments: str, before: Callable[[], None] | None = None, **env: str) -> Iterator[Pty]:
    """A program on a pty, ended afterwards."""
    here = Pty(*arguments, before=before, **env)
    try:
        yield here
    finally:
        here.close()
