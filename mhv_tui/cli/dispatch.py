"""Parses the arguments and runs one command; imports nothing slow before that."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module

from mhv_tui.cli.exits import exit_code_of
from mhv_tui.cli.options import COMMANDS, Options, WizardOptions
from mhv_tui.cli.parser import parse
from mhv_tui.cli.streams import accept_any_text, open_closed_streams
from mhv_tui.core.redaction import forget_all
from mhv_tui.tui.terminal import quiet


def run(argv: Sequence[str] | None) -> int:
    """Runs one command; returns its exit code. Raises SystemExit for --help, --version and unknown options."""
    open_closed_streams()
    accept_any_text()
    forget_all()
    return exit_code_of(lambda: run_command(parse(argv)))


MODULES = dict(COMMANDS.values())
"""The module of each class of options."""


def run_command(options: Options) -> int:
    """Runs the command that belongs to these options. Imports only this command."""
    if isinstance(options, WizardOptions) and not options.is_plain:
        quiet.begin()
    try:
        exit_code: int = import_module(f"mhv_tui.cli.{MODULES[type(options)]}").run(options)
    finally:
        quiet.end()
    return exit_code
