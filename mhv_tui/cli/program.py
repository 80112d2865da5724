"""The words that call mhv-tui here, for the commands in texts for people."""

from __future__ import annotations

import os
import re
import shutil
import sys

COMMANDS = (
    *("answers", "apply", "bundle", "check", "completion", "explain", "export"),
    *("lab", "manual", "plan", "record", "sessions", "undo"),
)
_COMMAND = rf"(?<![\w./-])mhv-tui(?= (?:--\w|(?:{'|'.join(COMMANDS)})\b))"
"""The name of the program before an option or a command."""


def program() -> str:
    """Returns the words that call mhv-tui here: its path as the operator typed it, if $PATH does not find it."""
    typed = sys.argv[0]
    return typed if os.path.basename(typed) == "mhv-tui" and not shutil.which("mhv-tui") else "mhv-tui"


def callable_here(text: str) -> str:
    """Returns a text for people with its commands of mhv-tui as the operator must type them here."""
    name = program()
    return text if name == "mhv-tui" else re.sub(_COMMAND, lambda _: name, text)
