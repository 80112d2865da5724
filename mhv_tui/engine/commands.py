"""The commands of mhv-tui that continue a session. Undo, like export, knows from the session that it is simulated."""

from __future__ import annotations

import shlex

DEFAULT_SCENE = "article"
"""The scene of --demo without --scene."""

UNDO_SIMULATED = "The session is simulated: undo changes no real system."
"""The sentence in the question before the undo of a simulated session."""


def undo_command(session: str, program: str = "mhv-tui") -> str:
    """The command that undoes a session. `program`: the words that call mhv-tui."""
    return f"{program} undo {shlex.quote(session)}"


def open_command(session: str, is_simulated: bool, program: str = "mhv-tui") -> str:
    """The command that opens a session in the wizard."""
    return f"{program}{' --demo' if is_simulated else ''} --session {shlex.quote(session)}"


def apply_command(file: str, scene: str | None) -> str:
    """The command that repeats a session with its answers in `file`.

    `scene`: that of a simulated session, "" if it cannot be read; None for a real session.
    """
    demo = "" if scene is None else " --demo"
    other = f" --scene {shlex.quote(scene)}" if scene and scene != DEFAULT_SCENE else ""
    return f"mhv-tui apply {file}{demo}{other}"
