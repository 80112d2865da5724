"""The commands in texts for people can be typed as they are printed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mhv_tui.cli.program import COMMANDS
from mhv_tui.cli.syntax import command_line

TEXT = "run `mhv-tui undo prod` or mhv-tui --session prod; mhv-tui plans it, and mhv-tui: a name; x/mhv-tui undo"
PATH_TEXT = "run `.venv/bin/mhv-tui undo prod` or .venv/bin/mhv-tui --session prod; mhv-tui plans it"


def printed(directory: Path, argument: str) -> str:
    """What a program with this name prints, with a PATH that has `directory` only."""
    script = f"import sys; sys.argv[0] = {argument!r}; from mhv_tui.cli import output; output.say({TEXT!r})"
    environment = {**os.environ, "PATH": str(directory), "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("argument", "is_found", "text"),
    [
        (".venv/bin/mhv-tui", False, f"{PATH_TEXT}, and mhv-tui: a name; x/mhv-tui undo\n"),
        (".venv/bin/mhv-tui", True, f"{TEXT}\n"),
        ("/usr/lib/mhv_tui/__main__.py", False, f"{TEXT}\n"),
    ],
)
def test_a_program_that_is_not_on_the_path_is_named_as_it_was_typed(
    argument: str, is_found: bool, text: str, tmp_path: Path
) -> None:
    if is_found:
        (tmp_path / "mhv-tui").write_text("#!/bin/sh\n")
        (tmp_path / "mhv-tui").chmod(0o755)
    assert printed(tmp_path, argument) == text


def test_every_command_is_recognised() -> None:
    assert set(COMMANDS) == {command.words[0] for command in command_line().commands}
