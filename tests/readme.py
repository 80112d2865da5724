"""The README's two commands for a fresh clone, read from its text and run as they are written there.

`.ci/run` runs this file before there is a virtual environment, so it needs the standard library only.
"""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parent.parent
FIRST_SCREEN = rb"\d+ passed"
"""The text that the wizard's first page shows after its checks."""
ESCAPES = rb"\x1b\[[0-9;?<>=]*[a-zA-Z]"
CTRL_Q = b"\x11"


def commands(readme: str) -> tuple[str, str]:
    """The command that starts the wizard, and the command that runs the tests.

    They are the two sh blocks above the first heading. Raises ValueError if there are more or fewer.
    """
    introduction = readme.partition("\n## ")[0]
    wizard, tests = re.findall(r"^```sh\n(.+)\n```$", introduction, re.MULTILINE)
    return wizard, tests


def quit_wizard(command: str, patience: float = 600) -> tuple[int, str]:
    """Runs the command in a terminal and presses Ctrl+Q on the first screen; returns the exit code and the output.

    The exit code is not 0 if the screen does not come, or if the command does not end within `patience` seconds.
    """
    pid, terminal = pty.fork()
    if pid == 0:
        os.execvpe("bash", ["bash", "-c", command], {**os.environ, "TERM": "xterm-256color"})
    output, pressed, deadline = b"", False, time.monotonic() + patience
    while chunk := _read(terminal, deadline):
        output += chunk
        if not pressed and re.search(FIRST_SCREEN, re.sub(ESCAPES, b"", output)):
            os.write(terminal, CTRL_Q)
            pressed = True
    if time.monotonic() >= deadline:
        os.killpg(pid, signal.SIGKILL)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    os.close(terminal)
    return code if pressed else code or 1, re.sub(ESCAPES, b"", output).decode(errors="replace")


def _read(terminal: int, deadline: float) -> bytes:
    """The next output of the terminal; empty if its processes ended or the deadline is over."""
    if not select.select([terminal], [], [], max(0.0, deadline - time.monotonic()))[0]:
        return b""
    try:
        return os.read(terminal, 65536)
    except OSError:  # Linux raises this if no process has the terminal open
        return b""


def main(which: str) -> int:
    """Runs the README's `wizard` or `tests` command in the clone; returns its exit code."""
    os.chdir(ROOT)
    wizard, tests = commands(Path("README.md").read_text(encoding="utf-8"))
    if which == "tests":
        return subprocess.run(["bash", "-c", tests], check=False).returncode
    with tempfile.TemporaryDirectory() as state:
        os.environ["XDG_STATE_HOME"] = state  # so that the wizard does not offer unfinished sessions first
        code, output = quit_wizard(wizard)
    if code:
        print(output)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
