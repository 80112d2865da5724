"""Line prompts offer a page's fixes, acceptances and choices if a check fails."""

from __future__ import annotations

import json
from pathlib import Path

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.plain import ask_all_pages
from tests.tui.snapshots import demo_state


def output_of(state: WizardState, *commands: str) -> str:
    """The output of the line prompts: answers are unchanged, and failed pages get the commands until none is left."""
    unused_commands, output = list(commands), list[str]()

    def ask(prompt: str) -> str:
        output.append(prompt)
        if not prompt.endswith("again? [Y/n] "):
            return ""
        if not unused_commands:
            raise EOFError
        return unused_commands.pop(0)

    ask_all_pages(state, output.append, ask, ask)
    assert not unused_commands
    return "\n".join(output)


def test_a_fix_is_requested_at_the_prompt() -> None:
    state = demo_state("drs-off")
    output = output_of(state, "fix CL05")
    assert "or type: fix CL05" in output
    assert "10/10" in output and "drs" in [change.id.split(":")[0] for _, change in state.planned()]


def test_a_finding_is_accepted_at_the_prompt_only_with_a_reason() -> None:
    state = demo_state("drs-off")
    output = output_of(state, "accept CL05=", "accept CL05=a single host on purpose")
    assert "or type: accept CL05=REASON" in output and "this command does not exist" in output
    assert [(a.code, a.reason) for a in state.answers.accepts] == [("CL05", "a single host on purpose")]


def test_an_unknown_host_key_is_pinned_at_the_prompt() -> None:
    state = demo_state()
    key = _forget_host_key(state.session.directory / "world.json", state.answers.tables["node"].host)
    state = demo_state()
    output = output_of(state, "host_key 1")
    assert f"or type: host_key 1  ({key}  shown by" in output
    assert state.answers.tables["node"].host_key == key and "10/10" in output


def test_a_certificate_is_pinned_at_the_prompt() -> None:
    state = demo_state("untrusted-certificate")
    output = output_of(state, "trust 2")
    assert "or type: trust 2  (pin SHA-256 " in output and "10/10" in output
    assert state.answers.tables["vcenter"].trust.kind == "sha256"


def _forget_host_key(world: Path, host: str) -> str:
    """Removes a machine's host key from the known hosts; returns the key."""
    state = json.loads(world.read_text())
    state["machines"][host]["known"] = False
    world.write_text(json.dumps(state))
    return str(state["machines"][host]["host_key"])
