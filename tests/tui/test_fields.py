"""The fields of a page: texts that Ctrl+Z restores, and the hint of a secret."""

from __future__ import annotations

import re

import pytest
from textual import events
from textual.pilot import Pilot

from mhv_tui.core.secret import SecretRef
from mhv_tui.tui.form import secret_hint
from mhv_tui.tui.page_check import DEBOUNCE
from tests.tui.page_keys import drive, field, last_line, press, press_at_once
from tests.tui.snapshots import demo_state, settled, text_of


def test_ctrl_z_in_a_field_that_was_left_restores_its_text_of_when_the_page_was_opened() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "x", "down", "up", "ctrl+z")
        assert field(pilot, "host").value == state.answers.tables["vcenter"].host == "vc.example.org"
        await press(pilot, "ctrl+z")
        assert field(pilot, "host").value == "vc.example.orgx"

    drive(state, "vcenter", play)


def test_ctrl_z_restores_the_text_from_which_an_edit_began() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        username, first = field(pilot, "username"), state.answers.tables["node"].username
        username.focus()
        await press(pilot, *"long", "enter", "up", "ctrl+z")
        assert username.value == first
        await press(pilot, *"END", "ctrl+z")
        assert username.value == first
        await press(pilot, "ctrl+z")
        assert username.value == f"{first}END"
        await press(pilot, "x", "ctrl+z")
        assert username.value == first

    drive(state, "node", play)


def test_ctrl_z_restores_the_first_text_also_after_other_pages_and_the_plan() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "x", "ctrl+n", "ctrl+p", "ctrl+g", "escape")
        field(pilot, "host").focus()
        assert "^Z restore" in last_line(await press(pilot))
        await press(pilot, "ctrl+z")
        assert field(pilot, "host").value == "vc.example.org"
        assert "^Z restore" in last_line(await press(pilot, "ctrl+z")) and field(pilot, "host").value[-1] == "x"

    drive(demo_state(), "vcenter", play)


def test_ctrl_z_removes_the_problem_of_a_text_that_was_not_valid() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "port").unhide()
        field(pilot, "port").focus()
        shown = await press(pilot, *"9999")
        assert last_line(shown).startswith(" F1 help")
        shown = await press(pilot, "enter")
        assert "Enter stays here: correct port, or ^Z" in last_line(shown)
        assert field(pilot, "port").has_focus
        stays = "Esc does not leave a page: correct port first{}, ^Q quits."
        words = " ".join((await press(pilot, "escape")).split())
        assert words.endswith(stays.format(", or ^Z restores its earlier text"))
        assert last_line(await press(pilot, "up", "escape")) == f" {stays.format('')}"
        await press(pilot, "down")
        assert "WZ18" in shown and " ".join(shown.split()).count(str(field(pilot, "port").problem)[:20]) == 1
        await press(pilot, "ctrl+z")
        await pilot.pause(DEBOUNCE + 0.3)
        shown = await press(pilot)
        assert "WZ18" not in shown and "7 passed" in shown

    drive(demo_state(), "vcenter", play)


def test_ctrl_z_says_that_there_is_nothing_to_restore() -> None:
    async def play(pilot: Pilot[int]) -> None:
        assert "Nothing to restore in this field: " in await press(pilot, "ctrl+z")
        field(pilot, "password").focus()
        await press(pilot, "x", "down", "up")
        assert "An earlier secret cannot be restored" in await press(pilot, "ctrl+z")

    drive(demo_state(), "vcenter", play)


def test_the_hint_of_a_secret_follows_the_machine_to_which_it_belongs() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        assert "•••••••• demo: filled in; type over it" in text_of(pilot)
        await press(pilot, "down", "down", *"S3cret", "enter", "ctrl+n", "ctrl+p")
        field(pilot, "host").focus()
        assert "•••••••• kept until you quit; type over it" in await press(pilot)
        assert "type it again: host has changed" in await press(pilot, "x")
        assert "kept until you quit" in await press(pilot, "backspace")
        assert "kept until you quit" in await press(pilot, "ctrl+n", "ctrl+p")

    drive(state, "vcenter", play)


