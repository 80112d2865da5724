"""How simulated worlds begin: named scenes as data, each a base and what differs, with the answers that go with it.

Refuses names that are not in its files.
"""

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
Table = dict[str, Any]


@dataclass(frozen=True)
class Scene:
    """One named world. `expects` is the code that stops its road, "" where the road ends green."""

    name: str
    title: str
    expects: str = ""


def state_of(scene: str) -> Table:
    """The world as it is when nothing has happened yet."""
    world: Table = deepcopy(_whole(scene)["world"])
    return {"scene": scene, **world, "clock": world["clock"].timestamp(), "made": 0, "faults": {}}


def answers_of(scene: str) -> Table:
    """The answer file that goes with a scene, as a parsed document."""
    return {"mhv_answers": 1, **deepcopy(_whole(scene)["answers"])}


def demo_secrets(scene: str) -> Mapping[str, str]:
    """What the operator of this scene types, by the secret's label."""
    return MappingProxyType(dict(_whole(scene).get("secrets", {})))


@cache
def _documents() -> Table:
    """Every scene as written: a file of one scene, and the file of many small ones."""
    documents: Table = {}
    for name in FILES:
        text = resources.files("mhv_tui.demo").joinpath(f"{name}.toml").read_text(encoding="utf-8")
        document = tomllib.loads(text)
        documents.update({name: document} if "title" in document else document)
    return documents


@cache
def _whole(scene: str) -> Table:
    documents = _documents()
    if scene not in documents:
        raise UsageError(f"there is no scene {scene!r}", f"the scenes are {', '.join(documents)}")
    document: Table = documents[scene]
    return merged(_whole(document["base"]), document) if "base" in document else document


def merged(base: Table, over: Table) -> Table:
    """`over` laid on `base`: tables are merged, all else replaced; false in the place of a table takes it away."""
    result = dict(base)
    for key, value in over.items():
        held = result.get(key)
        if isinstance(held, dict) and isinstance(value, dict) and not value.get("replace"):
            result[key] = merged(held, value)
        elif isinstance(held, dict) and value is False:
            del result[key]
        elif isinstance(value, dict):
            result[key] = {k: v for k, v in value.items() if k != "replace"}
        else:
            result[key] = value
    return result


SCENES: Mapping[str, Scene] = MappingProxyType(
    {name: Scene(name, row["title"], row.get("expects", "")) for name, row in _documents().items()}
)
