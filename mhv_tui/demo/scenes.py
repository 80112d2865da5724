"""The scenes: initial states of the simulated world as data, each with a base, its differences and its answers.

A scene has a name, or it is a support bundle or a recording of a vCenter; then its name is the path.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from copy import deepcopy
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mhv_tui.core.errors import UsageError
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.paths import read_regular
from mhv_tui.domain.tables import LazyTable

FILES = ("article", "nova-network", "broken", "images", "fleet")
LIMIT = 64 << 20
"""Bytes of the largest file with a scene."""
PACKED = ".tar.xz"
"""The end of the path of a packed recording."""
FILE_TABLES = {"answers": dict, "world": dict, "secrets": dict}
"""The tables of a file with a scene."""
Document = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """A scene. `expects` is the finding code that stops apply in this scene; "" if apply succeeds."""

    name: str
    title: str
    expects: str = ""


def state_of(scene: str) -> Document:
    """Returns the initial state of a scene. Raises UsageError for an unknown name."""
    world: Document = deepcopy(_complete(scene)["world"])
    return {"faults": {}, **world, "scene": scene, "clock": world["clock"].timestamp(), "made": 0}


def answers_of(scene: str) -> Document:
    """Returns the answer file of a scene as a parsed TOML document."""
    return {"mhv_answers": 1, **deepcopy(_complete(scene)["answers"])}


def demo_secrets(scene: str) -> Mapping[str, str]:
    """Returns the secrets that an operator would type in this scene, by the label of the secret."""
    return MappingProxyType(dict(_complete(scene).get("secrets", {})))


@cache
def _file(name: str) -> Document:
    return tomllib.loads(Path(__file__).with_name(f"{name}.toml").read_text(encoding="utf-8"))


@cache
def _documents() -> Document:
    """Returns every scene as written in its file. A file contains one scene (with a title) or several."""
    documents: Document = {}
    for name in FILES:
        documents.update({name: _file(name)} if "title" in _file(name) else _file(name))
    return documents


def _document(scene: str) -> Document:
    """Returns a scene as written in its file; reads only this file if the scene has its own. Raises UsageError."""
    if scene in FILES and "title" in _file(scene):
        return _file(scene)
    if scene not in _documents():
        remedy = f"the scenes are: {', '.join(_documents())}; a file with a scene needs its path, such as ./bundle.toml"
        raise UsageError(f"there is no scene {scene!r}", remedy)
    document: Document = _documents()[scene]
    return document


@cache
def _complete(scene: str) -> Document:
    """Returns a scene merged with the scenes on which it is based."""
    if is_file(scene):
        return _from_file(scene)
    document = _document(scene)
    return merge(_complete(document["base"]), document) if "base" in document else document


def is_file(scene: str) -> bool:
    """Returns whether the scene is the path of a file or of a directory, not a name."""
    return "/" in scene or scene.endswith((".toml", PACKED))


def assumed_in(scene: str) -> tuple[str, ...]:
    """Returns sentences about what a recording lacks and the scene has instead; none for any other scene."""
    return tuple(_complete(scene).get("assumed", ())) if is_file(scene) else ()


def _from_file(path: str) -> Document:
    """Returns the scene in a file. Raises UsageError if the file does not contain one."""
    if path.endswith(PACKED) or os.path.isdir(path):
        from mhv_tui.demo.recorded_scene import scene_of

        return scene_of(Path(path))
    remedy = "name a file that `mhv-tui bundle` has written"
    try:
        document = tomllib.loads(read_regular(Path(path), LIMIT).decode())
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", remedy) from None
    except UnicodeDecodeError:
        raise UsageError(f"{path}: is not UTF-8 text", remedy) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{path}: is not TOML: {error}", remedy) from None
    wrong = [name for name, kind in FILE_TABLES.items() if not isinstance(document.get(name), kind)]
    if not wrong and not _is_time(document["world"].get("clock")):
        wrong = ["world.clock"]
    if not wrong and _has_date({**document["world"], "clock": 0}):
        wrong = ["a text of world (it has a date instead)"]
    if wrong:
        raise UsageError(f"{path}: is not a scene: missing or of a wrong type: {', '.join(wrong)}", remedy)
    return document


def _is_time(value: object) -> bool:
    """Whether the value is a time that can be the simulated clock's."""
    try:
        return isinstance(value, datetime) and datetime.fromtimestamp(value.timestamp(), UTC).year in range(2, 9000)
    except (ValueError, OverflowError):
        return False


def _has_date(table: Document) -> bool:
    """Whether a value at any depth is a date or a time, which the state of a world cannot have."""
    try:
        json.dumps(table)
    except TypeError:
        return True
    return False


def merge(base: Document, over: Document) -> Document:
    """Merges the tables of `over` into `base`. Any other value of `over` replaces the value of `base`.

    In `over`, false instead of a table removes the table, and a table with `replace` replaces it.
    """
    result = dict(base)
    for key, value in over.items():
        current = result.get(key)
        if isinstance(current, dict) and isinstance(value, dict) and not value.get("replace"):
            result[key] = merge(current, value)
        elif isinstance(current, dict) and value is False:
            del result[key]
        elif isinstance(value, dict):
            result[key] = {k: v for k, v in value.items() if k != "replace"}
        else:
            result[key] = value
    return result


ALL_SCENES: LazyTable[Scene] = LazyTable(
    lambda: {name: Scene(name, row["title"], row.get("expects", "")) for name, row in _documents().items()}
)
SCENES: LazyTable[Scene] = LazyTable(
    lambda: {name: scene for name, scene in ALL_SCENES.items() if "target" not in _documents()[name].get("answers", {})}
)
"""The scenes with one target."""
