"""The last page: its verdict with the key that leads on, the files that it writes, and the text that it copies."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from textual.pilot import Pilot
from textual.widgets import Input

from mhv_tui.cli import finish_tools
from mhv_tui.cli.setup import schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Accept
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.export.report import FORMATS
from mhv_tui.tui.finish_page import FinishPage
from mhv_tui.tui.summary import facts_line, render_summary
from tests.tui.snapshots import demo_state, settled, text_of, wizard

Steps = Callable[[Pilot[int]], Awaitable[None]]


def applied(scene: str = "article") -> WizardState:
    state = demo_state(scene)
    finished = state.apply(lambda event: None, lambda plan: frozenset(change.id for _, change in plan))
    assert finished.exit == 0
    return state


def drive(state: WizardState, steps: Steps, size: tuple[int, int] = (80, 24)) -> str:
    """Opens the last page, makes the steps, and returns the screen."""

    async def run() -> str:
        async with wizard(state, "finish", size) as pilot:
            await steps(pilot)
            await settled(pilot)
            return text_of(pilot)

    return asyncio.run(run())


def keys(*names: str) -> Steps:
    async def press(pilot: Pilot[int]) -> None:
        for name in names:
            await pilot.press(name)
            await settled(pilot)

    return press


def written(path: str, *more: str) -> Steps:
    """Types a path in place of the one that the dialog offers, and presses Enter; then other keys."""

    async def press(pilot: Pilot[int]) -> None:
        await pilot.press("r")
        await settled(pilot)
        pilot.app.screen.query_one(Input).value = path
        await keys("enter", *more)(pilot)

    return press


def test_the_verdict_of_a_session_and_the_key_that_leads_on() -> None:
    screen = drive(applied(), keys())
    assert "✓ Done. vCenter serves this cloud: one server booted there, one on QEMU." in screen
    assert re.search(r"10 changes made · tested on \d{4}-\d\d-\d\d \(real clock\) ·", screen)
    assert "Enter" not in screen.splitlines()[-1]


@pytest.mark.parametrize(
    ("scene", "sentence", "key"),
    [
        ("article", "Not begun: 10 changes are missing.", "Enter shows the plan."),
        ("drs-off", "Blocked: DRS of DC0_C0 is off", "Enter opens the page cluster."),
        ("drs-off", "no change made · not tested · 1 problem · 1 warning", "Enter opens the page cluster."),
    ],
)
def test_a_session_that_is_not_done_says_why_and_where_to_go(scene: str, sentence: str, key: str) -> None:
    screen = drive(demo_state(scene), keys())
    assert sentence in screen and key in screen


@pytest.mark.parametrize(("scene", "title"), [("article", " Plan "), ("drs-off", "3 of 10  Cluster")])
def test_enter_follows_the_verdict(scene: str, title: str) -> None:
    assert title in drive(demo_state(scene), keys("enter"))


def test_enter_on_a_finished_session_leads_nowhere() -> None:
    assert "Nothing is missing." in drive(applied(), keys("enter"))


def test_pages_that_were_not_checked_are_named() -> None:
    state = demo_state()
    source = finish_tools.collect(state)
    assert source.unchecked[0] == "cloud" and source.verdict.state == "unchecked"
    text = render_summary(source, 80).plain
    assert "The cloud is not known yet." in text and "no check of this session" in text
    state.check("cloud")
    text = render_summary(finish_tools.collect(state), 80).plain
    assert "9 pages are not checked: vcenter" in text and "Enter opens the page vcenter." in text


def test_a_problem_whose_subject_is_its_page_names_it_once() -> None:
    state = demo_state("existing-images")
    for step in state.flow:
        state.check(step.id)
    text = render_summary(finish_tools.collect(state), 120).plain
    assert "IM02  image appliance: vmware_disktype is not set" in text and "CO02  prove: The VNC" in text


def test_accepted_findings_have_their_day() -> None:
    state = demo_state("drs-off")
    state.accept("CL05", "a test")
    for step in state.flow:
        state.check(step.id)
    source = finish_tools.collect(state)
    assert "CL05 accepted, no last day" in facts_line(source)
    dated = replace(source, accepts=[Accept("CL05", "a test", date(2027, 3, 1))])
    assert "CL05 accepted until 2027-03-01" in facts_line(dated)
    assert "Accepted: a test (until 2027-03-01)" in render_summary(dated, 80).plain


def test_the_made_changes_and_the_test_servers_are_named_without_ids() -> None:
    text = render_summary(finish_tools.collect(applied()), 100).plain
    assert "✓ register  put novavmware1 into availability zone vmware" in text
    assert "- ubuntu-vmware booted through novavmware1 (VMware vCenter Server) and was deleted in " in text
    assert "- cirros booted on compute1 (QEMU) and was deleted in " in text
    assert "portgroup:" not in text and " in 0 s" not in text


def test_a_journal_that_cannot_be_read_is_named_and_the_page_stays() -> None:
    state = applied()

    async def spoil(pilot: Pilot[int]) -> None:
        journal = state.session.directory / "journal.jsonl"
        journal.unlink()
        journal.mkdir()
        assert isinstance(pilot.app.screen, FinishPage)
        pilot.app.screen.show_summary()
        await keys("r", "y", "enter")(pilot)

    screen = drive(state, spoil)
    assert (
        "journal.jsonl cannot be read: it is a directory" in screen
        and "Move it away" in screen
        and "remedy:" not in screen
    )


@pytest.mark.parametrize("suffix", [".md", ".html", ".json", ".xml", ".txt"])
def test_r_writes_the_report_in_the_format_of_the_suffix(suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"hand-over{suffix}"
    screen = drive(demo_state(), written(str(path)))
    assert "Written: " in screen
    text = path.read_text()
    first = {".md": "# mhv-tui", ".html": "<!DOCTYPE html>", ".json": "{", ".xml": "<?xml", ".txt": "mhv-tui report"}
    assert (text.startswith(first[suffix]) and "vCenter vc.example.org" in text) or suffix == ".xml"
    if suffix == ".json":
        assert json.loads(text)["verdict"]["state"] == "missing" and len(json.loads(text)["planned"]) == 10


def test_every_format_can_be_written_from_the_wizard() -> None:
    state = demo_state()
    source = finish_tools.collect(state)
    suffixes = {".md": "md", ".html": "html", ".json": "json", ".xml": "junit", "": "text"}
    assert set(suffixes.values()) == set(FORMATS)
    assert {finish_tools.report(source, suffix) == FORMATS[form](source) for suffix, form in suffixes.items()} == {True}


def test_an_existing_file_is_replaced_only_after_a_question(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    state = demo_state()
    assert "exists. Overwrite it?" in drive(state, written(str(path)))
    drive(state, written(str(path), "n"))
    assert path.read_text() == "old"
    assert "Written: " in drive(demo_state(), written(str(path), "y"))
    assert path.read_text().startswith("# mhv-tui report")


def test_a_file_that_cannot_be_written_keeps_the_dialog_with_the_reason(tmp_path: Path) -> None:
    screen = drive(demo_state(), written(str(tmp_path / "missing" / "report.md")))
    words = " ".join(screen.replace("│", " ").split())  # without the line breaks of a long path
    assert "cannot be written: No such file or directory" in words and "Enter save" in words


def test_s_saves_the_answers_as_a_file_that_repeats_the_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    state = demo_state()
    assert "`mhv-tui apply FILE --demo` repeats the session with them." in drive(state, keys("s"))
    assert "Written: demo-answers.toml in /" in drive(state, keys("s", "enter")).replace("\n", "")
    assert answerfile.read(tmp_path / "demo-answers.toml", schema()) == state.answers
    assert os.stat(tmp_path / "demo-answers.toml").st_mode & 0o077 == 0


def copied(state: WizardState) -> tuple[str, str]:
    """The clipboard after the key y, and the screen."""

    async def run() -> tuple[str, str]:
        async with wizard(state, "finish") as pilot:
            await keys("y")(pilot)
            return pilot.app.clipboard, text_of(pilot)

    return asyncio.run(run())


def test_y_copies_the_text_for_the_users() -> None:
    text, screen = copied(applied())
    assert text.startswith("To create a server on VMware vCenter, replace KEY and NAME, and run:\n") and (
        "--network vmware-net --availability-zone vmware --key-name KEY NAME\n" in text
        and "- There is no VNC console" in text
    )
    assert "Sent to the terminal's clipboard" in screen


def test_y_says_why_there_is_no_text_yet() -> None:
    text, screen = copied(demo_state())
    assert text == "" and "There is no text to copy yet" in screen


def test_the_arrows_scroll_the_whole_text() -> None:
    state = applied()
    assert "Cinder's VMDK driver" in drive(state, lambda pilot: pilot.press(*["down"] * 60))
    assert "Done. vCenter" in drive(state, lambda pilot: pilot.press(*["down"] * 60, *["up"] * 60))


def test_ctrl_r_checks_all_pages_again() -> None:
    state = demo_state()

    async def run() -> tuple[list[bool], str]:
        async with wizard(state, "finish") as pilot:
            before = {step.id: state.result(step.id) for step in state.flow}
            await keys("ctrl+r")(pilot)
            return [state.result(step) is not result for step, result in before.items()], text_of(pilot)

    is_new, screen = asyncio.run(run())
    assert all(is_new) and "Not begun: 10 changes are missing." in screen


def test_the_help_names_the_keys_that_act_on_the_page_at_present() -> None:
    begun, done = drive(demo_state(), keys("f1")), drive(applied(), keys("f1"))
    assert "go to what" in begun and "copy the text" in done and not ("copy the text" in begun or "go to what" in done)


@pytest.mark.parametrize("size", [(60, 20), (80, 24), (120, 40), (200, 60)])
def test_no_line_is_cut_at_any_size(size: tuple[int, int]) -> None:
    async def lines() -> list[str]:
        async with wizard(applied(), "finish", size) as pilot:
            page = pilot.app.screen
            assert isinstance(page, FinishPage) and page.source
            width = page.query_one("#summary").content_size.width
            return [line for line in render_summary(page.source, width).plain.split("\n") if len(line) > width]

    assert asyncio.run(lines()) == []
