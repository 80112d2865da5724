"""`mhv-tui check --print-timer`: prints a systemd service and timer that run the same check every hour."""

from __future__ import annotations

import os
import pwd
import shlex
import shutil
import sys
from pathlib import Path

from mhv_tui.cli import output, simulation
from mhv_tui.cli.options import RunOptions
from mhv_tui.cli.program import program
from mhv_tui.cli.setup import schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.targets import targets_of
from mhv_tui.engine.session import open_session
from mhv_tui.engine.state import state_home
from mhv_tui.export.timer import CheckTimer, install_sentence, timer_text

VARIABLES = ("XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "OS_CLIENT_CONFIG_FILE")
"""Variables of the environment that say where the state, clouds.yaml and other files are."""


def run(options: RunOptions) -> int:
    """Prints both units to stdout, and how to install them to stderr; returns the exit code."""
    timer = _timer(options, _answers(options))
    print(timer_text(timer), end="")
    command = shlex.join((program(), *_arguments(options), "--print-timer"))
    output.say(install_sentence(timer, command), sys.stderr)
    return 0


def _answers(options: RunOptions) -> Answers:
    """The answers that the check will use. Raises UsageError."""
    if options.demo:
        raise UsageError("a timer checks real systems, not a simulated world", "leave out --demo or --print-timer")
    if options.file:
        return answerfile.read(Path(options.file), schema())
    if not options.session:
        raise UsageError("no answer file and no session is named", "name a FILE or a --session")
    answers = open_session(options.session, create=False).answers(schema())
    if answers is None:
        raise UsageError(f"session {options.session} has no answers yet", "name an answer file")
    return answers


def _timer(options: RunOptions, answers: Answers) -> CheckTimer:
    references = _references(answers)
    if asked := [ref.label for ref in references if ref.kind == "prompt"]:
        remedy = 'refer to them with { env = "NAME" } or { file = "PATH" }'
        raise UsageError("a timer has no terminal on which mhv-tui asks for secrets", remedy, tuple(asked))
    found = shutil.which(program())
    start = (os.path.abspath(found),) if found else (sys.executable, "-m", "mhv_tui")
    return CheckTimer(
        name=options.session or simulation.session_name_from(Path(options.file)),
        command=(*start, *_arguments(options)),
        user=pwd.getpwuid(os.getuid()).pw_name,
        directory=os.getcwd(),
        state=str(state_home()),
        variables={name: os.environ[name] for name in VARIABLES if name in os.environ},
        secrets=list(dict.fromkeys(ref.name for ref in references if ref.kind == "env")),
    )


def _references(answers: Answers) -> list[SecretRef]:
    tables = [table for target in targets_of(answers) for table in target.answers.tables.values()]
    return list(dict.fromkeys(ref for table in tables for ref in secrets_of(table)))


def _arguments(options: RunOptions) -> list[str]:
    """The arguments of the check that these options name."""
    words = ["check", *([os.path.abspath(options.file)] if options.file else [])]
    words += ["--session", options.session] if options.session else []
    for step in options.steps:
        words += ["--step", step]
    for target in options.targets:
        words += ["--target", target]
    for accept in options.accepts:
        words += ["--accept", accept]
    flags = {"--json": options.json, "--all": options.all_checks}
    words += [flag for flag, is_set in flags.items() if is_set]
    return words + (["--format", options.format] if options.format != "text" else [])
