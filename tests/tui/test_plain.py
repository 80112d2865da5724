"""Line prompts where a page fails: its fix, its acceptance and its choices are to be had there as well."""

from __future__ import annotations

import json
from pathlib import Path

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.plain import walk
from tests.tui.snapshots import demo_state


def walked(state: WizardState, *typed: str) -> str:
    """What is said while these are typed where a page fails; nothing is typed elsewhere, and the end follows them."""
    left, said = list(typed), list[str]()

    def ask(prompt: str) -> str:
        said.append(prompt)
        if not prompt.endswith("again? [Y/n] "):
            return ""
        if not left:
            raise EOFError
        return left.pop(0)

    walk(state, said.append, ask, ask)
    assert not left
    return "\n".join(said)


def test_a_fix_is_asked_for_at_the_prompt() -> None:
    state = demo_state("drs-off")
    said = walked(state, "fix CL05")
    assert "or type: fix CL05" in said
    assert "10/10" in said and "drs" in [change.id.split(":")[0] for _, change in state.planned()]


def test_a_finding_is_accepted_at_the_prompt_with_a_reason_alone() -> None:
    state = demo_state("drs-off")
    said = walked(state, "accept CL05=", "accept CL05=a single host, kept so")
    assert "or type: accept CL05=REASON" in said and "no such command" in said
    assert [(a.code, a.reason) for a in state.answers.accepts] == [("CL05", "a single host, kept so")]


def test_a_host_key_of_first_sight_is_pinned_at_the_prompt() -> None:
    state = demo_state()
    key = _never_seen(state.session.directory / "world.json", state.answers.tables["node"].host)
    state = demo_state()
    said = walked(state, "host_key 1")
    assert f"or type: host_key 1  ({key}  shown by" in said
    assert state.answers.tables["node"].host_key == key and "10/10" in said


def test_a_certificate_is_pinned_at_the_prompt() -> None:
    state = demo_state("untrusted-certificate")
    said = walked(state, "trust 2")
    assert "or type: trust 2  (pin SHA-256 " in said and "10/10" in said
    assert state.answers.tables["vcenter"].trust.kind == "sha256"


def _never_seen(world: Path, host: str) -> str:
    """Makes a machine one whose host key nobody knows; returns that key."""
    state = json.loads(world.read_text())
    state["machines"][host]["known"] = False
    world.write_text(json.dumps(state))
    return str(state["machines"][host]["host_key"])
