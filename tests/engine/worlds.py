"""Simulated worlds to which the whole plan can be applied, and how two states of one are compared."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path

from mhv_tui.core import answerfile
from mhv_tui.demo import disk_bytes
from mhv_tui.demo.local import MTIME
from mhv_tui.demo.scenes import answers_of, state_of
from mhv_tui.demo.store import State
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.steps.register.facts import DRIVER_REASON

NAME = "w"
"""The name of each session."""

SOURCE = "/images/ubuntu.vmdk"
VCENTER = "vc.example.org"
PYTHON = "/usr/lib/python3/dist-packages"
ROUTINE = frozenset({"clock", "made", "faults", "journals", "logins", "updated_at", "changed", "since", "silent"})
"""Keys with times and logs, which depend on the number of runs."""

KEPT = frozenset({"jobs", "extensions"})
"""What an undo leaves: the records of installations, and the extension that nova itself registers."""

ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?:dvportgroup|network)-[0-9]+")
"""The id of an object that can be created again."""
TOKEN = re.compile(r"(/var/lib/mhv-tui/backup/.*)\.[0-9a-f]{8}$")


@dataclass(frozen=True)
class World:
    """A world before anything is applied: its scene, what differs from it, and the fixes that apply is asked for."""

    name: str
    scene: str
    fixes: tuple[str, ...] = ()
    edit_state: Callable[[State], None] = field(default=lambda state: None)
    edit_answers: Callable[[State], None] = field(default=lambda answers: None)
    drop_irreversible: Callable[[State], None] = field(default=lambda state: None)
    """Removes from a state what undo cannot restore."""

    def write(self, state_home: Path) -> Path:
        """Writes a session in which nothing is applied yet; returns its directory."""
        directory = state_home / "mhv-tui" / "sessions" / NAME
        directory.mkdir(parents=True, mode=0o700)
        state, answers = deepcopy(state_of(self.scene)), answers_of(self.scene)
        self.edit_state(state)
        self.edit_answers(answers)
        for name, text in (("world.json", json.dumps(state)), ("answers.toml", answerfile.dumps(answers))):
            (directory / name).write_text(text)
            (directory / name).chmod(0o600)
        return directory

    def command(self, name: str) -> tuple[str, ...]:
        """The arguments of a command on this world's session."""
        if name == "undo":
            return ("undo", NAME, "--yes", "--json")
        flags = tuple(word for code in self.fixes for word in ("--fix", code))
        options = ("--session", NAME, "--demo", "--scene", self.scene, "--json")
        return (name, *options, *flags, *(("--yes",) if name == "apply" else ()))


def _with_a_vmdk(state: State) -> None:
    name, head, size = disk_bytes.vmdk_files("ubuntu.vmdk", "monolithicSparse", "lsiLogic", 2 << 30, 600 << 20)[0]
    row = {"size": size, "mtime": MTIME, "virtual": 2 << 30, "data": 600 << 20, "head": base64.b64encode(head).decode()}
    state["local"]["temporary"] = {f"/images/{name}": row}


def _from_the_vmdk(answers: State) -> None:
    answers["image"]["source"] = SOURCE


def _in_need_of_repair(state: State) -> None:
    vcenter, cloud, node = state["vcenters"][VCENTER], state["cloud"], state["machines"]["novavmware1"]
    vcenter["clusters"]["domain-c7"]["drs_enabled"] = False
    node.update(repository="", broken_packages=["man-db"])
    bug = BUGS["CN33"]
    code = {"content": f"            {bug.line}\n", "mode": 0o644, "owner": "root", "group": "root"}
    state["repositories"]["jammy-updates/zed"]["python3-nova"]["files"] = {f"{PYTHON}/{bug.file}": code}
    stale = {"status": "enabled", "state": "down", "updated_at": "2026-09-01T12:00:00+00:00"}
    disabled = {"status": "disabled", "disabled_reason": DRIVER_REASON, "state": "down"}
    cloud["services"] |= {
        "2e8f1a70-9c3d-4f1c-9b11-7a60c3e5b098": {"binary": "nova-compute", "host": "compute9", **stale},
        "2e8f1a70-9c3d-4f1c-9b11-7a60c3e5b099": {"binary": "nova-compute", "host": "novavmware1", **disabled},
    }


def _without_irreversible(state: State) -> None:
    """Half-configured packages, the stale record, and the hypervisor behind a record that existed before."""
    state["machines"]["novavmware1"].pop("broken_packages", None)
    cloud = state["cloud"]
    cloud["services"] = {k: s for k, s in cloud["services"].items() if s["host"] != "compute9"}
    cloud["hypervisors"] = {k: h for k, h in cloud["hypervisors"].items() if h["service_host"] != "novavmware1"}


WORLDS = (
    World("distributed, converted", "article"),
    World("distributed, as it is", "article", (), _with_a_vmdk, _from_the_vmdk),
    World("standard, converted", "nova-network"),
    World("standard, as it is", "nova-network", (), _with_a_vmdk, _from_the_vmdk),
    World(
        "repaired",
        "article",
        ("CL05", "CN05", "CN04", "CN33", "RG09", "VC15"),
        _in_need_of_repair,
        drop_irreversible=_without_irreversible,
    ),
)


def read_world(directory: Path) -> State:
    """The state of a session's world."""
    state: State = json.loads((directory / "world.json").read_text())
    return state


def comparable(value: object, ignored: frozenset[str] = ROUTINE) -> object:
    """A state without what differs from run to run: times, logs, ids and random endings; and without empty tables."""
    if isinstance(value, Mapping):
        rows = {_name(k): comparable(v, ignored) for k, v in value.items() if not ID.fullmatch(k) and k not in ignored}
        unnamed = [comparable(v, ignored) for k, v in value.items() if ID.fullmatch(k)]
        rows |= {"by id": sorted(unnamed, key=repr)} if unnamed else {}
        return {k: v for k, v in rows.items() if v not in ({}, [])}
    if isinstance(value, list):
        return [comparable(v, ignored) for v in value]
    return _name(value) if isinstance(value, str) else value


def _name(text: str) -> str:
    return ID.sub("ID", TOKEN.sub(r"\1.TOKEN", text))


def installed(state: State) -> State:
    """The state with each record of an installation as the set of the packages that it unpacked."""
    result = deepcopy(state)
    for machine in result["machines"].values():
        for name, job in machine["jobs"].items():
            unpacked = sorted(set(job["unpacked"]))
            machine["jobs"][name] = {"running": job["running"], "code": job["code"], "unpacked": unpacked}
    return result


def applied_state(directory: Path) -> object:
    """What must be equal after two ways of applying."""
    return comparable(installed(read_world(directory)))


def undone_state(world: World, directory: Path) -> object:
    """What must be equal before apply and after undo."""
    state = read_world(directory)
    world.drop_irreversible(state)
    return comparable(state, ROUTINE | KEPT)
