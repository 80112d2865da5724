"""Runs the wizard in a terminal: in tmux, or on a pseudo terminal that records all output and can be closed."""

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
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mhv_tui.steps import FLOW
from tests.tui.screens import TerminalScreen

PROGRAM = [sys.executable, "-m", "mhv_tui"]
ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
"""Seconds until a missing text fails the test."""


def page_at(step: str) -> str:
    """The pattern of the first line of a page, such as `3 of 10 `. `step` is the id of the page."""
    return f" {[page.id for page in FLOW].index(step) + 1} of {len(FLOW)} "


def wait_until(read_screen: Callable[[], str], pattern: str, patience: float = PATIENCE) -> str:
    """Waits until the screen matches the pattern; returns the screen. Raises AssertionError with the last screen."""
    deadline = time.monotonic() + patience
    while True:
        text = read_screen()
        if re.search(pattern, text):
            return text
        if "the wizard ended with" in text:
            deadline = 0.0
        assert time.monotonic() < deadline, f"{pattern!r} did not appear:\n{text}"
        time.sleep(0.05)


class Tmux:
    """The wizard in a tmux server of its own."""

    def __init__(self, socket: Path) -> None:
        self._socket = socket

    def _tmux(self, *words: str) -> str:
        command = ["tmux", "-S", str(self._socket), *words]
        return subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout

    def start(
        self, *arguments: str, columns: int = 80, rows: int = 24, pace: float = 0.0, term: str = "screen-256color"
    ) -> None:
        """Starts the wizard in a new session."""
        size = ["-x", str(columns), "-y", str(rows)]
        state_home = f"XDG_STATE_HOME={os.environ['XDG_STATE_HOME']}"
        env = [state_home, f"TERM={term}", "LANG=C.UTF-8", f"MHV_DEMO_PACE={pace}"]
        program = shlex.join(["env", "-u", "NO_COLOR", *env, *PROGRAM, *arguments])
        shell = f"{program}; echo the wizard ended with $?; exec sleep 600"
        self._tmux("-f", "/dev/null", "new-session", "-d", *size, "-c", str(ROOT), "sh", "-c", shell)

    def keys(self, *keys: str) -> None:
        """Presses keys, by tmux's names (C-n, Enter, Down)."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Types text literally."""
        self._tmux("send-keys", "-l", text)

    def screen(self) -> str:
        """The text on the screen."""
        return self._tmux("capture-pane", "-p")

    def wait_for(self, pattern: str, patience: float = PATIENCE) -> str:
        """Waits for a pattern; returns the screen."""
        return wait_until(self.screen, pattern, patience)

    def pid(self) -> int:
        """The process id of the wizard."""
        shell = self._tmux("display-message", "-p", "#{pane_pid}").strip()
        return int(Path(f"/proc/{shell}/task/{shell}/children").read_text().split()[0])

    def exit_code(self) -> int:
        """Waits until the wizard ends."""
        match = re.search(r"the wizard ended with (\d+)", self.wait_for(r"the wizard ended with \d+"))
        assert match
        return int(match[1])

    def resize(self, columns: int, rows: int) -> None:
        self._tmux("resize-window", "-x", str(columns), "-y", str(rows))

    def hang_up(self) -> None:
        """Closes the session: its terminal closes, and the wizard gets SIGHUP."""
        self._tmux("kill-session")

    def close(self) -> None:
        """Ends the server with its programs, and waits until it has ended."""
        self._tmux("kill-server")
        deadline = time.monotonic() + PATIENCE
        while self._tmux("list-sessions") and time.monotonic() < deadline:
            time.sleep(0.05)
        self._socket.unlink(missing_ok=True)


@contextmanager
def tmux(directory: Path) -> Iterator[Tmux]:
    """A tmux server of its own, ended afterwards."""
    server = Tmux(directory / "t")
    try:
        yield server
    finally:
        server.close()


