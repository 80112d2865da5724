"""Many findings of one code are one row, so that a page about hundreds of images stays readable."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from textual.pilot import Pilot

from mhv_tui.core.findings import Finding
from mhv_tui.demo.scenes import answers_of
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.findings_list import FindingsList
from mhv_tui.tui.fix_requests import toggle_fix
from mhv_tui.tui.folds import Fold, fold_row
from mhv_tui.tui.list_rows import next_fixable
from tests.tui.matrices import edited_state
from tests.tui.page_keys import drive, last_line, press
from tests.tui.snapshots import demo_state, settled, text_of, wizard
from tests.tui.text_dumps import check_dump

WEB = {"hypervisor_type": "vmware", "vmware_disktype": "sparse", "hw_vif_model": "virtio"}
IMAGES = 300


def add_images(world: dict[str, Any]) -> None:
    image = {"status": "active", "disk_format": "vmdk", "container_format": "bare", "size": 1, "properties": WEB}
    world["cloud"]["images"].update({f"id-{n}": {**image, "name": f"web-{n}"} for n in range(IMAGES)})


def test_a_row_that_counts_warnings_opens_and_is_the_next_problem() -> None:
    async def text() -> str:
        async with wizard(demo_state("existing-images"), "image") as pilot:
            await pilot.press(*["n"] * 5)
            rows = pilot.app.screen.query_one(FindingsList)
            assert isinstance(rows.current, Fold) and len(rows.current.findings) == 6
            await pilot.press("enter")
            await settled(pilot)
            await pilot.press("down", "down")
            await pilot.pause(0.1)
            return text_of(pilot)

    check_dump("existing-images-open", asyncio.run(text()))


def test_a_page_about_hundreds_of_images_has_few_rows() -> None:
    async def count() -> int:
        async with wizard(edited_state(answers_of("article"), add_images), "image") as pilot:
            await pilot.press("f2")
            return pilot.app.screen.query_one(FindingsList).option_count

    assert asyncio.run(count()) < 10


def test_f_on_one_image_repairs_no_other_image() -> None:
    state = demo_state("existing-images")

    async def fixed() -> list[str]:
        async with wizard(state, "image") as pilot:
            await pilot.press(*["n"] * 5)
            await pilot.press("enter")
            await settled(pilot)
            await pilot.press("down", "down", "f")
            await settled(pilot)
            return planned(state)

    assert asyncio.run(fixed()) == ["web-2"]


def test_a_repair_leaves_the_plan_alone_if_all_are_requested() -> None:
    state = demo_state("existing-images")
    state.request_fix("IM20")
    state.check("image")
    assert len(planned(state)) == 6
    toggle_fix(state, next(f for _, f in state.findings() if f.code == "IM20" and f.subject == "web-2"))
    state.check("image")
    assert planned(state) == ["web-1", "web-3", "web-4", "web-5", "web-6"]
    assert not state.answers.fixes and len(state.answers.single_fixes) == 5


def planned(state: WizardState) -> list[str]:
    """The images whose repair of IM20 is in the plan."""
    return [f.subject for _, f in state.findings() if f.code == "IM20" and f.level == "missing"]


async def at_the_group(pilot: Pilot[int]) -> FindingsList:
    """Goes to the row that counts six findings."""
    await pilot.press(*["n"] * 5)
    return pilot.app.screen.query_one(FindingsList)


def test_f_on_a_row_that_counts_findings_fixes_all_after_a_question_that_lists_them() -> None:
    state = demo_state("existing-images")

    async def play(pilot: Pilot[int]) -> None:
        await at_the_group(pilot)
        assert "f fix all" in last_line(text_of(pilot))
        question = await press(pilot, "f")
        assert "Add these 6 fixes to the plan?" in question and question.count("- repair image web-") == 6
        assert not planned(state)
        await press(pilot, "n")
        assert not planned(state)
        await press(pilot, "f", "y")
        assert len(planned(state)) == 6

    drive(state, "image", play, in_form=False)


def test_f_on_a_row_that_counts_planned_fixes_cancels_all_of_them() -> None:
    state = demo_state("existing-images")
    state.request_fix("IM20")

    async def play(pilot: Pilot[int]) -> None:
        rows = pilot.app.screen.query_one(FindingsList)
        rows.focus()
        while not isinstance(rows.current, Fold):
            await pilot.press("down")
        assert "f cancel all fixes" in last_line(text_of(pilot))
        assert "Take these 6 fixes out of the plan?" in await press(pilot, "f")
        await press(pilot, "y")
        assert not planned(state)

    drive(state, "image", play, in_form=False)


def test_the_cursor_stays_at_its_place_after_f_so_that_f_again_fixes_the_next_one() -> None:
    state = demo_state("existing-images")

    async def play(pilot: Pilot[int]) -> None:
        rows = await at_the_group(pilot)
        await press(pilot, "enter", "down", "down")
        for number in (2, 3, 4, 5, 6, 1):
            assert rows.selected and rows.selected.subject == f"web-{number}"
            await press(pilot, "f")
        assert len(planned(state)) == 6
        assert rows.selected and rows.selected.code != "IM20", "the key does not cancel the last one"

    drive(state, "image", play, in_form=False)


def test_a_row_that_counts_findings_with_fixes_follows_a_fix_unless_its_findings_are_rows() -> None:
    images = tuple(Finding("IM20", "warning", "T", "D", "R.", f"web-{n}", f"repair-{n}") for n in range(6))
    fixed, fold = Finding("IM10", "warning", "T", remedy="R.", fix="upload"), Fold("warning", images, "IM20")
    assert next_fixable([fixed, fold], 0, images) == fold
    assert next_fixable([fixed, fold, *images], 0, images) == images[0]
    assert next_fixable([fixed, fold], 0, [fixed]) is None


def test_f_goes_on_to_a_closed_row_that_counts_findings_with_fixes() -> None:
    async def play(pilot: Pilot[int]) -> None:
        rows = await at_the_group(pilot)
        await press(pilot, "up", "up", "up")
        assert rows.selected and rows.selected.code == "IM03"
        await press(pilot, "f")
        assert isinstance(rows.current, Fold) and rows.current.code == "IM20"
        assert "f fix all" in last_line(text_of(pilot))

    drive(demo_state("existing-images"), "image", play, in_form=False)


def test_the_last_fix_leaves_the_cursor_at_its_place_so_that_f_again_cancels_none() -> None:
    state = demo_state("existing-images")

    async def play(pilot: Pilot[int]) -> None:
        rows = await at_the_group(pilot)
        await press(pilot, "enter", "down", *["f"] * 8)
        assert rows.selected and rows.selected.code == "IM03" and rows.highlighted == 0
        await press(pilot, "f", "f")
        assert rows.selected.code == "IM02" and rows.highlighted == 0
        assert len(state.answers.single_fixes) == 9

    drive(state, "image", play, in_form=False)


def test_n_after_f_stays_at_the_next_problem_and_then_goes_on() -> None:
    async def play(pilot: Pilot[int]) -> None:
        rows = await at_the_group(pilot)
        await press(pilot, "enter", "down", "f", "n")
        assert rows.selected and rows.selected.subject == "web-2"
        await press(pilot, "n")
        assert rows.selected and rows.selected.subject == "web-3"

    drive(demo_state("existing-images"), "image", play, in_form=False)


def test_an_opened_row_at_the_bottom_shows_what_it_counts() -> None:
    async def play(pilot: Pilot[int]) -> None:
        rows = await at_the_group(pilot)
        text = await press(pilot, "enter")
        assert isinstance(rows.current, Fold) and text.count("image web-") >= 3

    drive(demo_state("existing-images"), "image", play, in_form=False)


def test_a_row_that_counts_warnings_has_two_lines_for_the_first_of_them() -> None:
    rows = tuple(
        Finding("IM20", "warning", "T", f"image web-{n}: hw_vif_model is e1000f, not e1000", "R.") for n in "12"
    )
    lines = fold_row(Fold("warning", rows, "IM20"), 58, "Enter lists them").plain.splitlines()
    assert lines[0].startswith(" ! IM20  2 like this: image web-1: hw_vif_model") and len(lines) == 2
    assert lines[1].startswith(" " * 9) and lines[1].endswith("  Enter lists them")


def test_a_row_that_counts_checks_is_shorter_if_it_has_no_room_for_what_enter_does() -> None:
    fold = Fold("skipped", (Finding("IM20", "skipped", "An image is whole", "there is none"),) * 16)
    assert fold_row(fold, 54, fold.hint).plain == f" ○ 16 checks skipped{' ' * 18}Enter lists them"
    assert fold_row(fold, 55, fold.hint).plain == " ○ 16 checks skipped, with the reason  Enter lists them"
    one = Fold("skipped", fold.findings[:1])
    assert (one.label, one.hint) == ("1 check skipped, with the reason", "Enter lists it")


def test_passed_checks_are_in_the_order_of_their_codes() -> None:
    async def codes(pilot: Pilot[int]) -> list[str]:
        await press(pilot)
        rows = pilot.app.screen.query_one(FindingsList)
        rows.filter = "OS0"
        rows.fit()
        return [row.code for row in rows._rows if isinstance(row, Finding)]

    shown = drive(demo_state(), "cloud", codes, (120, 40))
    assert shown == sorted(shown) and len(shown) > 3


def test_the_first_finding_is_whole_if_the_list_has_room_for_it_alone() -> None:
    async def text() -> str:
        async with wizard(demo_state("no-archive"), "node") as pilot:
            await settled(pilot)
            return " ".join(text_of(pilot).split())

    assert "f add the cloud archive of zed to the package sources of" in asyncio.run(text())


def test_a_skipped_check_shows_what_is_not_checked_and_why_before_it_is_current() -> None:
    async def play(pilot: Pilot[int]) -> None:
        shown = await press(pilot, "slash", *"DRS", "enter")
        assert re.search(r"○ CL06  DRS is fully automated: not checked, because DRS\n.* is off", shown)

    drive(demo_state("drs-off"), "cluster", play, in_form=False)
