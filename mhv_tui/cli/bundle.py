"""`mhv-tui bundle`: a support bundle of a session, shown before it is written."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mhv_tui.changes.files import EditConfig
from mhv_tui.changes.masking import masked
from mhv_tui.cli import output, simulation
from mhv_tui.cli.export import session_of, write_to
from mhv_tui.cli.fleet import chosen
from mhv_tui.cli.options import BundleOptions
from mhv_tui.cli.prompts import at_terminal, is_confirmed, secret_prompt
from mhv_tui.cli.setup import DemoMode, logging_to, reopen, schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.changes import Change, Json
from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.secret import Revealed
from mhv_tui.core.targets import Target, targets_of
from mhv_tui.core.text import join_names
from mhv_tui.engine.session import Session
from mhv_tui.engine.state import read_private

LOG_LINES = 200
LOG_LIMIT = 64 << 20
"""Bytes of the largest log that is read."""


def run(options: BundleOptions) -> int:
    """Makes the bundle; prints it, or shows it and writes the file. Returns the exit code."""
    text = _text(session_of(options.source), options)
    print(text, end="")
    if not options.output:
        return 0
    is_approved = not options.yes and _is_approved(options.output)
    if not (options.yes or is_approved):
        output.say("nothing was written", sys.stderr)
        return 130
    write_to(options.output, text, replace=options.force or is_approved)
    output.say(f"written: {Path(options.output).absolute()}; read it once more before you send it", sys.stderr)
    return 0


def _is_approved(path: str) -> bool:
    if not at_terminal():
        raise UsageError("bundle --output asks before it writes, and there is no terminal to ask on", "add --yes")
    verb = "Replace the file" if os.path.isfile(path) else "Write this text to"
    return is_confirmed(f"{verb} {path}?")


def _text(session: Session, options: BundleOptions) -> str:
    from mhv_tui.changes import KINDS
    from mhv_tui.export.bundle import BundleInput, bundle
    from mhv_tui.export.collect import changes

    output.report_damage(session.damage())
    target = _target(_answers(session, options.source), options.target)
    part = session.of_target(target.id)
    findings, world = _checked(part, target) if options.check else (part.findings(), {})
    journals = [session] if part == session else [session, part]
    records = [_without_target(record) for each in journals for record in each.journal.records()]
    if part.target:
        records.sort(key=lambda record: str(record["time"]))
    source = BundleInput(
        session=session.name,
        made_at=datetime.now(UTC).isoformat(timespec="seconds"),
        findings=findings,
        records=records,
        previews={change_id: _preview(change) for change_id, change in changes(records, KINDS)},
        damage=[sentence for each in journals for sentence in each.damage()],
        log=_log(session),
        scene=_scene(target.answers, world),
    )
    return bundle(source)


def _target(answers: Answers, name: str) -> Target:
    """The only target of the answers, or the one with this name. Raises UsageError if there is no such target."""
    names = join_names(target.id for target in targets_of(answers))
    if answers.targets and not name:
        raise UsageError("a bundle is about one target", f"add --target NAME: the targets are {names}")
    if name and not answers.targets:
        raise UsageError("--target needs answers with [[target]] tables", "leave out --target")
    return chosen(answers, [name] if name else ())[0]


def _without_target(record: Mapping[str, Any]) -> dict[str, Any]:
    """A record without the name of its target, which is the only one of the bundle."""
    return {key: "" if key == "target" else value for key, value in record.items()}


def _preview(change: Change) -> str:
    """The preview of a change; of an edited file only the lines that it sets: the journal has no copy of it."""
    return (replace(change, current=Revealed("")) if isinstance(change, EditConfig) else change).preview()


def _answers(session: Session, source: str) -> Answers:
    """The answers of the file, of the session, or of its scene. Raises UsageError if there are none."""
    if os.path.isfile(source):
        return answerfile.read(Path(source), schema())
    answers = session.answers(schema()) or _scene_answers(session)
    if answers is None:
        raise UsageError(f"session {session.name} has no answers yet", "name the answer file in place of the session")
    return answers


def _scene_answers(session: Session) -> Answers | None:
    scene = simulation.scene_of(session)
    return DemoMode(scene).initial_answers() if scene else None


def _checked(session: Session, target: Target) -> tuple[Sequence[KeyedFinding], dict[str, Any]]:
    """The findings of a new check, and the world that it read. The check changes nothing, and nothing is saved."""
    from mhv_tui.core.events import CheckStarted, Event
    from mhv_tui.demo.recorded import world_of
    from mhv_tui.demo.recorder import recording
    from mhv_tui.engine.check import Overrides
    from mhv_tui.engine.run import Run
    from mhv_tui.engine.stop import Stop
    from mhv_tui.steps import FLOW

    def report(event: Event) -> None:
        if isinstance(event, CheckStarted):
            output.say(f"checking {event.step}", sys.stderr)

    setup = reopen(session.whole, target.answers, secret_prompt())
    with logging_to(setup.session), setup.session.locked(), closing(setup.backend):
        backend, calls = recording(setup.backend)
        context = replace(setup.context(target), backend=backend)
        run = Run(FLOW, context, session, report, Stop(), Overrides.of(target.answers, backend.now().date()))
        run.check()
        return run.findings(), _without_secrets(world_of(calls))


def _without_secrets(world: dict[str, Any]) -> dict[str, Any]:
    """The world with the password of recorded worlds for each secret in its files, so that equal ones stay equal."""
    from mhv_tui.demo.recorded import PASSWORD

    for machine in world["machines"].values():
        for file in machine["files"].values():
            file["content"] = masked(file["content"], PASSWORD)
    return world


def _scene(answers: Answers, world: Mapping[str, Any]) -> dict[str, Any]:
    """The bundle as a scene: each secret is asked for in the answers, and has the recorded world's password."""
    from mhv_tui.demo.recorded import PASSWORD

    references = [ref for table in answers.tables.values() for ref in secrets_of(table) if ref.kind != "absent"]
    return {
        "secrets": {ref.label: PASSWORD for ref in references},
        "answers": _with_prompts(answerfile.document_of(answers)),
        "world": world,
    }


def _with_prompts(value: Json) -> Json:
    """Answers as data, with `{ prompt = true }` for every reference to a secret."""
    if isinstance(value, Mapping):
        if set(value) in ({"env"}, {"file"}):
            return {"prompt": True}
        return {key: _with_prompts(item) for key, item in value.items() if key != "mhv_answers"}
    return [_with_prompts(item) for item in value] if isinstance(value, list) else value


def _log(session: Session) -> str:
    """The last lines of the session's log."""
    try:
        data = read_private(session.directory / "mhv-tui.log", LOG_LIMIT)
    except UsageError as error:
        return error.message
    return "\n".join(data.decode(errors="replace").split("\n")[-LOG_LINES:])