def test_an_empty_field_shows_its_default_and_no_hint_of_a_secret_is_cut() -> None:
    async def play(pilot: Pilot[int], key: str = "vlan_id") -> str:
        field(pilot, key).focus()
        await press(pilot, "ctrl+u")
        return field(pilot, key).placeholder

    assert drive(demo_state(), "network", play, (80, 24)) == "empty: 0"
    hints = (secret_hint(None, True), secret_hint(SecretRef("prompt", "a"), False), secret_hint(None, False))

    async def widest(pilot: Pilot[int]) -> int:
        return field(pilot, "password").size.width

    assert max(map(len, hints)) <= drive(demo_state(), "vcenter", widest, (80, 24))
    assert len("type it (never saved)") <= drive(demo_state(), "vcenter", widest, (60, 20))


def test_a_typed_true_is_shown_as_the_yes_of_the_list_and_an_invalid_text_stays() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        manage = field(pilot, "manage")
        for text, shown in (("true", "yes"), ("False", "no"), ("maybe", "maybe")):
            manage.focus()
            await press_at_once(pilot, "ctrl+u", *text, "up")
            assert (manage.value, manage.has_focus) == (shown, False)
        assert state.answers.tables["network"].manage is False

    drive(state, "network", play)


def test_a_key_that_deletes_nothing_says_why() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "password").focus()
        assert "The secret stays: type over it to replace it." in last_line(await press(pilot, "ctrl+u"))
        assert "Enter next" in last_line(await press(pilot, "x", "ctrl+u"))
        assert "Nothing to delete: the field is empty." in last_line(await press(pilot, "backspace"))

    drive(demo_state(), "vcenter", play)


def test_typing_in_a_secret_field_replaces_the_secret_that_is_not_visible() -> None:
    async def play(pilot: Pilot[int]) -> str:
        secret = field(pilot, "password")
        secret.focus()
        await press(pilot, *"first", "down", "up", *"second")
        return secret.value

    assert drive(demo_state("wrong-password"), "vcenter", play) == "second"


@pytest.mark.parametrize("reference", ["file /run/secret", "env VC_PASSWORD", '{ env = "VC_PASSWORD" }'])
def test_a_reference_to_a_secret_is_shown_and_a_secret_is_masked(reference: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        secret = field(pilot, "password")
        secret.focus()
        assert reference in await press(pilot, *reference) and "clipboard" in await press(pilot, "ctrl+y")
        assert "S3cret" not in await press(pilot, "ctrl+u", *"S3cret") and "••••••" in text_of(pilot)
        assert "never copied" in last_line(await press(pilot, "ctrl+y"))
        assert "file" not in await press(pilot, "ctrl+u", *"file") and secret.value == "file", "it can be a secret"

    drive(demo_state(), "vcenter", play)


@pytest.mark.parametrize(("key", "after"), [("trust", "▾"), ("username", "")])
def test_a_field_without_the_focus_shows_both_ends_of_a_text_that_is_too_long(key: str, after: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        long = field(pilot, key)
        long.value = "sha256 " + ":".join(f"{number:02X}" for number in range(32))
        long.cursor_position = len(long.value)
        field(pilot, "host").focus()
        both_ends = rf"{key}\*? +sha256 00:01:02:03:.*….*:1C:1D:1E:1F *{after}\n"
        await settled(pilot)
        assert re.search(both_ends, text_of(pilot))
        long.focus()
        await settled(pilot)
        assert re.search(rf"{key}\*? +….*:1C:1D:1E:1F *{after}\n", text_of(pilot)), "the beginning is announced"
        long.cursor_position = 0
        await pilot.pause()
        long.cursor_position = 70
        assert re.search(rf"{key}\*? +….*:[^…\n]*… *{after}\n", await press(pilot, "left", "left")), "both sides"
        shown = await press(pilot, "home")
        assert re.search(rf"{key}\*? +sha256 00:01:02:03:[^…\n]*… *{after}\n", shown), "the rest is announced"

    drive(demo_state(), "vcenter", play)


def test_the_place_of_a_wsdl_file_is_a_url_and_a_release_without_it_names_the_field() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "wsdl_location").unhide()
        field(pilot, "wsdl_location").focus()
        await press(pilot, *"70000")
        assert field(pilot, "wsdl_location").problem.startswith('"70000" is not a URL; write file:/// and the path')
        await press(pilot, "ctrl+u", *"file:///v.wsdl")
        result = state.result("node")
        assert result and "Clear node.wsdl_location." in [f.remedy for f in result.findings if f.code == "CN21"]
        await press(pilot, "tab", "f2", "f")
        assert pilot.app.focused is field(pilot, "wsdl_location")

    drive(state, "node", play)


@pytest.mark.parametrize(
    ("page", "key"),
    [("vcenter", "username"), ("vcenter", "host"), ("cloud", "project_name"), ("node", "username"), ("node", "proxy")],
)
def test_a_part_of_a_login_is_not_tried_before_enter(page: str, key: str) -> None:
    state = demo_state()
    state.give("cloud", "name", "")

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, key).unhide()
        field(pilot, key).focus()
        await press(pilot, "x")
        await pilot.pause(DEBOUNCE + 0.3)
        assert f"press Enter to check with the new {key}" in await press(pilot)
        assert state.result(page) is None
        assert "press Enter to check" not in await press(pilot, "enter") and state.result(page) is not None

    drive(state, page, play)


