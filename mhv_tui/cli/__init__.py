"""The command line. `main` parses the arguments and runs one command; it imports nothing slow before that."""

from __future__ import annotations

from collections.abc import Sequence
from typing import assert_never

from mhv_tui.cli.exits import exit_code_of
from mhv_tui.cli.options import (
    AnswersOptions,
    BundleOptions,
    ExplainOptions,
    ExportOptions,
    LabOptions,
    Options,
    RunOptions,
    SessionsOptions,
    UndoOptions,
    WizardOptions,
)
from mhv_tui.cli.parser import parse
from mhv_tui.cli.streams import accept_any_text
from mhv_tui.core.redaction import forget_all


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Raises SystemExit for --help, --version and unknown options."""
    accept_any_text()
    forget_all()
    return exit_code_of(lambda: run_command(parse(argv)))


def run_command(options: Options) -> int:
    """Runs the command that belongs to these options. Imports only this command."""
    match options:
        case WizardOptions():
            from mhv_tui.cli import wizard

            return wizard.run(options)
        case RunOptions():
            from mhv_tui.cli import run

            return run.run(options)
        case UndoOptions():
            from mhv_tui.cli import undo

            return undo.run(options)
        case SessionsOptions():
            from mhv_tui.cli import sessions

            return sessions.run(options)
        case AnswersOptions():
            from mhv_tui.cli import answers

            return answers.run(options)
        case ExplainOptions():
            from mhv_tui.cli import explain

            return explain.run(options)
        case ExportOptions():
            from mhv_tui.cli import export

            return export.run(options)
        case BundleOptions():
            from mhv_tui.cli import bundle

            return bundle.run(options)
        case LabOptions():
            from mhv_tui.cli import lab

            return lab.run(options)
        case _:
            assert_never(options)
