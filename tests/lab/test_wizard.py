"""The wizard on a real lab, in tmux at 80x24 with keys only: completed, or killed while apt runs and resumed."""

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
from tests.lab.running_lab import RunningLab
from tests.tui.terminals import Tmux, tmux

pytestmark = [pytest.mark.lab, pytest.mark.tmux, pytest.mark.timeout(1800)]

PATIENCE = 180.0
"""Seconds that the checks of one page may take on a busy machine."""

SESSION_PREFIX = f"wizard-{os.getpid()}"
"""The beginning of the sessions' names, different in every run."""

END_MESSAGES = r"done: all changes|✗ (a failed check stopped|a change failed|the changes are made, but)"
"""The messages on the screen at the end of a run."""

SHOWN_ON_DEMAND = ("host_key",)
"""Fields that are hidden until a check needs them."""

PICK = "pick: "
"""Prefix of an answer that is selected from a picker instead of typed."""


def fill(wizard: Tmux, number: int, step: str, answers: dict[str, str]) -> None:
    """Fills one page in the order of its fields, waits for its checks, and goes to the next page."""
    wizard.wait_for(rf"{number} of 10 (.|\n)*── (\d|not)", patience=PATIENCE)
    table = next(s.answers for s in FLOW if s.id == step)
    fields = [(key, field) for key, _, field in fields_of(table)]
    if any(field.advanced and key in answers and key not in SHOWN_ON_DEMAND for key, field in fields):
        wizard.keys("C-t")
    else:
        fields = [(key, field) for key, field in fields if not field.advanced or key in SHOWN_ON_DEMAND]
    keys = [key for key, _ in fields]
    empty = [key for key, field in fields if field.required and getattr(table(), key) in ("", None, ())]
    position = keys.index(empty[0]) if empty else 0
    for key, text in answers.items():
        if key in SHOWN_ON_DEMAND:
            wizard.keys("Down")  # the check that reveals the field begins when the field above loses the focus
            wizard.wait_for(f"{key} +press Enter", patience=PATIENCE)
            wizard.keys("Up")
            position = keys.index(key)
        if keys.index(key) > position:
            wizard.keys(*["Down"] * (keys.index(key) - position))
        position = keys.index(key)
        if text.startswith(PICK):
            wizard.wait_for(r"── (\d|not)", patience=PATIENCE)
            wizard.keys("C-o")
            wizard.wait_for("type to filter", patience=PATIENCE)
            wizard.type(text.removeprefix(PICK))
            wizard.keys("Enter", "F10")
            wizard.wait_for(r"── \d", patience=PATIENCE)
        else:
            wizard.keys("C-u")
            wizard.type(text)
            hidden = dict(fields)[key].kind == "secret"
            wizard.wait_for(rf"{key[:21]}\*? +{'•••' if hidden else '.*' + re.escape(text[-12:])}")
    wizard.keys("Down")  # a part of a login is checked when its field loses the focus
    wizard.wait_for(rf"{number} of 10 (.|\n)*── (\d|not)", patience=PATIENCE)
    wizard.keys("C-n")


def host_line(table: dict[str, Any]) -> str:
    """An SSH host as the text of its field."""
    from mhv_tui.core.answers import AnswerField, no_rule

    return show(AnswerField("", "host", False, (), no_rule, "", False), parse_host(table))


