"""The plan of a session that has made changes or has approved a plan before, and the counts in the list of pages."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import closing

from textual.pilot import Pilot

from mhv_tui import cli
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_all
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.engine.plan_summary import TRIAL
from mhv_tui.engine.session import mark_of
from mhv_tui.tui.sidebar import step_rows
from tests.tui.page_keys import drive as page_drive
from tests.tui.page_keys import press
from tests.tui.session_wizard import applied_session, drive_sessions
from tests.tui.snapshots import demo_state, text_of
from tests.tui.test_plan import TESTS, after, drive, words


def test_a_plan_without_changes_lists_the_pages_and_when_the_test_servers_booted() -> None:
    state = demo_state()
    assert state.apply(lambda event: None, lambda plan: frozenset(change.id for _, change in plan)).exit == 0
    screen = words(drive(state, after()))
    assert "No change is missing. This session has made 10 changes. The test servers booted on " in screen
    assert "✓ cluster 14" in screen and "^G boot test servers" in screen


def test_a_plan_without_changes_says_that_the_test_servers_are_older_than_the_changes() -> None:
    session = applied_session("demo")
    day = (session.journal.last("proven") or {})["time"][:10]
    assert cli.main(["undo", "demo", "--yes"]) == 0
    world = json.loads((session.directory / "world.json").read_text())
    world["faults"] = {"cloud.create_server": "OS10"}
    (session.directory / "world.json").write_text(json.dumps(world))
    assert cli.main(["apply", "--demo", "--yes"]) == 4
    with closing(OpenSessions(WizardOptions(demo=True, session="demo"))) as sessions:
        state = sessions.open("")
        screen = words(drive(state, after()))
        assert step_rows(state, "", {})[-1].plain.split() == ["10", "finish", "✗"], "as the verdict of the page"
    assert "No change is missing. This session has made 10 changes." in screen
    assert "A test failed on" in screen and "(OS10); ^G tests again." in screen
    assert f"booted on {day}" not in screen


def test_the_plan_says_that_an_earlier_plan_had_more_changes() -> None:
    """The package of nova-compute writes an option that the first plan sets; a resumed session need not set it."""
    state = demo_state()
    gone = "1 change of the earlier plan is not needed any more (set 1 option in a.conf): "
    there, changed = "the result is there already", "the answers have changed since then."
    same = mark_of(state.answers)
    for mark, why in (
        ({"answers": same}, f"{there}, brought by"),
        ({"answers": "other"}, changed),
        ({}, f"{there}, or"),
    ):
        state.session.journal.note("approved", None, total=11, changes={"gone": "set 1 option in a.conf"}, **mark)
        assert gone + why in words(drive(state, after()))
    state.accept("CL05", "shared")
    assert mark_of(state.answers) == same, "an acceptance changes no plan"
    text = "set 1 option in /etc/nova/nova-compute.conf on novavmware1, and another one in /etc/nova/nova.conf"
    state.session.journal.note("approved", total=12, changes={"gone": text, "more": text})
    assert words(drive(state, after(), (60, 20)).partition("\n\n")[0]).endswith(TESTS), "the head has whole sentences"
    state.session.journal.note("approved", total=10)
    assert "earlier plan" not in words(drive(state, after()))


def test_the_page_of_the_test_servers_says_that_they_are_still_to_come() -> None:
    """From the first change of a session until they have booted."""
    state = demo_state()

    def shows_row(page: str) -> bool:
        assert "? PR01" not in page or page.index("? PR01") > page.index("! CO02"), "the worst first"
        return "? PR01" in page and "The test servers have not booted since the last" in words(page)

    def on_prove() -> str:
        return page_drive(state, "prove", press)

    assert "PR01" not in on_prove()
    state.apply(lambda event: None, lambda plan: frozenset(change.id for _, change in plan[:3]))
    assert shows_row(on_prove())
    state.apply(lambda event: None, lambda plan: frozenset(change.id for _, change in plan))
    assert "PR01" not in on_prove() and state.level("prove") == "warning"


def test_the_list_of_pages_counts_the_changes_as_the_plan_does() -> None:
    state = demo_state()
    for step in state.flow:
        state.check(step.id)
    rows = {row.plain.split()[1]: row.plain.split()[2] for row in step_rows(state, "", {})}
    changes = Counter(step for step, _ in state.planned())
    assert {step: row for step, row in rows.items() if row.startswith("+")} == {
        step: f"+{changes[step]}" for step in ("node", "register", "image")
    }


def test_a_session_that_was_killed_before_its_test_servers_opens_at_them() -> None:
    session = applied_session("demo", "network", "node", "register", "image")
    session.journal.note("started", command="apply")

    async def play(pilot: Pilot[int]) -> str:
        return text_of(pilot)

    shown = drive_sessions(play, WizardOptions(demo=True, session="demo"))
    lines = [line[19:] for line in shown.splitlines()]
    assert "9 prove      ?1" in shown, "what is left to do, not the warning"
    assert "! CO02  The VNC console" in shown and "↑" not in shown and "deletes it." in shown, "from a whole row on"
    assert "Interrupted before the test servers on" in words(shown) and ">? PR01  The test servers" in shown
    assert "To continue, apply again (Ctrl+G): it makes only the changes that are left" in words("\n".join(lines))


def test_a_run_that_only_boots_test_servers_shows_the_trial_that_its_question_announces() -> None:
    """The run tries a port again, also if an earlier run or a test server has shown how Neutron binds it."""
    state = demo_state()
    assert state.apply(lambda event: None, approve_all).exit == 0

    async def play(pilot: Pilot[int]) -> str:
        assert TRIAL in words(await press(pilot, "ctrl+g", "ctrl+g"))
        await press(pilot, "y")
        return await press(pilot)

    assert "✓ network NW02 A test port of vmware-net on novavmware1 was bound" in words(
        page_drive(state, "cloud", play)
    )
