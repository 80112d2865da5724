"""The scenes: initial states of the simulated world as data, each with a base, its differences and its answers."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any

from mhv_tui.core.errors import UsageError

FILES = ("article", "nova-network", "broken")
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
    return {"scene": scene, **world, "clock": world["clock"].timestamp(), "made": 0, "faults": {}}


def answers_of(scene: str) -> Document:
    """Returns the answer file of a scene as a parsed TOML document."""
    return {"mhv_answers": 1, **deepcopy(_complete(scene)["answers"])}


def demo_secrets(scene: str) -> Mapping[str, str]:
    """Returns the secrets that an operator would type in this scene, by the label of the secret."""
    return MappingProxyType(dict(_complete(scene).get("secrets", {})))


@cache
def _documents() -> Document:
    """Returns every scene as written in its file. A file contains one scene (with a title) or several."""
    documents: Document = {}
    for name in FILES:
        text = resources.files("mhv_tui.demo").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        document = tomllib.loads(text)
        documents.update({name: document} if "title" in document else document)
    return documents


@cache
def _complete(scene: str) -> Document:
    """Returns a scene merged with the scenes on which it is based."""
    documents = _documents()
    if scene not in documents:
        raise UsageError(f"there is no scene {scene!r}", f"the scenes are {', '.join(documents)}")
    document: Document = documents[scene]
    return merge(_complete(document["base"]), document) if "base" in document else document


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


SCENES: Mapping[str, Scene] = MappingProxyType(
    {name: Scene(name, row["title"], row.get("expects", "")) for name, row in _documents().items()}
)