@pytest.mark.parametrize(
    "killed", [pytest.param(False, marks=pytest.mark.matrix, id="completed"), pytest.param(True, id="killed")]
)
def test_the_wizard_completes_all_steps(running_lab: RunningLab, tmp_path: Path, killed: bool) -> None:
    session = f"{SESSION_PREFIX}-{'killed' if killed else 'completed'}"
    running_lab.save_node_state()
    with tmux(tmp_path) as wizard:
        fill_all_pages(wizard, session, running_lab.document())
        apply(wizard)
        if killed:
            wizard.wait_for(r"Unpacking|Setting up", patience=300)
            os.kill(wizard.pid(), signal.SIGKILL)
            assert wizard.exit_code() == 137
        else:
            finish(wizard)
    if killed:
        with tmux(tmp_path) as wizard:
            wizard.start()
            wizard.wait_for(rf"{session} +interrupted at page node", patience=PATIENCE)
            wizard.keys("Enter")
            wizard.wait_for(r" of 10 (.|\n)*── (\d|not)", patience=PATIENCE)
            apply(wizard)
            finish(wizard)
    exported = tmp_path / "exported.toml"
    assert running_lab.mhv("export", session, "--to", "answers", "--output", str(exported)).returncode == 0
    assert not re.search(r'password = "', exported.read_text())
    again = running_lab.mhv("apply", str(exported), "--session", session, "--yes", "--json")
    assert again.returncode == 0, running_lab.failures(again)
    assert running_lab.events(again)[-1]["outcome"] == "nothing-to-do"
    assert {h["Hypervisor Type"] for h in running_lab.openstack("hypervisor list --long")} == {
        "QEMU",
        "VMware vCenter Server",
    }
    assert running_lab.ssh("novavmware1", "sudo dpkg --audit").strip() == ""
    undone = running_lab.mhv("undo", session, "--yes", "--json", timeout=900)
    assert undone.returncode == 0, running_lab.failures(undone)
    assert running_lab.node_state() == running_lab.saved_node_state()


def fill_all_pages(wizard: Tmux, session: str, document: dict[str, Any]) -> None:
    """Starts the wizard without answers and fills its nine pages; the tenth is then on the screen."""
    cloud, vcenter, node = document["cloud"], document["vcenter"], document["node"]
    wizard.start("--session", session)
    signin = {
        "auth_url": cloud["auth_url"],
        "username": cloud["username"],
        "password": f"file {cloud['password']['file']}",
    }
    fill(wizard, 1, "cloud", {**signin, "project_name": cloud["project_name"], "ca_file": cloud["ca_file"]})
    login = {"username": vcenter["username"], "password": f"file {vcenter['password']['file']}"}
    fill(wizard, 2, "vcenter", {"host": vcenter["host"], **login, "trust": f"{PICK}pin"})
    fill(wizard, 3, "cluster", {"path": f"{PICK}DC0_C0"})
    fill(wizard, 4, "datastore", {"names": f"{PICK}nfs-gold"})
    fill(wizard, 5, "network", {"port_group": "vmware-net", "kind": f"{PICK}distributed", "dvs": f"{PICK}DVS0"})
    login = {"host": node["host"], "username": node["username"], "key_file": node["key_file"]}
    source = {"host_key": f"{PICK}SHA256", "copy_settings_from": host_line(node["copy_settings_from"])}
    fill(wizard, 6, "node", {**login, **source})
    request_fix(wizard, 6, "CN33")
    register = {"controller": host_line(document["register"]["controller"]), "availability_zone": "vmware"}
    fill(wizard, 7, "register", register)
    fill(wizard, 8, "image", {"source": document["image"]["source"], "name": document["image"]["name"]})
    fill(wizard, 9, "prove", {"flavor": f"{PICK}m1.small", "network": f"{PICK}vmware-net"})
    wizard.wait_for("10 of 10 ", patience=PATIENCE)


def request_fix(wizard: Tmux, number: int, code: str) -> None:
    """Goes back to a page, requests the fix of its first problem, which has this code, and goes to the next page."""
    wizard.wait_for(rf"{number + 1} of 10 (.|\n)*── (\d|not)", patience=PATIENCE)
    wizard.keys("C-p")
    wizard.wait_for(rf"{number} of 10 (.|\n)*{code}", patience=PATIENCE)
    wizard.keys("f")
    wizard.wait_for(rf"\+ {code}", patience=PATIENCE)
    wizard.keys("C-n")


def apply(wizard: Tmux) -> None:
    """Opens the plan from any page and confirms it."""
    wizard.keys("C-g")
    wizard.wait_for("[0-9]+ changes?: [0-9]", patience=PATIENCE)
    wizard.keys("C-g")
    wizard.wait_for("Make th")
    wizard.keys("y")


def finish(wizard: Tmux) -> None:
    """Waits until the run ends, which must be with success, and quits the wizard."""
    wizard.wait_for(END_MESSAGES, patience=600)
    wizard.wait_for("done: all changes are made and verified, and the test servers booted")
    wizard.keys("C-q")
    assert wizard.exit_code() == 0
