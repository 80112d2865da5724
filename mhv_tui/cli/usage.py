"""What the parsers of all commands share: the help of a command, and errors in plain words."""

from __future__ import annotations

import argparse
import re
from collections.abc import Sequence
from typing import NoReturn

from mhv_tui.core.errors import UsageError

WORDS: tuple[tuple[str, str], ...] = (
    (r"ignored explicit argument .*", "this option takes no value"),
    (r"expected (one|at least one) argument", "a value must follow"),
    (r"invalid choice: (.*) \(choose from (.*)\)", r"there is no \1; choose from \2"),
    (r"the following arguments are required: ", "missing: "),
)
"""Pattern of a message of argparse -> the words for it."""


class UsageParser(argparse.ArgumentParser):
    """A parser that reports errors in plain words, below the usage of the command."""

    def error(self, message: str) -> NoReturn:
        """Prints the usage and the message, and exits with code 2."""
        for pattern, words in WORDS:
            message = re.sub(pattern, words, message)
        super().error(message)


def add_command(
    commands: argparse._SubParsersAction[argparse.ArgumentParser], name: str, text: str, more: str = ""
) -> argparse.ArgumentParser:
    """Adds a command. Its own help begins with the sentence of the list of commands."""
    return commands.add_parser(name, help=text, description=f"{text}.{more}")


def unknown(command: str, option: str) -> str:
    """The message for an option, or another word, that a command does not take."""
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
