"""`mhv-tui manual`: man accepts the page, and it has every command, option, exit code and variable."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

import mhv_tui
from mhv_tui import cli
from mhv_tui.cli.exits import EXIT_CODES
from mhv_tui.cli.manual import ENVIRONMENT, page
from mhv_tui.cli.syntax import all_commands, command_line

SECTIONS = "NAME SYNOPSIS DESCRIPTION OPTIONS COMMANDS EXIT_STATUS FILES ENVIRONMENT EXAMPLES SEE_ALSO"


def test_the_command_prints_the_page(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["manual"]) == 0
    assert capsys.readouterr().out == f"{page()}\n"


def test_the_page_has_its_sections_and_only_known_macros() -> None:
    lines = page().splitlines()
    assert [line[4:].replace(" ", "_") for line in lines if line.startswith(".SH ")] == SECTIONS.split()
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} == {
        r".\"",
        ".TH",
        ".SH",
        ".SS",
        ".TP",
        ".br",
    }
    assert re.findall(r"\\(?!f[BIR]|-|&|e|\(ga|\(aq|\(ti|\(ha|\(dq|\")", page()) == []


@pytest.mark.man
def test_man_shows_the_page_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "page.1").write_text(page())
    environment = {**os.environ, "MANWIDTH": "100", "MAN_KEEP_FORMATTING": "", "LC_ALL": "C.UTF-8"}
    command = ["man", "--warnings=w", "-P", "cat", "-l", str(tmp_path / "page.1")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    text = " ".join(re.sub(r".\x08", "", done.stdout).split())
    options = {name for command in all_commands(command_line()) for option in command.options for name in option.names}
    wanted = [command.name for command in all_commands(command_line())] + sorted(options - {"-h", "--help"})
    wanted += [f"{code} {meaning}" for code, meaning in EXIT_CODES.items()]
    assert [word for word in wanted if word not in text] == []


def test_the_page_has_every_variable_that_the_program_reads() -> None:
    sources = [p for p in Path(mhv_tui.__file__).parent.rglob("*.py") if "lab" not in p.parts]
    pattern = re.compile(r'environ(?:\.get\(|\[)"(?!PYTHON)(\w+)"')
    names = {name for path in sources for name in pattern.findall(path.read_text(encoding="utf-8"))}
    assert {"XDG_STATE_HOME", "TERM"} <= names
    assert [name for name in names if name not in " ".join(ENVIRONMENT)] == []
