"""Answers that contradict each other stop `check` and `apply` before a change, and the wizard leads out of them."""

from __future__ import annotations

from pathlib import Path

import pytest
import tomli_w

from mhv_tui import cli
from mhv_tui.demo.scenes import answers_of
from tests.tui.snapshots import demo_state

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("names", "expression", "message"),
    (
        (["nfs-gold"], "zzz", "DS01  datastore_regex zzz matches none of"),
        (["nfs-gold"], "gold-*", "DS01  datastore_regex gold-* matches none of"),
        (["nfs-gold"], "local-.*", "DS03  datastore.names and datastore.datastore_regex contradict"),
        (["nfs-gold", "vmfs-silver"], "^nfs-gold$", "^nfs-gold$ does not match vmfs-silver"),
        (["nfs-gold"], ".*", "matches local-esx1, local-esx2 and vmfs-silver as well"),
    ),
)
@pytest.mark.parametrize("command", (["check", "--step", "datastore"], ["apply", "--yes"]))
def test_names_and_an_expression_that_contradict_stop(
    command: list[str], names: list[str], expression: str, message: str, tmp_path: Path, capsys: Capture
) -> None:
    document = {**answers_of("article"), "datastore": {"names": names, "datastore_regex": expression}}
    (tmp_path / "both.toml").write_text(tomli_w.dumps(document))
    assert cli.main([command[0], str(tmp_path / "both.toml"), "--demo", "--fresh", *command[1:]]) == 3
    output = capsys.readouterr().out
    assert message in output and "remedy: Clear datastore.datastore_regex: mhv-tui then writes" in output
    assert ("Or clear datastore.names, to use" in output) != message.startswith("DS01"), "only a way that works"
    assert "> doing" not in output


@pytest.mark.parametrize(
    ("expression", "remedy"),
    [
        ("gold-*", r"Set datastore.datastore_regex to ^nfs\-gold$, which matches nfs-gold only."),
        ("Silver", r"Set datastore.datastore_regex to ^vmfs\-silver$, which matches vmfs-silver only."),
        ("nfs*d", "Set datastore.datastore_regex to nfs.*d$, which matches nfs-gold only."),
        ("bronze", "Correct datastore.datastore_regex. Or clear it and choose datastores in datastore.names."),
    ],
)
def test_an_expression_that_matches_nothing_is_corrected_to_one_that_matches(expression: str, remedy: str) -> None:
    state = demo_state("regex-nothing")
    assert state.give("datastore", "datastore_regex", expression).changed == (expression != "gold-*")
    assert [f.remedy for f in state.check("datastore").findings if f.stops] == [remedy]


def test_choosing_names_in_the_wizard_is_not_enough_and_the_next_choice_leads_out() -> None:
    state = demo_state("regex-nothing")
    assert state.check("datastore").stops and "datastore_regex" not in state.choices("datastore")
    assert state.give("datastore", "names", "nfs-gold").changed
    result = state.check("datastore")
    assert [f.code for f in result.findings if f.stops] == ["DS01"] and state.level("datastore") == "failure"
    (empty,) = state.choices("datastore")["datastore_regex"]
    assert "^nfs" in empty.label
    assert state.give("datastore", "datastore_regex", empty.value).changed
    assert not state.check("datastore").stops and state.level("datastore") == "ok"
