"""The road by hand on real parts: the wizard in tmux at 80x24, keys alone; killed while apt runs, and resumed."""

from __future__ import annotations

import os
import re
import signal
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core.answers import fields_of
from mhv_tui.core.forms import show
from mhv_tui.core.hosts import parse_host
from mhv_tui.steps import FLOW
from tests.lab.rehearsal import Rehearsal
from tests.tui.terminals import Tmux, tmux

pytestmark = [pytest.mark.lab, pytest.mark.tmux, pytest.mark.timeout(1800)]

PATIENCE = 180.0
"""Seconds that a look at real parts may take on a busy machine."""

HAND = f"hand-{os.getpid()}"
"""The session's name: one that no earlier run has used."""

ENDS = r"done: everything|✗ (stopped by|a change failed|made, but)"
"""How a run can end, on the screen."""

SHOWN_WHEN_ASKED_FOR = ("host_key",)
"""Folded away until a check asks for it."""

PICK = "pick: "
"""In front of what is chosen from a picker instead of typed."""


def fill(desk: Tmux, number: int, step: str, answers: dict[str, str]) -> None:
    """One page: waits for it, gives each answer in the order of its fields, and turns the page once it was seen."""
    desk.sees(rf"{number}/10 (.|\n)*checks: (?!looking)", patience=PATIENCE)
    table = next(s.answers for s in FLOW if s.id == step)
    rows = [(key, note) for key, _, note in fields_of(table) if not note.advanced or key in SHOWN_WHEN_ASKED_FOR]
    keys = [key for key, _ in rows]
    at = next((i for i, (key, note) in enumerate(rows) if note.required and getattr(table(), key) in ("", None, ())), 0)
    for key, text in answers.items():
        if key in SHOWN_WHEN_ASKED_FOR:
            desk.sees(key, patience=PATIENCE)
        desk.keys(*["Enter"] * (keys.index(key) - at)) if keys.index(key) > at else None
        at = keys.index(key)
        if text.startswith(PICK):
            desk.sees(r"checks: (?!looking)", patience=PATIENCE)
            desk.keys("Down")
            desk.sees("type to filter", patience=PATIENCE)
            desk.type(text.removeprefix(PICK))
            desk.keys("Enter")
            desk.sees(r"─ checks: (?!looking)", patience=PATIENCE)
        else:
            desk.keys("C-u")
            desk.type(text)
            hidden = dict(rows)[key].kind == "secret"
            desk.sees(rf"{key[:21]}\*? +{'•••' if hidden else '.*' + re.escape(text[-12:])}")
    desk.sees(rf"{number}/10 (.|\n)*checks: (?!looking)", patience=PATIENCE)
    desk.keys("C-n")


def host_line(table: dict[str, Any]) -> str:
    """An SSH host as an operator types it."""
    from mhv_tui.core.answers import AnswerField, no_rule

    return show(AnswerField("", "host", False, (), no_rule, "", False), parse_host(table))


@pytest.mark.parametrize(
    "disturbed", [pytest.param(False, marks=pytest.mark.matrix, id="undisturbed"), pytest.param(True, id="killed")]
)
def test_the_road_by_hand(rehearsal: Rehearsal, tmp_path: Path, disturbed: bool) -> None:
    session = f"{HAND}-{'killed' if disturbed else 'whole'}"
    rehearsal.keep_node_state()
    with tmux(tmp_path) as desk:
        by_hand(desk, session, rehearsal.document())
        apply(desk)
        if disturbed:
            desk.sees(r"Unpacking|Setting up", patience=300)
            os.kill(desk.pid(), signal.SIGKILL)
            assert desk.exit_code() == 137
        else:
            to_its_end(desk)
    if disturbed:
        with tmux(tmp_path) as desk:
            desk.start()
            desk.sees(rf"resume +{session} +interrupted at node, \d changes? made", patience=PATIENCE)
            desk.keys("Enter")
            desk.sees(r"/10 (.|\n)*checks: (?!looking)", patience=PATIENCE)
            apply(desk)
            to_its_end(desk)
    exported = tmp_path / "exported.toml"
    assert rehearsal.mhv("export", session, "--to", "answers", "--output", str(exported)).returncode == 0
    assert not re.search(r'password = "', exported.read_text())
    again = rehearsal.mhv("apply", str(exported), "--session", session, "--yes", "--json")
    assert again.returncode == 0, rehearsal.troubles(again)
    assert rehearsal.events(again)[-1]["outcome"] == "nothing-to-do"
    assert {h["Hypervisor Type"] for h in rehearsal.openstack("hypervisor list --long")} == {
        "QEMU",
        "VMware vCenter Server",
    }
    assert rehearsal.ssh("novavmware1", "sudo dpkg --audit").strip() == ""
    undone = rehearsal.mhv("undo", session, "--yes", "--json", timeout=900)
    assert undone.returncode == 0, rehearsal.troubles(undone)
    assert rehearsal.node_state() == rehearsal.kept_node_state()


def by_hand(desk: Tmux, session: str, wanted: dict[str, Any]) -> None:
    """The nine pages that ask, from no answers to the tenth."""
    cloud, vcenter, node = wanted["cloud"], wanted["vcenter"], wanted["node"]
    desk.start("--session", session)
    signin = {
        "auth_url": cloud["auth_url"],
        "username": cloud["username"],
        "password": f"file {cloud['password']['file']}",
    }
    fill(desk, 1, "cloud", {**signin, "project_name": cloud["project_name"]})
    login = {"username": vcenter["username"], "password": f"file {vcenter['password']['file']}"}
    fill(desk, 2, "vcenter", {"host": vcenter["host"], **login, "trust": f"{PICK}pin"})
    fill(desk, 3, "cluster", {"path": f"{PICK}DC0_C0"})
    fill(desk, 4, "datastore", {"names": f"{PICK}nfs-gold"})
    fill(desk, 5, "network", {"port_group": "vmware-net", "kind": f"{PICK}distributed", "dvs": f"{PICK}DVS0"})
    login = {"host": node["host"], "username": node["username"], "key_file": node["key_file"]}
    source = {"host_key": f"{PICK}SHA256", "copy_settings_from": host_line(node["copy_settings_from"])}
    fill(desk, 6, "node", {**login, **source})
    register = {"controller": host_line(wanted["register"]["controller"]), "availability_zone": "vmware"}
    fill(desk, 7, "register", register)
    fill(desk, 8, "image", {"source": wanted["image"]["source"], "name": wanted["image"]["name"]})
    fill(desk, 9, "prove", {"flavor": f"{PICK}m1.small", "network": f"{PICK}vmware-net"})
    desk.sees("10/10 ", patience=PATIENCE)


def apply(desk: Tmux) -> None:
    """From any page: the plan, and yes."""
    desk.keys("C-g")
    desk.sees("changes? (is|are) missing", patience=PATIENCE)
    desk.keys("C-g")
    desk.sees("Make th")
    desk.keys("y")


def to_its_end(desk: Tmux) -> None:
    """Waits for the last word of a run, which must be the good one, and leaves the wizard."""
    desk.sees(ENDS, patience=600)
    desk.sees("done: everything was made, looked at again and proven")
    desk.keys("C-q")
    assert desk.exit_code() == 0
