"""Parses the command line into frozen options. The parts of the parser of all commands are in `parser_commands`."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import fields
from typing import NoReturn

from mhv_tui import __version__
from mhv_tui.cli.exits import EXIT_CODES
from mhv_tui.cli.options import COMMANDS, DEFAULT_SCENE, THEMES, Options
from mhv_tui.cli.usage import UsageParser, add_demo, add_session, refuse_empty, unknown
from mhv_tui.core.errors import UsageError


def parse(argv: Sequence[str] | None = None) -> Options:
    """Returns the options of one command.

    Raises SystemExit as argparse does (for an unknown option with the usage of the command), and UsageError for an
    empty value, or if options exclude each other.
    """
    words = sys.argv[1:] if argv is None else argv
    refuse_empty(words)
    values = dict(vars(_wizard_values(words) or _values(words)))
    values.update({key: tuple(value) for key, value in values.items() if isinstance(value, list)})
    command: str = values["command"]
    answers = values.pop("answers")
    if command and answers:
        raise UsageError(
            "--answers works only without a command", f"name the answer file after the command: {command} FILE"
        )
    if not command:
        values["file"] = answers
    if values.get("scene", DEFAULT_SCENE) != DEFAULT_SCENE:
        from mhv_tui.cli.simulation import requested_scene

        values["scene"] = requested_scene(values["scene"])
    kind, _ = COMMANDS[command]
    return kind(**{field.name: values[field.name] for field in fields(kind) if field.name in values})


class WizardParser(argparse.ArgumentParser):
    """A parser of the wizard's options only, which takes a tenth of the time of the parser of all commands."""

    def error(self, message: str) -> NoReturn:
        raise argparse.ArgumentError(None, message)


def _wizard_values(words: Sequence[str]) -> argparse.Namespace | None:
    """The values of the wizard's options; None if there is anything else, such as a command, --help or a mistake."""
    top = WizardParser(add_help=False)
    _wizard(top)
    try:
        namespace, others = top.parse_known_args(words, argparse.Namespace(command=""))
    except argparse.ArgumentError:
        return None
    return None if others else namespace


def _values(words: Sequence[str]) -> argparse.Namespace:
    """The values of any command. Raises SystemExit."""
    top = parser()
    namespace, others = top.parse_known_args(words)
    if others:
        reporter: argparse.ArgumentParser = getattr(namespace, "command_parser", top)
        option = next((word for word in others if word.startswith("-")), others[0])
        reporter.error(unknown(reporter.prog.removeprefix(top.prog).strip(), option))
    return namespace


def parser() -> argparse.ArgumentParser:
    """Returns the parser of all commands."""
    from mhv_tui.cli.parser_commands import add_commands

    top: argparse.ArgumentParser = UsageParser(
        prog="mhv-tui",
        description="Adds VMware vCenter to a running OpenStack cloud as its second hypervisor, with a live check at "
        "every step. Without a command, mhv-tui starts the wizard, which lists unfinished sessions first.",
        epilog="Try it without a cloud: mhv-tui --demo. The manual: mhv-tui manual | man -l -. Exit codes: "
        f"{'; '.join(f'{code} {text}' for code, text in EXIT_CODES.items())}.",
    )
    top.add_argument("--version", action="version", version=f"mhv-tui {__version__}")
    _wizard(top)
    commands = top.add_subparsers(dest="command", metavar="COMMAND")
    add_commands(commands)
    top.set_defaults(command="")
    return top


def _wizard(top: argparse.ArgumentParser) -> None:
    top.add_argument("--answers", metavar="FILE", default="", help="start the wizard with the answers in FILE")
    top.add_argument("--plain", action="store_true", help="run the wizard as line prompts, without screen control")
    top.add_argument(
        "--theme",
        choices=THEMES,
        default="",
        help="the colours of the wizard (default: $MHV_THEME, else those used last, else those that suit the "
        "terminal; F9 changes them)",
    )
    add_session(top, "")
    add_demo(top, False, DEFAULT_SCENE)
