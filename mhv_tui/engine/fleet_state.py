"""The state of a wizard with several targets: one WizardState for each target, and all answers in one file.

The methods `check` and `apply` wait for remote systems; call them in a thread.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from mhv_tui.core.answers import Answers, TargetRow
from mhv_tui.core.changes import Change
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.matrix import Matrix
from mhv_tui.core.targets import Target, first_target, problem_with_name, targets_of, with_target, without_target
from mhv_tui.engine.answers_writer import AnswersWriter
from mhv_tui.engine.apply import Approve
from mhv_tui.engine.check import Flow, StepResult
from mhv_tui.engine.commands import undo_command
from mhv_tui.engine.fleet import Compare, Fleet, apply_all, one_at_a_time
from mhv_tui.engine.fleet_matrix import fleet_matrix, states_of
from mhv_tui.engine.plan_summary import has_trial
from mhv_tui.engine.run import Run
from mhv_tui.engine.run_end import end_of
from mhv_tui.engine.session import Session
from mhv_tui.engine.sharing import Sharing
from mhv_tui.engine.stop import Stop
from mhv_tui.engine.wizard_state import WizardState

NewState = Callable[[Target, Session], WizardState]
"""Creates the state of a target with its part of the session."""


class TargetWriter:
    """Saves the answers of one target with those of all others."""

    def __init__(self, fleet: FleetState, id: str) -> None:
        self._fleet = fleet
        self._id = id

    @property
    def problem(self) -> str:
        return self._fleet.writer.problem

    @problem.setter
    def problem(self, problem: str) -> None:
        self._fleet.writer.problem = problem

    @property
    def on_problem(self) -> Callable[[str], None]:
        return self._fleet.writer.on_problem

    @on_problem.setter
    def on_problem(self, function: Callable[[str], None]) -> None:
        self._fleet.writer.on_problem = function

    def submit(self, answers: Answers) -> None:
        self._fleet.put(Target(self._id, answers))

    def flush(self) -> str:
        return self._fleet.writer.flush()


class FleetState:
    """The targets of one session, in the order of the answer file."""

    def __init__(self, flow: Flow, session: Session, answers: Answers, new_state: NewState, compare: Compare) -> None:
        self.session = session
        self.answers = answers
        self.sharing = Sharing(session)
        self.stop = Stop()
        self.writer = AnswersWriter(session)
        self.flow = flow
        self._running: Mapping[str, Run] = {}
        """Target id -> the present run of `apply`."""
        self._new_state = new_state
        self._compare = compare
        self._states = {target.id: self._state(target) for target in targets_of(answers)}
        self.first = first_target(answers)
        """The target of the file's own tables; "" if they are not a target."""

    @property
    def ids(self) -> list[str]:
        """The names of the targets."""
        return list(self._states)

    def state_of(self, id: str) -> WizardState:
        return self._states[id]

    def _state(self, target: Target) -> WizardState:
        state = self._new_state(target, self.session.of_target(target.id))
        state.fleet, state.stop, state.writer = self, self.stop, TargetWriter(self, target.id)
        return state

    def put(self, target: Target) -> None:
        """Saves the answers of a target, and gives the other targets what they share with it.

        All targets share what is accepted or fixed, and the answers of the first target that they do not override.
        """
        self.answers = with_target(self.answers, target, target.id == self.first)
        self.writer.submit(self.answers)
        for other in targets_of(self.answers):
            if other.id not in (target.id, self.first) and other.id in self._states:
                self._states[other.id].adopt(other.answers)

    def why_not_named(self, name: str) -> str:
        """Why a new target cannot have this name; "" if it can."""
        return problem_with_name(TargetRow(name), self.ids)

    def add(self, name: str, like: str = "") -> None:
        """Adds a target with the answers of another one, or with those of the file's own tables; without a node."""
        source = self._states[like].answers if like else replace(self.answers, targets=())
        target = Target(name, replace(source.replace("node", host=""), targets=()))
        self.put(target)
        self._states[name] = self._state(target)

    def why_kept(self, id: str) -> str:
        """Why a target cannot be removed; "" if it can."""
        if id == self.first:
            return f"{id} is the target of the answer file's own tables, which all targets share"
        if len(self.answers.targets) == 1 and self.first and self._states[self.first].changes_made():
            return f"{id} is the only other target, and changes of {self.first} are in place as those of a target"
        if self._states[id].changes_made():
            undo = undo_command(self.session.name)
            return f"changes of {id} are in place: undo them first with {undo} --target {id}"
        return ""

    def remove(self, id: str) -> None:
        """Removes a target that `why_kept` allows to remove."""
        self.answers = without_target(self.answers, id)
        self.writer.submit(self.answers)
        del self._states[id]

    @property
    def columns(self) -> list[str]:
        """The ids of the steps that differ between targets: the columns of the matrix."""
        return [step.id for step in self.flow if step.id not in ("cloud", "finish")]

    def matrix(self) -> Matrix:
        """The targets and steps, as the last results show them, also those of a run that has not ended.

        The matrix is narrow enough for a terminal of 80 columns.
        """
        rows = [(id, states_of(self._last_results(id))) for id in self._states]
        return fleet_matrix(rows, self.columns)

    def _last_results(self, id: str) -> list[StepResult]:
        state, run = self._states[id], self._running.get(id)
        results = ((run and run.results.get(run.target.key(step.id))) or state.result(step.id) for step in self.flow)
        return [result for result in results if result]

    def planned(self) -> list[tuple[str, Change]]:
        """(step id, change) of all missing changes; what several targets plan, once."""
        rows = [row for state in self._states.values() for row in state.planned()]
        return list({change.id: (step, change) for step, change in rows}.values())

    @property
    def has_trial(self) -> bool:
        """True if apply creates a trial port for one of the targets."""
        return any(has_trial(self._last_results(id)) for id in self._states)

    def is_ready(self, id: str) -> bool:
        """True if no problem and no missing answer stops the run of a target."""
        results = [self._states[id].result(step.id) for step in self.flow]
        return all(result is not None and not result.stops and not result.unchecked for result in results)

    def check(self, listener: Listener) -> None:
        """Checks all targets side by side."""
        fleet = self._fleet(listener)
        fleet.check(Run.check)
        self._keep(fleet)

    def apply(self, listener: Listener, approve: Approve) -> Finished:
        """Checks all targets again and makes the approved changes. Returns how the run ended; raises no error."""
        self.writer.flush()
        fleet = self._fleet(listener)
        self._running = {run.target.id: run for run in fleet.runs}

        def locked_run() -> Finished:
            with self.session.locked():
                finished = apply_all(fleet, approve)
            listener(finished)
            return finished

        finished = end_of(locked_run, listener)
        self._running = {}
        self._keep(fleet)
        return finished

    def _fleet(self, listener: Listener) -> Fleet:
        hear = one_at_a_time(listener)
        runs = tuple(state.new_run(hear, self.stop) for state in self._states.values())
        return Fleet(self.session, runs, self._compare)

    def _keep(self, fleet: Fleet) -> None:
        """Keeps the results of the targets that still exist and have the answers that were checked."""
        for run in fleet.runs:
            state = self._states.get(run.target.id)
            if state is not None and state.answers == run.target.answers:
                for step in self.flow:
                    state.replace_check(step.id)  # a page's check that began before this run is outdated
                state.keep_results(run)
