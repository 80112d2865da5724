"""The command line as data: every command with its options and arguments, read from the parser.

The shell completion and the manual page are generated from it.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass

from mhv_tui.cli.parser import parser


@dataclass(frozen=True, kw_only=True)
class ArgumentSyntax:
    """An option, or an argument without a name."""

    names: tuple[str, ...]
    """Such as --step; empty for an argument without a name."""
    metavar: str
    """The name of the value in a usage, such as FILE; "" if the option takes no value."""
    help: str
    choices: tuple[str, ...]
    optional: bool
    repeatable: bool


@dataclass(frozen=True, kw_only=True)
class CommandSyntax:
    """A command with its arguments and the commands below it."""

    words: tuple[str, ...]
    """The words of the command, such as ("answers", "check"); empty for the wizard."""
    help: str
    """What the command does, in one line."""
    options: tuple[ArgumentSyntax, ...]
    arguments: tuple[ArgumentSyntax, ...]
    commands: tuple[CommandSyntax, ...]
    is_complete: bool
    """False if one of the commands below has to follow."""

    @property
    def name(self) -> str:
        """The words of the command as one text."""
        return " ".join(self.words)


def command_line() -> CommandSyntax:
    """Returns the wizard, with all other commands below it."""
    top = parser()
    return _command(top, (), top.description or "")


def all_commands(command: CommandSyntax) -> Iterator[CommandSyntax]:
    """Yields a command and every command below it."""
    yield command
    for below in command.commands:
        yield from all_commands(below)


def _command(source: argparse.ArgumentParser, words: tuple[str, ...], text: str) -> CommandSyntax:
    actions = [a for a in source._actions if not isinstance(a, argparse._SubParsersAction)]
    arguments = [_argument(a) for a in actions if a.help != argparse.SUPPRESS]
    return CommandSyntax(
        words=words,
        help=text,
        options=tuple(argument for argument in arguments if argument.names),
        arguments=tuple(argument for argument in arguments if not argument.names),
        commands=tuple(_commands_of(source, words)),
        is_complete=not any(a.required for a in source._actions if isinstance(a, argparse._SubParsersAction)),
    )


def _commands_of(source: argparse.ArgumentParser, words: tuple[str, ...]) -> Iterator[CommandSyntax]:
    for action in (a for a in source._actions if isinstance(a, argparse._SubParsersAction)):
        texts = {row.dest: row.help or "" for row in action._choices_actions}
        for name, command in action.choices.items():
            yield _command(command, (*words, name), texts[name])


def _argument(action: argparse.Action) -> ArgumentSyntax:
    is_option = bool(action.option_strings)
    return ArgumentSyntax(
        names=tuple(action.option_strings),
        metavar="" if action.nargs == 0 else str(action.metavar or action.dest.upper()),
        help=action.help or "",
        choices=tuple(map(str, action.choices or ())),
        optional=is_option or action.nargs in ("?", "*"),
        repeatable=action.nargs in ("*", "+") or (is_option and isinstance(action, argparse._AppendAction)),
    )
