"""What a run is done with: the session, the answers, the world they are true in, and the vault of their secrets.

The simulated world and the real one are chosen here and nowhere else.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mhv_tui import guards
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers, secrets_of
from mhv_tui.core.context import Context
from mhv_tui.core.errors import UsageError
from mhv_tui.core.ports import Backend
from mhv_tui.core.secret import Vault
from mhv_tui.core.targets import single_target
from mhv_tui.engine import session as sessions
from mhv_tui.engine.session import Session


@dataclass(frozen=True)
class Outfit:
    """What a run is done with."""

    session: Session
    answers: Answers
    backend: Backend
    vault: Vault

    def context(self) -> Context:
        """For the engine. Raises UsageError where the answers name several targets."""
        guards.one_target(self.answers)
        return Context(self.backend, single_target(self.answers), self.session.name)


def schema() -> answerfile.Schema:
    """Step id -> its answers; and the codes of the catalogue, with what can be done about each."""
    from mhv_tui.domain import catalogue
    from mhv_tui.steps import FIXED, FLOW

    fatal = [code for code, entry in catalogue.ENTRIES.items() if entry.fatal]
    return answerfile.Schema({step.id: step.answers for step in FLOW}, catalogue.ENTRIES, fatal, FIXED)


def titles() -> dict[str, str]:
    """Step id -> its title."""
    from mhv_tui.steps import FLOW

    return {step.id: step.title for step in FLOW}


Ready = Callable[[Answers, Vault], None]
"""Refuses, by a UsageError, what the answers lack for a run."""


def any_answers(answers: Answers, vault: Vault) -> None:
    """Nothing is lacking: for a run that only looks."""


def outfit(arguments: argparse.Namespace, file: str | None, ask: Any = None, ready: Ready = any_answers) -> Outfit:
    """Session, answers, vault and world of a run. `ready` is asked before --fresh forgets anything."""
    if arguments.demo:
        return demo_outfit_of(arguments, file, ready=ready)
    path = Path(file) if file else None
    name = arguments.session or (session_name(path) if path else "")
    if not name:
        raise UsageError("no answers to work from", "name an answer file or a --session, or try it with --demo")
    read = answerfile.read(path, schema()) if path else None  # before a session is made that nobody wants
    session = sessions.open_session(name, create=path is not None)
    guards.one_world(session, simulated=False)
    answers = read or session.answers(schema())
    if answers is None:
        raise UsageError(f"session {name} has no answers yet", "name an answer file")
    return real_outfit(session, answers, ask)


def real_outfit(session: Session, answers: Answers, ask: Any = None) -> Outfit:
    """With the adapters to the real parts."""
    from mhv_tui.adapters.backend import RealBackend

    vault = Vault(ask)
    return Outfit(session, answers, RealBackend(vault), vault)


def session_name(path: Path) -> str:
    """The session of a run with that answer file, where none is named."""
    stem = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in path.stem).strip("-._")
    return stem[:64] or "answers"


def demo_outfit_of(
    arguments: argparse.Namespace, file: str | None = None, pace: float = 0.0, ready: Ready = any_answers
) -> Outfit:
    """The simulated world of the scene, as the last run of that session left it."""
    from mhv_tui.demo.scenes import SCENES, answers_of

    scene = arguments.scene
    if scene not in SCENES:
        raise UsageError(f"there is no scene {scene!r}", f"the scenes are: {', '.join(SCENES)}")
    read = answerfile.read(Path(file), schema()) if file else None
    session = sessions.open_session(demo_name(arguments), any_format=arguments.fresh)
    guards.one_world(session, simulated=True)
    answers = read or (None if arguments.fresh else session.answers(schema()))
    if answers is None:
        answers = answerfile.parse_text(answerfile.dumps(answers_of(scene)), schema(), f"scene {scene}")
    guards.one_target(answers)
    if arguments.fresh:
        ready(answers, _demo_vault(answers, scene))
        _emptied(session)
    return demo_outfit(session, answers, scene, pace)


def _emptied(session: Session) -> None:
    """Forgets a simulated session, unless another run is in it."""
    with session.locked():
        for path in session.directory.iterdir():
            if path.name != "lock":
                path.unlink()


def demo_name(arguments: argparse.Namespace) -> str:
    """The session of a run with --demo, where none is named."""
    return arguments.session or ("demo" if arguments.scene == "article" else f"demo-{arguments.scene}")


def demo_outfit(session: Session, answers: Answers, scene: str, pace: float = 0.0) -> Outfit:
    """With the simulated world that is kept with the session."""
    from mhv_tui.demo.backend import DemoBackend

    vault = _demo_vault(answers, scene)
    return Outfit(session, answers, DemoBackend(session.directory / "world.json", scene, vault, pace=pace), vault)


def _demo_vault(answers: Answers, scene: str) -> Vault:
    from mhv_tui.demo.scenes import demo_secrets

    known = demo_secrets(scene)
    vault = Vault(known.get)
    for ref in (ref for table in answers.tables.values() for ref in secrets_of(table)):
        if ref.kind == "prompt" and ref.label in known:
            vault.put(ref, known[ref.label])
    return vault


def reopened(session: Session, answers: Answers, ask: Any = None) -> Outfit:
    """A session's outfit in the world it was made in."""
    from mhv_tui.demo.backend import scene_of

    scene = scene_of(session.directory / "world.json")
    return demo_outfit(session, answers, scene) if scene else real_outfit(session, answers, ask)
