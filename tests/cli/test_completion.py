"""`mhv-tui completion`: real shells complete commands, options, choices, codes, steps, sessions and files."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

import pexpect
import pytest

from mhv_tui.cli.completion import places, script
from mhv_tui.cli.syntax import all_commands, command_line
from mhv_tui.engine.session import open_session

CASES = {
    "mhv-tui ch": {"check"},
    "mhv-tui check --step c": {"cloud", "cluster"},
    "mhv-tui --demo --session mine check --st": {"--step"},
    "mhv-tui apply a.toml --fix CL": {"CL05", "CL06"},
    "mhv-tui plan --accept OS0": {"OS08="},
    "mhv-tui undo --demo pr": {"prod", "prod-2"},
    "mhv-tui --session prod-": {"prod-2"},
    "mhv-tui answers check an": {"answers one.toml", "answers.toml"},
    "mhv-tui --demo --scene drs": {"drs-off", "drs-partial"},
    "mhv-tui answers explain vcenter.t": {"vcenter.trust"},
    "mhv-tui explain VC0": {f"VC0{n}" for n in range(1, 10)},
    "mhv-tui completion ": {"bash", "zsh", "fish"},
    "mhv-tui lab up --pro": {"--profile"},
    "mhv-tui lab up --profile n": {"no-dvs"},
    "mhv-tui lab up --debian b": {"bullseye", "bookworm"},
    "mhv-tui export prod --to rep": {"report"},
    "mhv-tui record answers.toml --a": {"--anonymize"},
    "mhv-tui manual --j": set(),
}
"""A command line up to the cursor, and what its last word can become."""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with two answer files and the three scripts, and two sessions."""
    for name in ("answers.toml", "answers one.toml"):
        (tmp_path / name).touch()
    for shell in ("bash", "zsh", "fish"):
        (tmp_path / f"script.{shell}").write_text(script(shell), encoding="utf-8")
    open_session("prod")
    open_session("prod-2")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def lines_of(*command: str) -> list[str]:
    """The lines that a shell prints; nothing may go to stderr."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, env={**os.environ, "LC_ALL": "C.UTF-8"})
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize(("line", "words"), list(CASES.items()), ids=list(CASES))
def test_bash_completes(line: str, words: set[str], folder: Path) -> None:
    typed = line.split(" ")
    program = (
        f"source script.bash; COMP_WORDS=({shlex.join(typed)}); COMP_CWORD={len(typed) - 1}; _mhv_tui; "
        'for word in "${COMPREPLY[@]}"; do printf "%s\\n" "$word"; done'
    )
    assert set(lines_of("bash", "--norc", "-c", program)) == words


def test_bash_completes_the_value_behind_an_equals_sign(folder: Path) -> None:
    program = "source script.bash; COMP_WORDS=(mhv-tui check --step = cl); COMP_CWORD=4; _mhv_tui; echo ${COMPREPLY[@]}"
    assert lines_of("bash", "-c", program) == ["cloud cluster"]


def test_bash_runs_no_name_as_a_command(folder: Path) -> None:
    (folder / "own-state" / "mhv-tui" / "sessions" / "$(touch ran)").mkdir()
    program = 'source script.bash; COMP_WORDS=(mhv-tui undo "$1"); COMP_CWORD=2; _mhv_tui; echo "${COMPREPLY[@]}"'
    assert lines_of("bash", "-c", program, "bash", "$") == ["$(touch ran)"]
    assert not (folder / "ran").exists()


@pytest.mark.fish
def test_fish_completes(folder: Path) -> None:
    program = 'source script.fish; for line in $argv; echo "> $line"; complete -C $line; end'
    results = results_of("\n".join(lines_of("fish", "--no-config", "-c", program, *CASES)))
    # fish 4 adds words that only contain the typed characters.
    begun = {line: {w for w in words if w.startswith(line.split(" ")[-1])} for line, words in results.items()}
    assert begun == CASES


ZSH_STANDINS = """
compdef() { }
offer() { for word in $@; do [[ $word == $PREFIX* ]] && print -r -- $word; done }
_describe() { [[ $1 == -o ]] && shift; offer ${${(@P)2}%%:*} }
_files() { offer *(N) }
compadd() { offer ${(@P)2} }
compset() { PREFIX=${PREFIX#*=} }
source script.zsh
for line in "$@"; do
    print -r -- "> $line"
    words=("${(@s: :)line}") CURRENT=${#words} PREFIX=${words[-1]}
    _mhv_tui
done
"""
"""Stand-ins of zsh's completion functions, which work only while a person types: they print what is offered."""


@pytest.mark.zsh
def test_zsh_completes(folder: Path) -> None:
    output = "\n".join(lines_of("zsh", "-f", "-c", ZSH_STANDINS, "zsh", *CASES, "mhv-tui check --step=cl"))
    assert results_of(output) == {**CASES, "mhv-tui check --step=cl": {"cluster", "cloud"}}


@pytest.mark.zsh
def test_zsh_completes_a_typed_line(folder: Path) -> None:
    environment = {**os.environ, "TERM": "dumb"}  # so that zsh writes the words without colours
    shell = pexpect.spawn("zsh", ["-f", "-i"], encoding="utf-8", timeout=30, dimensions=(60, 200), env=environment)
    shell.sendline("PS1='> '; unset zle_bracketed_paste; autoload -U compinit; compinit -u -D; source script.zsh")
    shell.sendline("echo read''y")
    shell.expect("ready\r\n")
    for line, offered in {
        "mhv-tui che\t": "check ",
        "mhv-tui check --step \t": "network +-- Port group",
        "mhv-tui undo prod-\t": "prod-2 ",
        "mhv-tui answers check answers.\t": "answers.toml ",
        "mhv-tui check --accept CL05\tnot needed": "CL05=not needed",
    }.items():
        shell.send(line)
        shell.expect(offered)
        shell.send("\x03")
        shell.expect("> ")
    shell.close()


def results_of(output: str) -> dict[str, set[str]]:
    """Line of a command -> what is offered, from output with "> LINE" before the offers of each line."""
    parts = output.removeprefix("> ").split("\n> ")
    answers = dict(part.partition("\n")[::2] for part in parts)
    return {line: {row.partition("\t")[0] for row in rows.split("\n") if row} for line, rows in answers.items()}


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_script_has_every_command_and_option(shell: str) -> None:
    text = script(shell)
    commands = list(all_commands(command_line()))
    assert {"", "check", "lab up", "answers explain"} <= {command.name for command in commands}
    assert [command.name for command in commands if command.name not in text] == []
    options = {name for command in commands for option in command.options for name in option.names}
    dashes = "-l " if shell == "fish" else "--"
    assert [name for name in options if name.startswith("--") and f"{dashes}{name[2:]}" not in text] == []


def test_every_value_has_candidates() -> None:
    values = {(place.command, place.option): place.candidates for place in places() if place.option}
    assert len(values) > 30
    assert [key for key, row in values.items() if not (row.words or row.sessions or row.files)] == []
