"""The wizard by keys on the simulated backend: pages, pickers, invalid answers, the plan, the run, the end."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot

from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.apply_screen import ApplyScreen
from mhv_tui.tui.picker import Picker
from tests.tui.page_keys import drive, field, last_line, press, press_at_once
from tests.tui.snapshots import demo_state, settled, text_of


def test_all_steps_by_keys_end_with_nothing_to_do() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> str:
        for _ in state.flow:
            await pilot.press("ctrl+n")
            await settled(pilot)
        assert "This is the last page: ^G opens the plan." in text_of(pilot)
        await pilot.press("ctrl+g")
        await settled(pilot)
        assert "10 changes: 7 to create" in text_of(pilot)
        await pilot.press("ctrl+g", "y")
        await settled(pilot)
        assert isinstance(pilot.app.screen, ApplyScreen) and pilot.app.screen.finished
        return pilot.app.screen.finished.outcome

    assert drive(state, "cloud", play) == "done"
    assert [c for s in state.flow for c in state.check(s.id).plan] == []


@pytest.mark.parametrize(
    ("page", "key", "texts", "problem", "kept"),
    [
        ("network", "vlan_id", ("abc", "5000"), "; the saved value is still 200", 200),
        ("datastore", "datastore_regex", ("*gold", "nfs-("), "; the saved value is still empty", ""),
    ],
)
def test_an_invalid_text_is_the_only_problem_of_its_page_and_the_last_valid_answer_stays_saved(
    page: str, key: str, texts: tuple[str, ...], problem: str, kept: object
) -> None:
    state = demo_state()
    state.give("network", "vlan_id", "200")

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, key).focus()
        for text in texts:
            shown = await press(pilot, "ctrl+u", *text)
            page_text = " ".join(" ".join(line[19:] for line in shown.splitlines()).split())
            assert page_text.count(problem) == 2, "below the fields and in the findings"
            assert f"{key}: " in shown and "planned" not in shown and "+ 0" not in shown
            result = state.result(page)
            assert result and [f.code for f in result.findings] == ["WZ18"] and not result.plan
            assert not result.findings[0].can_be_accepted
            assert getattr(state.answers.tables[page], key) == kept
        assert problem not in await press(pilot, "ctrl+u", *str(kept)) and state.level(page) != "failure"

    drive(state, page, play)


@pytest.mark.parametrize("text", ["abc", "yes; no"])
def test_a_wrong_text_in_a_field_for_yes_or_no_says_what_to_write(text: str) -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "manage").focus()
        shown = await press(pilot, "ctrl+u", *text)
        page_text = " ".join(" ".join(line[19:] for line in shown.splitlines()).split())
        assert (
            f'manage: "{text}" is neither yes nor no; the saved value is still yes. Write yes or no, or press'
            in page_text
        )
        await press(pilot, "ctrl+u", *"no")
        assert state.answers.tables["network"].manage is False

    drive(state, "network", play)


def test_the_name_of_a_cloud_is_marked_as_needed_or_all_parts_of_the_login_if_one_is_typed() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "password" not in text_of(pilot)
        shown = await press(pilot, "ctrl+u")
        keys = ("auth_url", "username", "password", "project_name")
        assert ">name* " in shown and all(f" {key}  " in shown for key in keys), "the name or the login"
        assert "type it (never saved), or" in shown
        shown = await press(pilot, "down", "down", *"admin")
        assert " name  " in shown and all(f"{key}* " in shown for key in keys)
        shown = await press(pilot, "down", "f1")
        assert "(hidden, kept in memory only), or env NAME, or file" in shown

    drive(demo_state(), "cloud", play)


def test_the_reason_of_an_invalid_text_is_whole() -> None:
    async def play(pilot: Pilot[int]) -> str:
        field(pilot, "trust").focus()
        return await press(pilot, "ctrl+u", *"yes")

    shown = drive(demo_state(), "vcenter", play, (60, 20))
    reason = " ".join(line[17:].strip() for line in shown.splitlines())
    assert "✗ trust: the value is not a trust mode; the saved value is still sha256 50:C7" in reason
    assert (
        " Write system, insecure, sha256" in reason
        and "or ca_file PATH, or press Enter in the field and choose. ──" in reason
    )


@pytest.mark.parametrize("leave", ("ctrl+n", "ctrl+p", "ctrl+g", "f3"))
def test_a_page_is_not_left_while_a_text_is_invalid(leave: str) -> None:
    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        page = pilot.app.screen
        page.query_one("#field-port", Field).value = "many"
        page.query_one("#field-host", Field).focus()
        await pilot.pause()
        assert '✗ port: "many" is not a number; the saved ' in text_of(pilot), "also from another field"
        await pilot.press(leave)
        await settled(pilot)
        assert pilot.app.screen is page and pilot.app.focused is page.query_one("#field-port", Field)
        shown = text_of(pilot)
        assert "port is not valid and not saved: correct it first. The reason is below" in shown
        page.query_one("#field-port", Field).value = "443"
        await pilot.press(leave)
        await settled(pilot)
        assert pilot.app.screen is not page
        return shown

    shown = drive(demo_state(), "vcenter", play)
    assert "many" in shown and '✗ port: "many" is not a number; the saved ' in shown


def test_each_text_that_is_not_valid_is_named() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "host").unhide()
        for key, text in (("host", "a b"), ("port", "many")):
            field(pilot, key).unhide()
            field(pilot, key).value = text
        shown = await press(pilot, "down")
        assert "✗ 2 values are not valid: host and port. " in " ".join(line[19:].strip() for line in shown.splitlines())
        assert "host and port are not valid and not saved: correct them first." in await press(pilot, "ctrl+n")
        shown = await press(pilot, "ctrl+q")
        assert 'host: "a b" is not a host name' in shown and 'port: "many" is not a number' in shown

    drive(demo_state(), "vcenter", play)


def test_the_keys_of_a_page_that_stays_open_are_not_offered() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "trust").focus()
        assert last_line(await press(pilot, "x")) == " F1 help  ^Q quit  ^T more  ^Z restore  F2 problem"
        assert "Enter stays here: correct trust, or ^Z" in last_line(await press(pilot, "enter"))
        assert (
            last_line(await press(pilot, "f2"))
            == " Enter explain  f fill in  ^R check  F1 more  ^Q quit  ↑ fields  F2 problem"
        )
        await press(pilot, "f", "ctrl+z")
        assert "^N/^P page  ^G plan" in last_line(text_of(pilot))

    state = demo_state()
    state.give("vcenter", "host", "nowhere.example.org")
    drive(state, "vcenter", play)


def test_the_choices_of_a_certificate_stay_after_a_refused_login_and_with_an_invalid_text() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "trust").focus()
        assert " ▾" in (await press(pilot, "x")).partition("trust ")[2].splitlines()[0]
        assert "Enter choose" in last_line(text_of(pilot)) and "(•)" not in text_of(pilot)
        await press(pilot, "enter", "escape", "y")
        await press_at_once(pilot, "z", "enter")
        assert isinstance(pilot.app.screen, Picker), "it opens after the check"
        shown = await press(pilot, "down", "enter")
        assert "VC07" in shown and field(pilot, "trust").value.startswith("sha256 50:C7")

    drive(demo_state("wrong-password"), "vcenter", play)


def test_a_picker_offers_the_existing_objects_with_their_health() -> None:
    async def play(pilot: Pilot[int]) -> str:
        await pilot.press("ctrl+o")
        await pilot.pause()
        return text_of(pilot)

    shown = drive(demo_state(), "cluster", play)
    assert "type to filter" in shown and "/host/" in shown


@pytest.mark.parametrize(
    ("scene", "keys"), [("drs-off", "Enter page  f fix  a accept  Esc"), ("article", "Enter open  ^G apply")]
)
def test_a_plan_names_the_key_to_apply_it_unless_checks_block_it(scene: str, keys: str) -> None:
    async def play(pilot: Pilot[int]) -> str:
        await pilot.press("ctrl+g")
        await settled(pilot)
        return text_of(pilot)

    assert keys in drive(demo_state(scene), "cluster", play)


def test_a_failure_opens_on_its_remedy_and_its_explanation() -> None:
    async def play(pilot: Pilot[int]) -> str:
        page = text_of(pilot)
        pilot.app.screen.query_one("#findings").focus()
        await pilot.press("x")
        await pilot.pause()
        return page + text_of(pilot)

    shown = drive(demo_state("drs-off"), "cluster", play)
    assert "✗ CL05" in shown and "Enable DRS" in shown and "Cause:" in shown


def test_a_requested_fix_is_in_the_plan() -> None:
    state = demo_state("drs-off")

    async def play(pilot: Pilot[int]) -> str:
        pilot.app.screen.query_one("#findings").focus()
        await pilot.press("f")
        await pilot.pause()
        await settled(pilot)
        return text_of(pilot)

    assert "+ CL05" in drive(state, "cluster", play)
    assert [c.id.split(":")[0] for c in state.check("cluster").plan] == ["drs"]


def test_secrets_never_reach_the_screen_or_the_session() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        pilot.app.screen.query_one("#field-password", Field).value = "S3cret-typed"
        await pilot.pause(0.1)
        return text_of(pilot)

    shown = drive(state, "vcenter", play)
    stored = "".join(p.read_text(errors="replace") for p in state.session.directory.iterdir() if p.is_file())
    assert "S3cret-typed" not in shown and "S3cret-typed" not in stored.replace(_world(state), "")
    assert "prompt = true" in stored


def _world(state: WizardState) -> str:
    path = state.session.directory / "world.json"
    return path.read_text() if path.exists() else ""


def test_no_key_of_tmux_or_screen_is_bound() -> None:
    from mhv_tui.tui import app, apply_screen, dialogs, fields, findings_pane, page, page_moves, picker, plan_screen

    bound_keys = {
        key
        for module in (app, apply_screen, dialogs, findings_pane, page, page_moves, picker, plan_screen)
        for kind in vars(module).values()
        if isinstance(kind, type) and kind.__module__ == module.__name__
        for row in kind.__dict__.get("BINDINGS", ())
        for key in (row[0] if isinstance(row, tuple) else row.key).split(",")
    } | set(fields.EDIT_KEYS)
    assert "ctrl+n" in bound_keys and not bound_keys & {"ctrl+a", "ctrl+b"}


def test_a_picker_opens_right_after_another_answer_changed() -> None:
    async def play(pilot: Pilot[int]) -> str:
        from mhv_tui.tui.fields import Field

        pilot.app.screen.query_one("#field-kind", Field).value = "standard"
        pilot.app.screen.query_one("#field-dvs", Field).focus()
        await pilot.pause()
        await pilot.press("ctrl+o")
        for _ in range(100):
            await pilot.pause(0.05)
            if "type to filter" in text_of(pilot):
                break
        return text_of(pilot)

    shown = drive(demo_state(), "network", play)
    assert "type to filter" in shown and "DVS0" in shown
