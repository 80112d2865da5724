"""The rows and logs of a run, from its events, without a screen."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path

import pytest
from textual.app import App, ComposeResult
from textual.widgets import Static

from mhv_tui.core.events import (
    Applied,
    Applying,
    CheckFinished,
    CheckStarted,
    Event,
    Failed,
    FindingReported,
    Finished,
    Logged,
    Planned,
    Progress,
)
from mhv_tui.core.findings import Finding
from mhv_tui.engine.check import check_steps
from mhv_tui.engine.plan_summary import PlanSummary
from mhv_tui.steps import FLOW
from mhv_tui.tui.apply_list import RowList
from mhv_tui.tui.apply_log import changed_cells, log_text, pane_rows
from mhv_tui.tui.apply_model import ApplyModel, ApplyRow
from mhv_tui.tui.apply_rows import phase_lines, row_lines, total_bar
from tests.steps.walked_world import context

APPROVED = frozenset({"a", "b"})
PLAN = [
    Planned("network", "a", "make a", ""),
    Planned("node", "b", "make b", ""),
    Planned("node", "other", "other", ""),
]
DRS = Finding("CL05", "failure", "DRS is on", "DRS is off", "switch it on", "DC0")


def model_of(events: Iterable[Event], seconds: float = 0.0) -> ApplyModel:
    """The model after these events, one each `seconds`."""
    model = ApplyModel(APPROVED, "prove", 0.0)
    for number, event in enumerate(events, 1):
        model.hear(event, number * seconds)
    return model


def states(model: ApplyModel, now: float = 0.0) -> list[tuple[str, str, str]]:
    return [(row.step, row.state, row.summary) for row in model.rows(now)]


def test_only_approved_changes_have_a_row_and_the_smoke_tests_are_the_last_one() -> None:
    assert states(model_of(PLAN)) == [
        ("network", "to do", "make a"),
        ("node", "to do", "make b"),
        ("prove", "to do", "boot one server on each hypervisor, then delete it"),
    ]


def test_the_approved_changes_have_a_row_before_the_run_has_checked_its_plan(tmp_path: Path) -> None:
    results = check_steps(FLOW, context(tmp_path / "world.json", "article"), lambda event: None)
    planned = PlanSummary.of(results).changes
    ids = [change.id for _, change in planned]
    model = ApplyModel(frozenset(ids[1:]), "prove", 0.0, planned)
    summaries = [change.summary for _, change in planned]
    assert [row.summary for row in model.changes] == summaries[1:] and model.total == len(ids) - 1
    model.hear(Planned(planned[2][0], ids[2], "the same", ""), 1.0)
    assert [row.id for row in model.changes] == [ids[1], *ids[3:], ids[2]], "the run's own plan gives the order"
    model.hear(Applying(planned[2][0], ids[2]), 1.0)
    assert [row.id for row in model.changes] == [ids[2], ids[1], *ids[3:]], "what has begun is above the others"
    model.hear(Applied(planned[2][0], ids[2], 1.0), 2.0)
    model.finish(Finished("done", 0), 3.0)
    assert [row.id for row in model.changes] == [ids[2]], "the other changes were not missing any more"


def test_changes_that_a_fix_reveals_have_a_row_too() -> None:
    model = model_of([*PLAN, Applying("network", "a", "make a"), Planned("network", "c", "make c", "")])
    assert [row.id for row in model.rows(0.0)] == ["a", "c", "b", ""] and model.total == 3


def test_a_check_has_a_row_after_its_first_second() -> None:
    model = model_of([CheckStarted("cloud", 1), CheckStarted("node", 1), *PLAN])
    assert states(model, 0.9)[0][1] == "to do"
    assert states(model, 1.0)[0] == ("node", "running", "checking all steps before the first change")
    model.hear(Applying("network", "a", "make a"), 2.0)
    assert states(model, 9.0)[0] == ("network", "running", "make a")
    model.hear(Applied("network", "a", 1.0), 10.0)
    assert states(model, 11.0)[:2] == [("network", "done", "make a"), ("network", "running", "checking the result")]
    model.hear(CheckFinished("network", 2), 11.0)
    assert states(model, 12.0)[1] == ("network", "running", "checking the next step")


def test_smoke_tests_replace_their_common_row() -> None:
    model = model_of([*PLAN, Applying("prove", "t1", "boot x", phases=("scheduling", "active"))])
    assert states(model)[2:] == [("prove", "running", "boot x")]
    model.hear(Applied("prove", "t1", 3.0), 0.0)
    model.hear(Applying("prove", "t2", "boot y"), 0.0)
    assert states(model)[2:] == [("prove", "done", "boot x"), ("prove", "running", "boot y")]
    assert model.total == 2 and model.done == 0 and not model.has_failed_test
    model.hear(Failed("prove", "t2", 1.0, DRS), 0.0)
    assert model.has_failed_test


def test_a_failed_check_is_a_row_with_its_remedy_behind_the_changes_of_its_step() -> None:
    made: list[Event] = [Applying("network", "a", "make a"), Applied("network", "a", 1.0)]
    check: list[Event] = [CheckStarted("network", 2), FindingReported("network", DRS), CheckFinished("network", 2)]
    model = model_of([*PLAN, *made, *check])
    model.finish(Finished("unverified", 4), 9.0)
    row = model.rows(99.0)[1]
    assert (row.step, row.state, row.finding) == ("network", "failed", DRS)
    assert model.problem_step() == "network" and model.elapsed(99.0) == 9.0 and model.total == 2
    lines = [line.plain.strip() for line in row_lines(row, 80, 99.0, is_current=True)]
    assert lines == [">✗ network    CL05  DRS is off", "Switch it on"]


def test_only_the_last_report_about_smoke_tests_counts() -> None:
    skipped = Finding("PR01", "skipped", "A server boots", "no test server has booted yet")
    check: list[Event] = [CheckStarted("prove", 1), FindingReported("prove", skipped), CheckFinished("prove", 1)]
    model = model_of([*check, *PLAN])
    assert len(model.rows(0.0)) == 3 and model.all_tests_passed
    model.hear(FindingReported("prove", skipped), 0.0)
    assert not model.all_tests_passed
    row = model.rows(0.0)[-1]
    assert row_lines(row, 80, 0.0)[0].plain.startswith(" ○ prove      PR01  No test server has booted yet")


def test_a_failed_change_shows_code_sentence_and_remedy() -> None:
    model = model_of([*PLAN, Applying("network", "a", "make a"), Failed("network", "a", 75.0, DRS)])
    lines = [line.plain for line in row_lines(model.rows(0.0)[0], 60, 0.0, is_current=True)]
    assert lines[0] == " >✗ network    make a"[1:].ljust(55) + " 1:15"
    assert [line.strip() for line in lines[1:]] == ["CL05  DRS is off", "Switch it on"]


def test_the_phases_before_the_present_one_are_done() -> None:
    model = model_of([Applying("prove", "t", "boot", phases=("scheduling", "network", "spawning", "active"))])
    model.hear(Progress("prove", "t", 9, 300, "seconds", "copies", phase="spawning"), 0.0)
    (row,) = model.rows(0.0)[-1:]
    assert [line.plain for line in phase_lines(row, 60)] == ["✓ scheduling  ✓ network  ◐ spawning  · active"]
    assert [line.plain for line in phase_lines(row, 25)] == ["✓ scheduling  ✓ network", "◐ spawning  · active"]
    assert row_lines(row, 60, 2.0)[-1].plain.strip() == "copies: 11 of at most 300 s"


@pytest.mark.parametrize(("is_active", "shown"), [(True, "✓ active"), (False, "✗ active")])
def test_a_server_that_is_deleted_without_being_active_has_failed(is_active: bool, shown: str) -> None:
    model = model_of([Applying("prove", "t", "boot", phases=("spawning", "active", "deleting"))])
    for phase in ("spawning", *["active"] * is_active, "deleting"):
        model.hear(Progress("prove", "t", 0, 0, "", "", phase=phase), 0.0)
    assert [line.plain for line in phase_lines(model.rows(0.0)[-1], 60)] == [f"✓ spawning  {shown}  ◐ deleting"]


def test_the_bar_is_full_only_at_the_end() -> None:
    made: list[Event] = [
        Applying("network", "a"),
        Applied("network", "a", 1.0),
        Applying("node", "b"),
        Applied("node", "b", 1.0),
    ]
    model = model_of([*PLAN, *made])
    assert total_bar(model, 60, 102.0).plain.endswith("░  2 of 2 changes, test servers   1:42 elapsed")
    assert total_bar(model, 60, 102.0).plain.startswith("█" * 10)
    model.finish(Finished("done", 0), 102.0)
    assert "░" not in total_bar(model, 60, 102.0).plain
    assert total_bar(ApplyModel(frozenset(), "prove", 0.0), 60, 5.0).plain == "test servers   0:05 elapsed"


def logs(*sources: str) -> ApplyModel:
    return model_of([Logged("node", "a", source, (f"{source} 1", f"{source} 2")) for source in sources])


def test_the_pane_shows_the_newest_log_and_earlier_ones_if_it_has_room() -> None:
    model = logs("apt", "nova")
    assert pane_rows(model, None, 20, 5) == ["── nova ────────────", "nova 1", "nova 2"]
    assert pane_rows(model, None, 20, 2) == ["── nova ────────────", "nova 2"]
    both = ["── apt ─────────────", "apt 1", "apt 2", "── nova ────────────", "nova 1", "nova 2"]
    assert pane_rows(model, None, 20, 9) == both
    assert pane_rows(logs(), None, 20, 9) == [] and pane_rows(model, None, 20, 1) == []
    assert all(len(pane_rows(logs(*"abcdefgh"), None, 20, height)) <= height for height in range(2, 30))


def test_the_pane_shows_the_log_of_the_change_at_hand_or_that_there_is_none() -> None:
    logged, applied = Logged("node", "a", "apt", ("apt 1",)), Applied("node", "a", 1.0)
    model = model_of([*PLAN, Applying("node", "a"), logged, applied, Applying("node", "b")])
    done, running = model.changes
    assert pane_rows(model, done, 30, 5) == ["── apt ───────────────────────", "apt 1"]
    assert pane_rows(model, running, 31, 1) == ["── no log of this change yet ──"]
    model.hear(Applied("node", "b", 1.0), 1.0)
    assert pane_rows(model, running, 30, 5) == ["── no log of this change ─────"]


def test_the_pane_shows_the_whole_end_of_the_log_of_a_failed_change() -> None:
    model = model_of([*PLAN, Applying("node", "a", "change a"), Logged("node", "a", "apt", ("apt 1", "word " * 26))])
    model.hear(Failed("node", "a", 1.0, Finding("CN25", "failure", "Installed", "it is not", "install it")), 1.0)
    assert pane_rows(model, model.changes[0], 31, 4)[1:] == [*["word word word word word word"] * 2, "word word"]
    assert pane_rows(model, model.changes[0], 31, 9)[1] == "apt 1"


def test_the_viewer_has_all_lines() -> None:
    assert log_text(list(logs("apt", "nova").log)) == "── apt\napt 1\napt 2\n\n── nova\nnova 1\nnova 2"
    assert log_text([]) == "The changes of this run have no log yet."


def test_changed_cells_are_counted() -> None:
    assert changed_cells(["abc", "d"], ["abc", "d"]) == 0
    assert changed_cells(["abc"], ["abd", "xy"]) == 3
    assert changed_cells(["abc", "d"], ["ab"]) == 2


def test_a_row_is_cut_only_if_the_list_has_no_room() -> None:
    summary = "a change whose summary is longer than the line of a narrow terminal"
    row = ApplyRow("network", "a", summary)
    assert row_lines(row, 60, 0.0)[0].plain.endswith("… ") and len(row_lines(row, 60, 0.0)) == 1
    whole = [line.plain.strip() for line in row_lines(row, 60, 0.0, is_whole=True)]
    assert " ".join(" ".join(whole).split()) == f"· network {summary}"


def test_a_row_without_seconds_uses_their_room() -> None:
    summary = "set 1 option in /etc/nova/nova-compute.conf on novavmware1"
    assert summary in row_lines(ApplyRow("node", "a", summary), 77, 0.0)[0].plain


class ListOnly(App[None]):
    """An app with nothing but the rows of a run."""

    def compose(self) -> ComposeResult:
        yield RowList()


def test_the_list_shows_whole_summaries_if_it_has_room_for_them() -> None:
    model = ApplyModel(frozenset("a"), "", 0.0)
    model.hear(Planned("network", "a", "a change whose summary is longer than the line of a narrow terminal", ""), 0.0)

    async def text(room: int) -> str:
        async with ListOnly().run_test(size=(60, 20)) as pilot:
            rows = pilot.app.query_one(RowList)
            rows.limit(room)
            rows.show(model, 58, 0.0)
            return str(rows.query_one(Static).content)

    assert "…" in asyncio.run(text(1)) and "…" not in asyncio.run(text(2))


def test_the_chosen_row_is_whole_and_has_the_mark() -> None:
    model = ApplyModel(frozenset("ab"), "", 0.0)
    for id in "ab":
        summary = f"a change {id} whose summary is longer than the line of a narrow terminal"
        model.hear(Planned("network", id, summary, ""), 0.0)
        model.hear(Applying("network", id), 0.0)
        model.hear(Applied("network", id, 1.0), 0.0)
    model.finish(Finished("done", 0), 9.0)

    async def texts() -> list[str]:
        async with ListOnly().run_test(size=(60, 20)) as pilot:
            rows = pilot.app.query_one(RowList)
            rows.limit(3)
            rows.show(model, 58, 9.0)
            shown = [str(rows.query_one(Static).content)]
            rows.focus()
            for key in ("up", "up", "up", "down"):
                await pilot.press(key)
                shown.append(str(rows.query_one(Static).content))
            return shown

    first, last_row, first_row, still_first_row, last_row_again = asyncio.run(texts())
    assert first.count("…") == 2 and ">" not in first
    assert last_row.count("…") == 1 and last_row.splitlines()[1].startswith(">✓ network    a change b")
    assert "narrow terminal" in " ".join(last_row.split()) and last_row_again == last_row
    assert first_row == still_first_row and first_row.startswith(">✓ network    a change a")


def test_what_a_fix_reveals_is_shown_in_the_order_of_the_run() -> None:
    model = ApplyModel(frozenset("fwi"), "", 0.0)
    for step, id in (("node", "f"), ("node", "w"), ("image", "i")):
        model.hear(Planned(step, id, id, ""), 0.0)
    model.hear(Applying("node", "f"), 0.0)
    model.hear(Applied("node", "f", 1.0), 0.0)
    model.hear(Planned("node", "p", "p", ""), 0.0)
    assert [row.id for row in model.rows(0.0)] == ["f", "w", "p", "i"]
    model.hear(Applying("node", "p"), 0.0)
    assert [(row.id, row.state) for row in model.rows(0.0)] == [
        *(("f", "done"), ("p", "running")),
        *(("w", "to do"), ("i", "to do")),
    ]


def test_the_simulated_seconds_of_a_wait_are_not_shown_beside_those_of_the_screen() -> None:
    for is_simulated, measure in ((False, "18 of at most 300 s"), (True, "")):
        model = ApplyModel(frozenset("a"), "prove", 0.0)
        model.is_simulated = is_simulated
        model.hear(Applying("prove", "t", "boot a server"), 1.0)
        assert model.is_booting
        model.hear(Progress("prove", "t", 18, 300, "seconds", "nova builds the server"), 1.0)
        (row,) = [row for row in model.rows(1.0) if row.id == "t"]
        assert row.meter.text(1.0) == measure
