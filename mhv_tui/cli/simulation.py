"""Sessions with --demo. A file of the session contains the simulated state, with which later runs continue."""

from __future__ import annotations

import os
import sys
import textwrap
from pathlib import Path

from mhv_tui.cli.options import DEFAULT_SCENE, LIST
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.errors import UsageError
from mhv_tui.engine.session import Session

STATE_FILE = "world.json"

DEMO_PACE = 0.4
"""Seconds per unit of slow work of the simulated backend, so that a person can follow; $MHV_DEMO_PACE overrides it."""


def state_file(session: Session) -> Path:
    """Returns the path of the file with the simulated state. Only simulated sessions have this file."""
    return session.directory / STATE_FILE


def is_simulated(session: Session) -> bool:
    return state_file(session).exists()


def scene_of(session: Session) -> str:
    """Returns the scene of a session; empty for a real session. Raises UsageError if the state file is damaged."""
    from mhv_tui.demo.store import scene_of as scene_of_file

    return scene_of_file(state_file(session))


def assumed_in(scene: str) -> tuple[str, ...]:
    """Returns sentences about what the recording that is the scene lacks; none for any other scene."""
    if scene == DEFAULT_SCENE:
        return ()
    from mhv_tui.demo.scenes import assumed_in as assumed_in_file

    return assumed_in_file(scene)


def scene_lines(columns: int) -> list[str]:
    """Returns every scene with its title, in lines of so many columns; 0: the output is no terminal."""
    from mhv_tui.demo.scenes import ALL_SCENES

    indent = " " * (max(map(len, ALL_SCENES)) + 2)
    width = max(columns, 40) if columns else sys.maxsize
    rows = [f"{scene.name:<{len(indent)}}{scene.title}" for scene in ALL_SCENES.values()]
    return [line for row in rows for line in textwrap.wrap(row, width, subsequent_indent=indent)]


def requested_scene(name: str) -> str:
    """Returns a scene's name, or the absolute path of its file. For LIST, prints the scenes and raises SystemExit."""
    from mhv_tui.demo.scenes import is_file

    if name == LIST:
        print("\n".join(scene_lines(columns_of(sys.stdout))))
        raise SystemExit(0)
    return os.path.abspath(name) if is_file(name) else name


def session_name_of(scene: str) -> str:
    """Returns the default session name of a run with --demo and this scene."""
    from mhv_tui.demo.scenes import PACKED, is_file

    file = scene if scene.endswith(".toml") else f"{scene.removesuffix(PACKED)}.toml"
    name = session_name_from(Path(file)) if is_file(scene) else scene
    return "demo" if scene == DEFAULT_SCENE else f"demo-{name}"[:64]


def session_name_from(path: Path) -> str:
    """Returns a file's default session name: the file's name without suffix; other characters become hyphens."""
    # Path.stem reads "..toml" in another way from Python 3.14 on.
    stem = path.name.rpartition(".")[0] or path.name
    name = "".join(c if c.isascii() and (c.isalnum() or c in "._-") else "-" for c in stem).strip("-._")
    return name[:64] or "answers"


def demo_pace() -> float:
    """Returns the seconds of one unit of slow work. Raises UsageError for another value of $MHV_DEMO_PACE."""
    text = os.environ.get("MHV_DEMO_PACE", str(DEMO_PACE))
    try:
        pace = float(text)
    except ValueError:
        pace = -1.0
    if not 0 <= pace <= 60:
        raise UsageError(
            f"MHV_DEMO_PACE is {text!r}", "set it to a number of seconds from 0 to 60, such as 0.4, or unset it"
        )
    return pace
