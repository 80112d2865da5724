"""What each command does: the composition root's second half. Chooses the world, the session and the face.

Refuses to know steps, vendors or screens: it only puts them together.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from mhv_tui import guards, headless
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.errors import SecretMissing, UsageError
from mhv_tui.core.events import Finished, Listener
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Vault
from mhv_tui.engine import session as sessions
from mhv_tui.engine.apply import EXIT_CODES, apply
from mhv_tui.engine.check import Overrides, required_steps
from mhv_tui.engine.run import Run, counts, plan
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop
from mhv_tui.flags import Flags, flags
from mhv_tui.outfits import Outfit, outfit, reopened, schema, titles


def run(arguments: argparse.Namespace) -> int:
    """Dispatches; returns the exit code."""
    guards.options(arguments)
    match arguments.command:
        case None:
            return wizard(arguments)
        case "check" | "plan" | "apply":
            return road(arguments)
        case "undo":
            return undo(arguments)
        case "lab":
            from mhv_tui import labcommands

            return labcommands.run(arguments)
        case _:
            from mhv_tui import readings

            return readings.run(arguments)


def road(arguments: argparse.Namespace) -> int:
    """check, plan and apply."""
    _known_steps(arguments.step)
    if arguments.step and getattr(arguments, "prove", False) and "prove" not in arguments.step:
        raise UsageError("--prove boots servers, which is the step prove", "add --step prove, or leave --step out")
    wanted = flags(arguments)
    fitted = _fitted(arguments, wanted)
    listener = _listener(arguments, fitted.session)
    with logged(fitted.session), fitted.session.locked(), _closing(fitted.backend):
        wanted.tell_fatal()
        if arguments.command == "apply":
            return _apply(arguments, fitted, listener, wanted)
        run = _run(arguments, fitted, listener, Stop())
        looks = plan(run) if arguments.command == "plan" else run.check()
        run.save_findings()
        stopped, unseen = bool(run.blocking()), any(s.unchecked for s in looks)
        outcome = "stopped" if stopped or unseen else "done" if any(s.plan for s in looks) else "nothing-to-do"
        code = 0 if arguments.command == "plan" else 3 if stopped else 2 if unseen else 0
        words = "not every page could be looked at" if unseen and not stopped else WORDS[outcome]
        if outcome == "done":
            words = _missing(sum(len(seen.plan) for seen in looks), arguments.step)
        _finish(run, listener, outcome, code, words)
        wanted.tell_idle(run.findings())
        return code


WORDS = {"stopped": "checks stand in the way", "done": "", "nothing-to-do": "nothing is missing"}


def _missing(count: int, steps: list[str]) -> str:
    """What a look that nothing stopped has come to."""
    where = ", ".join(dict.fromkeys(steps)) or "everything"
    many = f"{count} changes are missing; apply makes them"
    return f"looked at {where}: {many if count > 1 else '1 change is missing; apply makes it'}"


def _fitted(arguments: argparse.Namespace, wanted: Flags) -> Outfit:
    """The outfit, with what the flags accept and ask for among its answers."""

    def ready(answers: Answers, vault: Vault) -> None:
        if arguments.command == "apply":
            _ready(arguments, answers, vault)

    fitted = outfit(arguments, arguments.file, headless.ask_secret if headless.at_terminal() else None, ready)
    return replace(fitted, answers=wanted.into(fitted.answers, fitted.backend.now().date()))


def _apply(arguments: argparse.Namespace, fitted: Outfit, listener: Listener, wanted: Flags) -> int:
    _ready(arguments, fitted.answers, fitted.vault)
    if not arguments.session:
        guards.one_site(fitted.session, fitted.answers, schema())
    fitted.session.save_answers(fitted.answers)
    if not arguments.json:
        headless.say(f"session {fitted.session.name}")
    approve = headless.approve_all if arguments.yes else headless.approve_by_asking()
    with stopping() as stop:
        run = _run(arguments, fitted, listener, stop)
        finished = apply(run, approve)
    wanted.tell_idle(run.findings())
    return finished.exit


def _run(arguments: argparse.Namespace, fitted: Outfit, listener: Listener, stop: Stop) -> Run:
    from mhv_tui.steps import FLOW

    prove = getattr(arguments, "prove", False)
    overrides = Overrides.of(fitted.answers, fitted.backend.now().date())
    return Run(
        FLOW, fitted.context(), fitted.session, listener, stop, overrides, selected=tuple(arguments.step), prove=prove
    )


def _finish(run: Run, listener: Listener, outcome: Any, code: int, words: str) -> None:
    found = counts(run.findings())
    if outcome == "nothing-to-do" and found["unknown"]:
        words += f"; {found['unknown']} check{'s' if found['unknown'] > 1 else ''} could not tell"
    listener(Finished(outcome, code, found, words))


def _ready(arguments: argparse.Namespace, answers: Answers, vault: Vault) -> None:
    """All that `apply` needs before it begins. Raises UsageError."""
    _complete(answers, vault, arguments.step)
    if not (arguments.yes or headless.at_terminal()):
        raise UsageError(
            "apply without --yes asks, and there is no terminal to ask on", "add --yes, or read `plan` first"
        )


def _complete(answers: Answers, vault: Vault, wanted: list[str]) -> None:
    """Everything that is not answered, and every secret that cannot be had, at once. Raises UsageError."""
    from mhv_tui.steps import FLOW

    needed = {step.id for step in required_steps(FLOW, wanted)}
    lines = guards.unnamed_cloud(answers) if "cloud" in needed else []
    for step, table in answers.tables.items():
        if step not in needed:
            continue
        lines += [
            f"{step}.{key}: is not given; see `mhv-tui answers explain {step}.{key}`" for key in answers.missing(step)
        ]
        for ref in secrets_of(table):
            try:
                vault.reveal(ref)
            except SecretMissing as missing:
                lines.append(f"{missing.message}; {missing.remedy}")
    if lines:
        raise UsageError(f"{len(lines)} answer{'s are' if len(lines) > 1 else ' is'} missing", lines=tuple(lines))


def _known_steps(wanted: list[str]) -> None:
    known = list(schema())
    for step in wanted:
        if step not in known:
            raise UsageError(f"there is no step {step!r}", f"the steps are: {', '.join(known)}")


def _listener(arguments: argparse.Namespace, session: Session) -> Listener:
    if arguments.json:
        return headless.json_listener(session.name)
    everything, whole_plan = getattr(arguments, "all", False), arguments.command == "plan"
    return headless.line_listener(titles(), everything=everything, whole_plan=whole_plan)


def undo(arguments: argparse.Namespace) -> int:
    """Takes a session back."""
    from mhv_tui.changes import KINDS
    from mhv_tui.engine.undo import emit_undo_plan
    from mhv_tui.engine.undo import undo as take_back

    session = sessions.open_session(arguments.session, create=False)
    if arguments.demo:
        guards.one_world(session, simulated=True)
        guards.same_scene(session, arguments.scene)
    # The journal has all that undo needs: answers that were damaged since, or are of another version, do not bar it.
    fitted = reopened(session, answerfile.empty(schema()), headless.ask_secret if headless.at_terminal() else None)
    listener = _listener(arguments, session)
    headless.tell_strange(session.journal.unreadable_records())
    busy = "wait for that run to end, or stop it, then undo again"
    with logged(session), session.locked(busy), _closing(fitted.backend), stopping() as stop:
        count = emit_undo_plan(session, KINDS, listener)
        if count and not arguments.yes and not _agreed(count):
            listener(Finished("cancelled", EXIT_CODES["cancelled"], message="nothing was undone"))
            return EXIT_CODES["cancelled"]
        return take_back(session, KINDS, fitted.context(), listener, stop).exit


def _agreed(count: int) -> bool:
    if not headless.at_terminal():
        raise UsageError("undo without --yes asks, and there is no terminal to ask on", "add --yes")
    try:
        return headless.ask_line(f"Take {headless.these(count)} back? [y/N] ").strip().lower() in ("y", "yes")
    except EOFError:
        return False


@contextmanager
def _closing(backend: Backend) -> Iterator[None]:
    try:
        yield
    finally:
        backend.close()


@contextmanager
def logged(session: Session) -> Iterator[None]:
    """Our own warnings and crashes go to the session's log, never to the screen."""
    root = logging.getLogger()
    handle = session.open_file("mhv-tui.log", os.O_WRONLY | os.O_APPEND)
    handler = logging.StreamHandler(os.fdopen(handle, "a", encoding="utf-8"))
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    handler.setLevel(logging.WARNING)
    root.addHandler(handler)
    try:
        yield
    finally:
        root.removeHandler(handler)
        handler.stream.close()


@contextmanager
def stopping() -> Iterator[Stop]:
    """Signals ask the run to stop between two changes; a second Ctrl+C ends it at once."""
    stop = Stop()
    codes = {signal.SIGINT: 130, signal.SIGTERM: 143, signal.SIGHUP: 129}

    def hear(number: int, frame: Any) -> None:
        if number == signal.SIGINT and stop.requested:
            raise KeyboardInterrupt
        stop.request(codes[signal.Signals(number)])
        headless.say("stopping after the change in hand; Ctrl+C again ends it at once", sys.stderr)

    before = {number: signal.signal(number, hear) for number in codes}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def wizard(arguments: argparse.Namespace) -> int:
    """The wizard on a screen, or as line prompts."""
    from mhv_tui import wizard as face

    return face.run(arguments)
