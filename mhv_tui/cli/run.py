"""The commands `mhv-tui check`, `plan` and `apply`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial

from mhv_tui.cli import export, leaving, output, preflight, simulation
from mhv_tui.cli.options import RunOptions
from mhv_tui.cli.overrides import OverrideOptions, override_options, today
from mhv_tui.cli.prompts import approve_all, approve_by_asking, at_terminal, secret_prompt
from mhv_tui.cli.setup import RunSetup, logging_to, mode_of, open_run, schema, titles
from mhv_tui.cli.signals import stopping
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.redaction import shown
from mhv_tui.core.secret import Vault
from mhv_tui.engine.apply import apply
from mhv_tui.engine.check import Overrides, StepResult
from mhv_tui.engine.inspected import inspected
from mhv_tui.engine.run import Run, counts, plan
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop


def run(options: RunOptions) -> int:
    """Runs check, plan or apply; returns the exit code."""
    preflight.check_options(options)
    preflight.check_steps(options.steps, options.prove)
    if options.print_timer:
        from mhv_tui.cli import check_timer

        return check_timer.run(options)
    overrides = override_options(options.accepts, options.fixes)
    setup = _open(options, overrides)
    listener = _listener(options, setup)
    output.report_damage(setup.session.damage())
    if not (options.json or options.format == "junit"):
        output.say(f"session {setup.session.name}, with {_source(options, setup.session)}", is_masked=False)
    for line in simulation.assumed_in(options.scene) if options.demo else ():
        output.say(f"assumed: {line}", sys.stderr)
    with logging_to(setup.session), setup.session.locked(), closing(setup.backend):
        overrides.report_fatal()
        exit_code = _run(options, setup, listener, overrides)
    if options.command == "apply" and not options.json:
        leaving.say_after_apply(setup.session)
    return exit_code


def _run(options: RunOptions, setup: RunSetup, listener: Listener, overrides: OverrideOptions) -> int:
    if setup.answers.targets:
        return _fleet(options, setup, overrides)
    if options.targets:
        raise UsageError("--target needs an answer file with [[target]] tables", "leave out --target")
    if options.command == "apply":
        return _apply(options, setup, listener, overrides)
    return _inspect(options, setup, listener, overrides)


def _open(options: RunOptions, overrides: OverrideOptions) -> RunSetup:
    """Opens the session and the backend; adds the overrides to the answers."""

    def check(answers: Answers, vault: Vault) -> None:
        if options.command == "apply":
            _check_ready(options, answers, vault)

    setup = open_run(options, mode_of(options, secret_prompt()), check, several=True)
    if setup.discarded:
        output.say(setup.discarded, sys.stderr)
    return replace(setup, answers=overrides.added_to(setup.answers, today()))


def _source(options: RunOptions, session: Session) -> str:
    """Where the answers of the run come from."""
    if options.file:
        return f"the answers of {shown(options.file)}"
    return "its saved answers" if session.answers(schema()) else f"the answers of the scene {shown(options.scene)}"


def _check_ready(options: RunOptions, answers: Answers, vault: Vault) -> None:
    """Raises UsageError if an answer, a secret or a way to approve the changes is missing for `apply`."""
    preflight.check_complete(answers, vault, options.steps)
    if not (options.yes or at_terminal()):
        raise UsageError("apply needs a terminal to ask for approval", "add --yes, or read `mhv-tui plan` first")


def _listener(options: RunOptions, setup: RunSetup) -> Listener:
    if options.json:
        return output.json_listener(setup.session.name)
    if options.format == "junit":
        return lambda event: None
    is_plan = options.command == "plan"
    return output.line_listener(titles(), setup.answers.accepts, everything=options.all_checks, whole_plan=is_plan)


def _engine_run(options: RunOptions, setup: RunSetup, listener: Listener, stop: Stop) -> Run:
    from mhv_tui.steps import FLOW

    overrides = Overrides.of(setup.answers, today())
    context, steps = setup.context(), options.steps
    return Run(FLOW, context, setup.session, listener, stop, overrides, selected=steps, prove=options.prove)


def _fleet(options: RunOptions, setup: RunSetup, overrides: OverrideOptions) -> int:
    from mhv_tui.cli import fleet

    if options.command == "apply":
        _prepare(options, setup)
    return fleet.run(options, setup, overrides)


def _prepare(options: RunOptions, setup: RunSetup) -> None:
    """Checks whether apply can run, and saves the answers. Raises UsageError."""
    _check_ready(options, setup.answers, setup.vault)
    if not options.session:
        preflight.check_site(setup.session, setup.answers, schema())
    setup.session.save_answers(setup.answers)


def _apply(options: RunOptions, setup: RunSetup, listener: Listener, overrides: OverrideOptions) -> int:
    _prepare(options, setup)
    with stopping() as stop:
        run = _engine_run(options, setup, listener, stop)
        ask = partial(approve_by_asking, has_tests=not options.steps or "prove" in options.steps)
        finished = apply(run, approve_all if options.yes else ask)
    overrides.report_ineffective(run.findings(), setup.answers.accepts)
    return finished.exit


def _inspect(options: RunOptions, setup: RunSetup, listener: Listener, overrides: OverrideOptions) -> int:
    """Runs check or plan, which change nothing; returns the exit code."""
    run = _engine_run(options, setup, listener, Stop())
    results = plan(run) if options.command == "plan" else run.check()
    run.save_findings()
    finished = _finished(options, run, results)
    listener(finished)
    if options.format == "junit":
        print(export.junit_text(setup.session, run.findings()), end="")
    overrides.report_ineffective(run.findings(), setup.answers.accepts)
    return finished.exit


def _finished(options: RunOptions, run: Run, results: Sequence[StepResult]) -> Finished:
    """Returns the outcome of check or plan. The exit code of `plan` is always 0."""
    blocked = run.failed_checks() if run.blocking() else ""
    checked = ", ".join(dict.fromkeys(options.steps)) or "all steps"
    is_check = options.command == "check"
    return inspected(results, counts(run.findings()), blocked, checked, run.failed_tests(), exit_code=is_check)
