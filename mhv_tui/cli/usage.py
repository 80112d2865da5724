"""What the parsers of all commands share: options, the help of a command, and errors in plain words."""

from __future__ import annotations

import argparse
import re
import sys
import textwrap
from collections.abc import Sequence
from typing import NoReturn

from mhv_tui.cli.options import DEFAULT_SCENE, LIST
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.text import join_names, with_capital

WORDS: tuple[tuple[str, str], ...] = (
    (r"ignored explicit argument .*", "this option takes no value"),
    (r"expected (one|at least one) argument", "a value must follow"),
    (r"argument (\S+): not allowed with argument (\S+)", r"\1 and \2 exclude each other; leave out one of them"),
    (
        r"the following arguments are required: ((SESSION|NAME|OLD)\b.*)",
        r"missing: \1; `mhv-tui sessions` lists the names",
    ),
    (r"the following arguments are required: ", "missing: "),
)
"""Pattern of a message of argparse -> the words for it."""

CHOICE = r"invalid choice: (.*) \(choose from (.*)\)"
"""The message of argparse about a word that is none of those that it lists."""


class UsageParser(argparse.ArgumentParser):
    """A parser that reports errors in plain words, below the usage of the command."""

    def error(self, message: str) -> NoReturn:
        """Prints the usage and the message, and exits with code 2. On a terminal, no word of the message is broken."""
        for pattern, words in WORDS:
            message = re.sub(pattern, words, message)
        text = f"{self.prog}: error: {re.sub(CHOICE, _accepted, message)}"
        columns = columns_of(sys.stderr) or len(text)
        self.print_usage(sys.stderr)
        self.exit(2, f"{textwrap.fill(text, columns, break_long_words=False, break_on_hyphens=False)}\n")


def _accepted(choice: re.Match[str]) -> str:
    """What to write instead of a word that does not exist: the words most like it, else all words."""
    from difflib import get_close_matches

    word, words = choice[1], [name.strip("'") for name in choice[2].split(", ")]
    similar = get_close_matches(word.strip("'"), words)
    what_exists = f"did you mean {join_names(similar)}?" if similar else f"choose from {', '.join(words)}"
    return f"there is no {word}; {what_exists}"


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    """Adds a command. Its own help begins with the sentence of the list of commands."""
    command = commands.add_parser(name, help=text, description=f"{with_capital(text)}.{more}")
    command.set_defaults(command_parser=command)  # an unknown option is reported with the usage of its own command
    return command


def add_session(command: argparse.ArgumentParser, default: str = argparse.SUPPRESS) -> None:
    text = "the name of the session (default: that of the answer file; with --demo: demo, or demo-SCENE)"
    command.add_argument("--session", metavar="NAME", default=default, help=text)


def add_demo(
    command: argparse.ArgumentParser,
    default: str | bool = argparse.SUPPRESS,
    scene: str = argparse.SUPPRESS,
    fresh: str = "with --demo: empty the session, and start again from the scene's initial state",
) -> None:
    """Adds --demo, --scene and --fresh. Commands get no defaults: they would override a `--demo` before the command."""
    text = "simulate vCenter, cloud and node: use no network and change nothing real"
    command.add_argument("--demo", action="store_true", default=default, help=text)
    default_scene = f"default: the session's scene, else {DEFAULT_SCENE}"
    text = f"with --demo: the scene, a bundle, or a recording ({default_scene}; {LIST}: print all)"
    command.add_argument("--scene", metavar="NAME|FILE", default=scene, help=text)
    command.add_argument("--fresh", action="store_true", default=default, help=fresh)


def unknown(command: str, option: str) -> str:
    """The message for an option, or another word, that a command does not take."""
    if not option.startswith("-"):
        return f"{option} is one word too many"
    if (command, option) == ("check", "--fix"):
        return "check takes no --fix, because it changes nothing; use --fix with plan or apply"
    return f"{command} takes no {option}" if command else f"there is no {option}"


def refuse_empty(words: Sequence[str]) -> None:
    """Raises UsageError for an empty value, which a script passes if its variable is not set."""
    for before, word in zip(("", *words), words, strict=False):
        if not word or re.fullmatch(r"--[\w-]+=", word):
            option = word.rstrip("=") or before
            what = f"the value of {option}" if option.startswith("-") else "an argument"
            raise UsageError(f"{what} is empty", "write a value, or leave it out")
