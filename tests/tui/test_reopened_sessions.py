"""What a session that is opened again knows about trial ports and test servers, and where it opens."""

from __future__ import annotations

import json
from contextlib import closing

import pytest

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_all
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.core.findings import Finding
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.session_wizard import applied_session


def test_a_trial_that_failed_in_a_run_is_the_same_problem_on_its_page_and_in_a_reopened_plan() -> None:
    def binding(state: WizardState) -> Finding:
        return next(f for f in state.check("network").findings if f.code == "NW02")

    with closing(OpenSessions(WizardOptions(demo=True, scene="no-dvs", session="one"))) as sessions:
        state = sessions.open("")
        assert binding(state).level == "unknown"
        assert state.apply(lambda event: None, approve_all).exit == 3
        state.try_again()
        failed = binding(state)
        assert failed.level == "failure" and "was not bound (binding_failed)" in failed.detail
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        assert binding(sessions.open("")) == failed
    assert cli.main(["check", "--demo", "--session", "one"]) == 4 and not failed.stops, "apply tries again"


def test_what_the_test_servers_proved_is_known_when_the_session_is_opened_again() -> None:
    session = applied_session("demo")

    def finding() -> Finding:
        with closing(OpenSessions(WizardOptions(demo=True, session="demo"))) as sessions:
            state = sessions.open("")
            return next(f for f in state.check("network").findings if f.code == "NW02")

    proven = finding()
    day = session.journal.last("finished") or {}
    assert proven.level == "ok" and proven.detail == (
        f"a test server ran on novavmware1 with a port of the network vmware-net on {day['time'][:10]}"
    )
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert finding().level == "unknown"


def test_a_tested_binding_is_known_after_a_run_of_which_only_a_test_server_failed() -> None:
    session = applied_session("demo", "cloud")
    world = session.directory / "world.json"
    world.write_text(json.dumps({**json.loads(world.read_text()), "faults": {"cloud.create_server": "OS10"}}))
    assert cli.main(["apply", "--demo", "--yes"]) == 4

    def binding() -> Finding:
        with closing(OpenSessions(WizardOptions(demo=True, session="demo"))) as sessions:
            state = sessions.open("")
            return next(f for f in state.check("network").findings if f.code == "NW02")

    day = (session.journal.last("finished") or {})["time"][:10]
    assert (binding().level, binding().detail.partition(" was ")[0]) == (
        "ok",
        f"on {day}, a test port of vmware-net on novavmware1",
    )
    assert cli.main(["undo", "demo", "--yes"]) == 0
    assert binding().level == "unknown"


def test_a_session_whose_second_target_was_removed_opens_at_its_problem() -> None:
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        sessions.open("")
        state = sessions.add_target("novavmware2")
        assert state.fleet
        state.fleet.remove("novavmware2")
        state.give("network", "manage", "no")
        assert "NW03" in [finding.code for finding in state.check("network").findings if finding.stops]
    with closing(OpenSessions(WizardOptions(demo=True, session="one"))) as sessions:
        state = sessions.open("")
        assert state.fleet is None and state.landing() == "network"


def test_a_check_names_a_failed_trial_beside_a_failed_test_server(capsys: pytest.CaptureFixture[str]) -> None:
    session = applied_session("demo", "cloud")
    world = session.directory / "world.json"
    document = json.loads(world.read_text())
    world.write_text(json.dumps({**document, "faults": {"cloud.create_server": "OS10"}}))
    assert cli.main(["apply", "--demo", "--yes"]) == 4
    document = json.loads(world.read_text())
    world.write_text(json.dumps({**document, "cloud": {**document["cloud"], "mechanisms": ["openvswitch"]}}))
    assert cli.main(["apply", "--demo", "--yes"]) == 3
    capsys.readouterr()
    assert cli.main(["check", "--demo"]) == 4
    assert "2 tests failed (OS10, NW02): follow their remedies" in capsys.readouterr().out
