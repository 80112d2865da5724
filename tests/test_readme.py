"""The README's commands: CI runs them, and Ctrl+Q ends the wizard."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mhv_tui.cli.parser import parse
from mhv_tui.cli.syntax import all_commands, command_line
from mhv_tui.tui.page_help import page_help
from tests import readme

TEXT = (readme.ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = "\n".join(re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL))
COMMANDS = re.findall(r"^mhv-tui(?: [^#\n|>;]*)?", BLOCKS, re.MULTILINE)
"""The README's lines with a command of mhv-tui, without comments and redirections."""

WIZARD = r"echo wizard >> ran; stty raw -echo; printf '5 passed'; test $(head -c1) = $(printf '\021')"
TESTS = (
    r"mkdir -p .venv/bin; for name in ruff mypy; do printf '#!/bin/sh\necho '$name' $* >> ran\n' > .venv/bin/$name;"
    r" chmod +x .venv/bin/$name; done; echo tests $MHV_LAB $PYTEST_ADDOPTS >> ran"
)
"""Stand-ins for the README's commands: the first waits for Ctrl+Q, the second creates linters; both write to `ran`."""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone that has only the real CI script and a README."""
    for name in (".ci/run", "tests/readme.py"):
        (tmp_path / name).parent.mkdir()
        shutil.copy(readme.ROOT / name, tmp_path / name)
    return tmp_path


def ci(clone: Path, wizard: str = WIZARD, tests: str = TESTS) -> tuple[int, list[str]]:
    """The exit code of CI with these commands in the README, and what ran."""
    (clone / "README.md").write_text(
        f"# x\n\n```sh\n{wizard}\n```\n\n```sh\n{tests}\n```\n\n## More\n\n```sh\nls\n```\n"
    )
    environment = {**os.environ, "CI": "true"}
    done = subprocess.run(
        ["bash", ".ci/run"], cwd=clone, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=60
    )
    return done.returncode, (clone / "ran").read_text().splitlines()


def test_ci_runs_both_commands_and_the_linters_that_the_second_installs(clone: Path) -> None:
    assert ci(clone) == (
        0,
        [
            "wizard",
            "tests required --collect-only -qq",
            "ruff check .",
            "ruff format --check .",
            "mypy",
            "tests required --durations=15",
        ],
    )


@pytest.mark.parametrize(
    ("wizard", "tests", "last"),
    [
        (f"{WIZARD}; exit 3", TESTS, "wizard"),
        ("echo wizard >> ran", TESTS, "wizard"),
        (WIZARD, f"{TESTS}; false", "tests required --collect-only -qq"),
        (WIZARD, TESTS.replace("ran\\n", "ran; exit 1\\n"), "ruff check ."),
        (WIZARD, f'{TESTS}; test "$PYTEST_ADDOPTS" != --durations=15', "tests required --durations=15"),
    ],
    ids=["the wizard fails", "no first screen", "collection fails", "a linter fails", "a test fails"],
)
def test_ci_ends_at_the_first_failure(clone: Path, wizard: str, tests: str, last: str) -> None:
    code, ran = ci(clone, wizard, tests)
    assert code != 0
    assert ran[-1] == last


def test_the_readme_has_a_command_for_the_wizard_and_one_for_the_tests() -> None:
    wizard, tests = readme.commands((readme.ROOT / "README.md").read_text(encoding="utf-8"))
    assert wizard.endswith("&& .venv/bin/mhv-tui --demo")
    assert tests.endswith("&& .venv/bin/pytest -n 3")


def test_a_readme_with_another_number_of_commands_is_refused() -> None:
    with pytest.raises(ValueError):
        readme.commands("# x\n\n```sh\none\n```\n\n## More\n\n```sh\ntwo\n```\n")


def test_the_wizard_is_quit_on_its_first_screen() -> None:
    code, output = readme.quit_wizard(f"{sys.executable} -m mhv_tui --demo", 60)
    assert code == 0, output


def test_a_wizard_that_hangs_is_ended() -> None:
    code, output = readme.quit_wizard("echo started; sleep 60", 0.5)
    assert code != 0 and "started" in output


@pytest.mark.parametrize("line", COMMANDS)
def test_each_command_of_the_readme_is_accepted(line: str) -> None:
    assert parse(shlex.split(line)[1:])


def test_the_readme_names_only_options_that_exist() -> None:
    options = {name for command in all_commands(command_line()) for option in command.options for name in option.names}
    own = re.sub(r"```sh.*?```", "", TEXT, count=2, flags=re.DOTALL)  # without the options of pip and pytest
    assert set(re.findall(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*", own)) - options == set()


def test_the_readme_names_only_keys_of_the_help() -> None:
    table = TEXT.partition("## Keys")[2].partition("\n\nLetters")[0]
    first_cells = re.findall(r"^\| (`[^|]*`) \|", table, re.MULTILINE)
    keys = set(re.findall(r"`([^`]+)`", " ".join(first_cells)))
    assert len(keys) > 15 and keys - set(re.findall(r"[\w+/]+", page_help())) == set()


def test_each_file_that_the_readme_shows_exists() -> None:
    paths = re.findall(r"(?<=\]\()[^):]+(?=\))|screenshots/[\w.-]+", TEXT)
    assert len(paths) > 8 and [path for path in paths if not (readme.ROOT / path).exists()] == []
