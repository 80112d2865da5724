"""The parser: options of each command, and the usage that an error is reported with."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import get_args, get_type_hints

import pexpect
import pytest

from mhv_tui import cli
from mhv_tui.cli.dispatch import MODULES
from mhv_tui.cli.options import Options, RunOptions, UndoOptions, WizardOptions
from mhv_tui.cli.parser import parse
from mhv_tui.cli.syntax import CommandSyntax, all_commands, command_line
from mhv_tui.demo.scenes import ALL_SCENES

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("line", "options"),
    [
        ("", WizardOptions()),
        ("--answers a.toml --plain", WizardOptions(file="a.toml", plain=True)),
        ("--theme light", WizardOptions(theme="light")),
        ("--demo --session mine check --all", RunOptions(command="check", demo=True, session="mine", all_checks=True)),
        ("apply a.toml --fix CL05 --fix CL06", RunOptions(command="apply", file="a.toml", fixes=("CL05", "CL06"))),
        ("--demo --scene drs-off undo demo", UndoOptions(session="demo", demo=True, scene="drs-off")),
    ],
)
def test_a_line_becomes_the_options_of_its_command(line: str, options: Options) -> None:
    assert parse(line.split()) == options


@pytest.mark.parametrize("command", list(all_commands(command_line())), ids=lambda command: command.name)
def test_every_command_has_a_help_with_a_sentence_and_a_text_for_each_argument(
    command: CommandSyntax, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as ended:
        parse([*command.words, "--help"])
    output = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0 and f"usage: {' '.join(('mhv-tui', *command.words))}" in output
    assert f"{command.help[:1].upper()}{command.help[1:40]}" in output
    assert all(a.help for a in (*command.options, *command.arguments))


def test_options_are_frozen_with_all_that_they_contain() -> None:
    """A dataclass has a hash only if it is frozen, and a list has none."""
    for line in ("--demo", "apply a.toml --step node --fix CL05", "undo demo", "lab up", "answers template"):
        assert isinstance(hash(parse(line.split())), int)


@pytest.mark.parametrize(
    ("words", "usage", "message"),
    [
        (["check", "--demo", "--fix", "CL06"], "mhv-tui check", "check takes no --fix, because it changes nothing"),
        (["sessions", "--yes"], "mhv-tui sessions", "sessions takes no --yes"),
        (["sessions", "rename", "a", "b", "--yes"], "mhv-tui sessions rename", "sessions rename takes no --yes"),
        (["check", "a.toml", "b.toml"], "mhv-tui check", "b.toml is one word too many"),
        (["--bogus"], "mhv-tui", "there is no --bogus"),
        (["check", "--json=yes"], "mhv-tui check", "argument --json: this option takes no value"),
        (["check", "--step"], "mhv-tui check", "argument --step: a value must follow"),
        (["completion", "ksh"], "mhv-tui completion", "there is no 'ksh'; did you mean zsh?"),
        (["completion"], "mhv-tui completion", "missing: bash|zsh|fish"),
        (["chek"], "mhv-tui", "argument COMMAND: there is no 'chek'; did you mean check?\n"),
        (["undo"], "mhv-tui undo", "missing: SESSION; `mhv-tui sessions` lists the names"),
        (["sessions", "rename"], "mhv-tui sessions rename", "missing: OLD, NEW; `mhv-tui sessions` lists the names"),
    ],
)
def test_a_wrong_word_is_reported_with_the_usage_of_its_command(
    words: list[str], usage: str, message: str, capsys: Capture
) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(words)
    errors = capsys.readouterr().err
    assert ended.value.code == 2 and errors.startswith(f"usage: {usage} [-h]") and message in errors


def test_no_word_of_an_error_is_broken_at_the_edge_of_the_terminal() -> None:
    program = pexpect.spawn(sys.executable, ["-m", "mhv_tui", "xyz"], encoding="utf-8", dimensions=(24, 80), timeout=30)
    error = str(program.read()).partition("error: ")[2].splitlines()
    assert error[0].endswith("choose from check, plan,") and error[-1].endswith(", lab") and max(map(len, error)) < 80


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["check", "--demo", "--session", ""], "the value of --session is empty"),
        (["check", "--demo", "--step="], "the value of --step is empty"),
        (["undo", ""], "an argument is empty"),
    ],
)
def test_an_empty_value_is_refused(words: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(words) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--demo"], ["check", "--demo"]])
def test_all_scenes_are_listed_without_a_terminal(words: list[str], capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main([*words, "--scene", "list"])
    lines = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0 and [line.split()[0] for line in lines] == list(ALL_SCENES)
    assert any(line.startswith("wrong-password ") and line.endswith("VMware1!") for line in lines)


def test_every_command_has_a_module_that_takes_its_options() -> None:
    signatures = {kind: get_type_hints(import_module(f"mhv_tui.cli.{name}").run) for kind, name in MODULES.items()}
    assert set(signatures) == set(get_args(Options))
    assert {kind: hints for kind, hints in signatures.items() if hints != {"options": kind, "return": int}} == {}
