"""Line prompts: numbered choices, help, wrong values, and a page's fixes and acceptances."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest

from mhv_tui.core.answers import Accept, Fix
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.plain import ask_all_pages
from tests.tui.snapshots import demo_state

LAST_PAGE = f"Page {len(FLOW)} of {len(FLOW)}"


def output_of(state: WizardState, lines: Mapping[str, Sequence[str]] | None = None) -> str:
    """The output of the line prompts. `lines` are typed at the questions that begin with their key, else Enter.

    The key of a question about an answer is that of the answer file, such as "datastore.names".
    A question beyond its lines gets Enter too. The input ends at the first question "end".
    """
    unused = {beginning: list(typed) for beginning, typed in (lines or {}).items()}
    output: list[str] = []

    def ask(prompt: str) -> str:
        pages = re.findall(r"(?m)^Page (\d+) ", "\n".join(output))
        question = f"{FLOW[int(pages[-1]) - 1].id}.{prompt}"
        rows = (rows for key, rows in unused.items() if prompt.startswith(key) or question.startswith(key))
        typed = next(rows, [])
        line = typed.pop(0) if typed else ""
        output.append(prompt + line)
        if line == "end":
            raise EOFError
        return line

    ask_all_pages(state, output.append, ask, ask)
    assert {beginning: rows for beginning, rows in unused.items() if rows} == {}
    return "\n".join(output)


def test_a_fix_is_requested_at_the_prompt() -> None:
    state = demo_state("drs-off")
    output = output_of(state, {"f fix": ["f"]})
    assert "f adds a fix to the plan" in output
    assert LAST_PAGE in output and "drs" in [change.id.split(":")[0] for _, change in state.planned()]


def test_a_finding_is_accepted_at_the_prompt_only_with_a_reason() -> None:
    state = demo_state("drs-off")
    lines = {"f fix": ["x", "a CL99", "a", "a cl05"], "Why is CL05": ["", "a single host"]}
    output = output_of(state, {**lines, "Until which day": ["never", "2001-01-01", "2027-03-01"]})
    assert '"never" is not a date' in output and "2001-01-01 is past" in output
    assert "x is not possible here; type f, a, r, c, b, Enter" in output and "name one code: CL05" in output
    assert "CL05 is not accepted: an acceptance needs a reason" in output
    assert (
        "accepted problem CL05: DRS of DC0_C0 is off" in output and "reason: a single host (until 2027-03-01)" in output
    )
    assert state.answers.accepts == (Accept("CL05", "a single host", date(2027, 3, 1)),)


def test_an_acceptance_and_a_planned_fix_are_withdrawn_at_the_prompt() -> None:
    state = demo_state("drs-off")
    output = output_of(state, {"f fix": ["a", "f"], "Why is CL05": ["a lab"], "w withdraw": ["w", "w cl05"]})
    assert "w withdraw, r answer again, c check again, b back, Enter go on: w\n" in output
    assert not state.answers.accepts and not state.answers.fixes


def test_the_matrix_of_a_page_is_printed() -> None:
    output = output_of(demo_state("drs-off"), {"datastore.names": ["end"]})
    assert "Hosts of DC0_C0:\nhost" in output and "✗ off" in output


COPIED = ("copy_settings_from",)


def test_an_unknown_host_key_is_pinned_at_the_prompt() -> None:
    state = demo_state()
    key = _forget_host_key(state.session.directory / "world.json", state.answers.tables["node"].host)
    state = demo_state()
    output = output_of(state, {"node.host_key": ["1"]})
    assert f"1  {key}  shown by" in output
    assert state.answers.tables["node"].host_key == key and LAST_PAGE in output


@pytest.mark.parametrize(
    ("host", "forgotten", "offered"),
    [("nowhere", "", ()), ("novavmware1", "novavmware1", ("host_key",)), ("novavmware1", "compute1", COPIED)],
)
def test_host_keys_are_offered_only_for_the_machine_whose_key_is_unknown(
    host: str, forgotten: str, offered: tuple[str, ...]
) -> None:
    state = demo_state()
    if forgotten:
        _forget_host_key(state.session.directory / "world.json", forgotten)
    state = demo_state()
    assert not state.give("node", "host", host).problem
    assert state.check("node").stops
    assert tuple(key for key, rows in state.choices("node").items() if rows) == offered


def test_a_certificate_is_pinned_at_the_prompt() -> None:
    state = demo_state("untrusted-certificate")
    output = output_of(state, {"vcenter.trust": ["2"]})
    assert "2  pin: this certificate alone, SHA-256 " in output and LAST_PAGE in output
    assert state.answers.tables["vcenter"].trust.kind == "sha256"


def test_found_values_are_numbered_with_their_health() -> None:
    output = output_of(demo_state(), {"datastore.names": ["end"]})
    assert "  1  local-esx1  VMFS, 503 GiB of 512 GiB free; problem DS04: local-esx1 is not mounted on" in output
    assert "  3  nfs-gold  NFS, 6.0 TiB of 8.0 TiB free  (current)" in output


@pytest.mark.parametrize(
    ("line", "names"),
    [("4", ("vmfs-silver",)), ("3, 4", ("nfs-gold", "vmfs-silver")), ("vmfs-silver,3", ("vmfs-silver", "nfs-gold"))],
)
def test_several_values_are_chosen_by_numbers_or_names(line: str, names: tuple[str, ...]) -> None:
    state = demo_state()
    output_of(state, {"datastore.names": [line], "network.port": ["end"]})
    assert state.answers.tables["datastore"].names == names


def test_a_number_that_is_a_value_stays_a_value() -> None:
    state = demo_state()
    output_of(state, {"network.vlan_id": ["1"], "network.manage": ["end"]})
    assert state.answers.tables["network"].vlan_id == 1


def test_a_wrong_value_gets_a_sentence_and_is_asked_again() -> None:
    state = demo_state()
    output = output_of(state, {"network.vlan_id": ["many", "5000", "7"], "network.kind": ["9", "1"]})
    assert 'vlan_id: "many" is not a number; write a whole number' in output and "vlan_id: 5000" in output
    assert 'kind: the value "9" is not known; write one of standard, distributed' in output
    assert state.answers.tables["network"].vlan_id == 7 and state.answers.tables["network"].kind == "standard"


def test_help_is_shown_and_a_value_is_cleared() -> None:
    state = demo_state()
    output = output_of(state, {"image.disk_type": ["?", "sparse"], "image.visibility": ["2"]})
    assert "One of: auto, sparse" in output and "Default: auto" in output
    output = output_of(state, {"image.disk_type": ["-"], "prove.network": ["-"]})
    assert "disk_type is now auto" in output and "network is now empty" in output
    assert state.answers.tables["image"].disk_type == "auto" and state.answers.tables["prove"].network == ""


def test_a_page_can_be_left_backwards() -> None:
    output = output_of(demo_state("drs-off"), {"vcenter.host": ["<"], "f fix": ["b"], "cluster.path": ["", "end"]})
    titles = [line.partition(" of ")[0] for line in output.splitlines() if line.startswith("Page ")]
    assert titles == ["Page 1", "Page 2", "Page 1", "Page 2", "Page 3", "Page 2", "Page 3"]


def test_a_page_is_answered_again_after_a_failure() -> None:
    state = demo_state("local-datastore")
    output = output_of(state, {"datastore.names": ["", "3"], "a accept": ["c", "r"]})
    assert "remedy: " in output and state.answers.tables["datastore"].names == ("nfs-gold",)
    assert output.count("\nnames (numbers from the list or names, separated by commas) [") == 2


def _forget_host_key(world: Path, host: str) -> str:
    """Removes a machine's host key from the known hosts; returns the key."""
    state = json.loads(world.read_text())
    state["machines"][host]["known"] = False
    world.write_text(json.dumps(state))
    return str(state["machines"][host]["host_key"])


def test_only_the_questions_that_the_form_shows_are_asked() -> None:
    output = output_of(demo_state())
    assert "\nname (number from the list, or a value) [prod]: " in output and "\ndvs " in output
    for hidden in ("auth_url", "switch", "first_image", "key_file"):
        assert (f"\n{hidden} " in output) == (hidden == "key_file"), hidden


def test_one_of_several_fixes_with_the_same_code_is_requested() -> None:
    state = demo_state("existing-images")
    lines = {"f fix": ["f IM20 none", "f im20 web-3", "w IM20 web-3", "f IM20 web-2", "end"]}
    output = output_of(state, lines)
    assert "  f IM20 web-1 adds a fix to the plan" in output and "name one subject of IM20: web-1, " in output
    assert state.answers.single_fixes == (Fix("IM20", "web-2"),) and not state.answers.fixes