@pytest.mark.parametrize(
    ("name", "result", "then"),
    [("DC0_C0", "13 passed", "4 of 10  Datastores"), ("DC0_C9", "1 problem", ">✗ CL01")],
)
def test_enter_in_the_last_field_shows_the_result_before_the_next_page(name: str, result: str, then: str) -> None:
    async def play(pilot: Pilot[int]) -> None:
        await pilot.press("ctrl+u", *name, "enter")
        await pilot.pause()
        assert "Enter goes on" in last_line(text_of(pilot))
        shown = await press(pilot)
        assert result in shown and field(pilot, "path").has_focus
        assert last_line(shown) == " The page is checked: Enter goes on."
        assert then in await press(pilot, "enter")

    drive(demo_state(), "cluster", play)


def test_a_part_of_a_login_in_the_last_field_is_tried_by_enter_and_a_choice_from_its_list_at_once() -> None:
    state = demo_state()

    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "copy_settings_from").focus()
        await press(pilot, "2")
        await press(pilot, "enter")
        assert state.result("node") is not None and field(pilot, "copy_settings_from").has_focus
        await press(pilot, "ctrl+p", "ctrl+p", "ctrl+p", "ctrl+p")
        field(pilot, "host").focus()
        await press(pilot, "enter", "enter")
        assert "press Enter to check" not in text_of(pilot) and state.result("vcenter") is not None

    drive(state, "node", play)


def test_a_refused_password_keeps_the_focus_and_each_check_is_named() -> None:
    async def play(pilot: Pilot[int]) -> None:
        await press(pilot, "down", "down")
        for password in ("first", "second"):
            assert "Enter next" in last_line(text_of(pilot))
            assert "Enter check" in last_line(await press(pilot, *password))
            shown = await press(pilot, "enter")
            assert pilot.app.focused is field(pilot, "password") and "1 problem · checked again ─" in shown
        field(pilot, "username").focus()
        assert "f fill in: username" in await press(pilot, "end", "x", "ctrl+r", "f2")
        await press(pilot, "f")
        assert pilot.app.focused is field(pilot, "username"), "the one that was edited last"
        await press(pilot, "ctrl+z", "enter")
        await press(pilot, *"VMware1!", "enter")
        assert pilot.app.focused is field(pilot, "trust")

    drive(demo_state("wrong-password"), "vcenter", play)


def test_the_source_of_settings_offers_the_compute_nodes_of_the_cloud() -> None:
    state = demo_state()
    for step in state.flow[:6]:
        state.check(step.id)
    offered = [choice.label for choice in state.choices("node")["copy_settings_from"]]
    assert offered == [f"compute{number}  a compute node of this cloud" for number in (1, 2)]


def test_a_text_of_two_lines_is_not_cut_silently() -> None:
    async def play(pilot: Pilot[int]) -> None:
        field(pilot, "host").post_message(events.Paste("a\nb"))
        assert "Only the first line was pasted" in last_line(await press(pilot))

    drive(demo_state(), "vcenter", play)