class PtyProgram:
    """The wizard on a pseudo terminal. `raw` has all its output; pyte draws the output on a screen of 80x24."""

    def __init__(
        self,
        *arguments: str,
        in_child: Callable[[], None] | None = None,
        program: Sequence[str] = PROGRAM,
        **env: str,
    ) -> None:
        self.pid, self._master = pty.fork()
        if self.pid == 0:
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a background job of a shell ignores it
            os.chdir(ROOT)
            if in_child:
                in_child()
            os.environ.pop("NO_COLOR", None)
            os.environ.update({"TERM": "xterm-256color", "LANG": "C.UTF-8", "MHV_DEMO_PACE": "0", **env})
            os.execv(program[0], [*program, *arguments])
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        self.display = TerminalScreen(80, 24)
        self.raw = b""
        self.total_cpu_seconds = 0.0
        """CPU time of the whole process; 0 until it ends."""

    def read(self, seconds: float) -> bytes:
        """Reads what the program writes within that time."""
        output, deadline = b"", time.monotonic() + seconds
        while (rest := deadline - time.monotonic()) > 0 and select.select([self._master], [], [], rest)[0]:
            try:
                chunk = os.read(self._master, 65536)
            except OSError:
                break
            output += chunk
        self.raw += output
        self.display.feed(output)
        return output

    def read_at_most(self, size: int, seconds: float) -> bytes:
        """Takes at most `size` bytes within that time, as a slow line does, and waits until the time is over."""
        output, deadline = b"", time.monotonic() + seconds
        while (rest := deadline - time.monotonic()) > 0:
            if len(output) < size and select.select([self._master], [], [], rest)[0]:
                output += os.read(self._master, size - len(output))
            elif len(output) >= size:
                time.sleep(rest)
        self.raw += output
        self.display.feed(output)
        return output

    def read_until_quiet(self, seconds: float) -> bytes:
        """Reads until the program writes nothing for that time. Raises AssertionError if it never stops writing."""
        output, deadline = b"", time.monotonic() + PATIENCE
        while chunk := self.read(seconds):
            assert time.monotonic() < deadline, "it does not stop writing"
            output += chunk
        return output

    def screen(self) -> str:
        """The text on the screen, after reading for 50 ms."""
        self.read(0.05)
        return self.display.text()

    def wait_until_idle(self) -> None:
        """Waits until the program writes nothing for a second. Raises AssertionError if it never stops writing."""
        self.read_until_quiet(1.0)

    def wait_for(self, pattern: str, patience: float = PATIENCE) -> str:
        """Waits for a pattern; returns the screen."""
        return wait_until(self.screen, pattern, patience)

    def go_to_form(self) -> None:
        """Focuses the first field of the first page, which opens in its findings if no answer is needed."""
        self.wait_for(r"(↑|\^) fields")
        self.press(b"\x1b[A\x1b[A")
        self.wait_for(r">name ")

    def press(self, keys: bytes) -> None:
        """Sends bytes as keys."""
        os.write(self._master, keys)

    def resize(self, columns: int, rows: int) -> None:
        """Changes the size of the terminal; the program gets SIGWINCH."""
        self.display.resize_to(columns, rows)
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def has_line_mode(self) -> bool:
        """True if the terminal echoes keys and passes lines, as for a shell."""
        local_modes = int(termios.tcgetattr(self._master)[3])
        return local_modes & (termios.ECHO | termios.ICANON) == termios.ECHO | termios.ICANON

    def signal(self, number: int) -> None:
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Closes the terminal."""
        os.close(self._master)
        self._master = -1

    def ended(self) -> bool:
        """True if the program has ended; it is not waited for again."""
        if self.pid and os.waitpid(self.pid, os.WNOHANG)[0]:
            self.pid = 0
        return not self.pid

    def exit_code(self, patience: float, is_reading: bool = True) -> int:
        """Waits until the program ends, at most `patience` seconds. A signal that killed it is a negative code.

        `is_reading`: the terminal takes output meanwhile.
        """
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            ended_pid, status, usage = os.wait4(self.pid, os.WNOHANG)
            if ended_pid:
                for _ in range(5 if is_reading and self._master >= 0 else 0):  # what it wrote just before its end
                    self.read(0.02)
                self.total_cpu_seconds = usage.ru_utime + usage.ru_stime
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
            if is_reading and self._master >= 0:
                self.read(0.02)
            else:
                time.sleep(0.02)
        raise AssertionError(f"it did not end within {patience} s:\n{self.screen() if self._master >= 0 else ''}")

    def cpu_seconds(self) -> float:
        """CPU time of the process so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        """Kills the program if it is still running."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._master >= 0:
            os.close(self._master)


@contextmanager
def terminal(
    *arguments: str, in_child: Callable[[], None] | None = None, program: Sequence[str] = PROGRAM, **env: str
) -> Iterator[PtyProgram]:
    """The wizard, or another program, on a pseudo terminal, killed afterwards."""
    process = PtyProgram(*arguments, in_child=in_child, program=program, **env)
    try:
        yield process
    finally:
        process.close()
