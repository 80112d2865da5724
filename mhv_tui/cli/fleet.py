"""check, plan and apply of an answer file with several targets."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from mhv_tui.cli import output
from mhv_tui.cli.export import junit_text
from mhv_tui.cli.options import RunOptions
from mhv_tui.cli.overrides import OverrideOptions, today
from mhv_tui.cli.prompts import approve_all, approve_by_asking
from mhv_tui.cli.setup import RunSetup, titles
from mhv_tui.cli.signals import stopping
from mhv_tui.core.answers import Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.events import Event, Listener
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix_text import titled_lines
from mhv_tui.core.targets import Target, targets_of
from mhv_tui.core.text import join_names
from mhv_tui.engine import fleet as fleets
from mhv_tui.engine.check import Overrides, StepResult, earlier_facts
from mhv_tui.engine.fleet import Fleet
from mhv_tui.engine.fleet_matrix import fleet_matrix, states_of
from mhv_tui.engine.run import Run, plan
from mhv_tui.engine.sharing import Sharing
from mhv_tui.engine.stop import Stop


def run(options: RunOptions, setup: RunSetup, overrides: OverrideOptions) -> int:
    """Runs the command for all targets, or for those of --target; returns the exit code."""
    targets = chosen(setup.answers, options.targets)
    listener = fleets.one_at_a_time(_listener(options, setup, targets))
    with stopping() as stop:
        fleet = fleet_of(options, setup, targets, listener, stop)
        if options.command == "apply":
            ask = partial(approve_by_asking, has_tests=not options.steps or "prove" in options.steps)
            finished = fleets.apply_all(fleet, approve_all if options.yes else ask)
        else:
            results = fleet.check(plan if options.command == "plan" else Run.check)
            for each in fleet.runs:
                each.save_findings()
            finished = fleets.check_end(fleet, results, exit_code=options.command == "check")
    findings = [row for each in fleet.runs for row in each.findings()]
    if options.format == "junit":
        print(junit_text(setup.session, findings), end="")
    elif not options.json:
        _show_matrix(fleet)
    listener(finished)
    overrides.report_ineffective(findings, setup.answers.accepts)
    return finished.exit


def chosen(answers: Answers, names: Sequence[str]) -> list[Target]:
    """The targets with these names; all if there are no names. Raises UsageError for an unknown name."""
    targets = targets_of(answers)
    known = [target.id for target in targets]
    for name in names:
        if name not in known:
            raise UsageError(f"there is no target {name}", f"the targets are: {join_names(known)}")
    return [target for target in targets if not names or target.id in names]


def fleet_of(options: RunOptions, setup: RunSetup, targets: Sequence[Target], listener: Listener, stop: Stop) -> Fleet:
    """The runs of these targets of a session, with one listener and one stop request."""
    from mhv_tui.steps import FLOW

    sharing, overrides = Sharing(setup.session), Overrides.of(setup.answers, today())
    runs = (
        Run(
            FLOW,
            setup.context(target),
            setup.session.of_target(target.id),
            listener,
            stop,
            overrides,
            selected=options.steps,
            prove=options.prove,
            sharing=sharing,
        )
        for target in targets
    )
    return Fleet(setup.session, tuple(runs), compared)


def compared(results: Sequence[tuple[Target, Iterable[StepResult]]]) -> Iterator[tuple[str, str, Finding]]:
    """Compares the results of all targets with each other."""
    from mhv_tui.steps.targets import CheckedTarget, findings

    return findings([CheckedTarget(target, earlier_facts(rows)) for target, rows in results])


def _listener(options: RunOptions, setup: RunSetup, targets: Sequence[Target]) -> Listener:
    """A listener that prints the events of each target with its name."""
    if options.json:
        return output.json_listener(setup.session.name)
    if options.format == "junit":
        return lambda event: None
    names = ["", *(target.id for target in targets)]
    rows = {
        name: output.line_listener(
            titles(),
            setup.answers.accepts,
            everything=options.all_checks,
            whole_plan=options.command == "plan",
            target=name,
        )
        for name in names
    }

    def hear(event: Event) -> None:
        rows[event.target](event)

    return hear


def _show_matrix(fleet: Fleet) -> None:
    steps = [step.id for step in fleet.runs[0].flow if step.id != "finish" and fleet.runs[0].is_selected(step.id)]
    rows = [(run.target.id, states_of(run.results.values())) for run in fleet.runs]
    output.say("\n".join(titled_lines(fleet_matrix(rows, steps))))
