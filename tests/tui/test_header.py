"""The first line of the screens: session, position and systems, in exactly the width of the screen."""

from __future__ import annotations

import asyncio

import pytest
from rich.cells import cell_len
from textual.pilot import Pilot

from mhv_tui.cli.options import WizardOptions
from mhv_tui.core.redaction import remember
from mhv_tui.steps import FLOW
from mhv_tui.tui.header import header_line, system_names
from tests.tui.page_keys import press
from tests.tui.session_wizard import drive_sessions
from tests.tui.snapshots import demo_state, text_of, wizard

LONG = ("a-very-long-session-2026-11-26", "10 of 10  Compute node", "2025.1 Epoxy · vcenter-1.corp.example.org")


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize(
    "names", [("prod", "4 of 10  Datastores", "Zed · vc.example.org"), LONG, ("数据中心", "Plan", "")]
)
def test_the_line_has_the_width_of_the_screen(width: int, names: tuple[str, str, str]) -> None:
    line = header_line(width, *names)
    assert cell_len(line) == width and names[1] in line
    assert names[0] in line or "…" in line


def test_a_password_that_is_a_word_of_the_name_does_not_mask_it() -> None:
    remember("wrong")
    assert "demo-wrong-password" in header_line(80, "demo-wrong-password", "2 of 10  vCenter Server", "")


@pytest.mark.parametrize(
    ("session", "systems"),
    [
        ("demo", "2025.1 Epoxy · vc.example.org"),
        ("demo-port-group-vlan", "2025.1 Epoxy · vc"),
        ("demo-missing-privileges-2", "vc"),
        ("customer-berlin-production-openstack-0001", ""),
    ],
)
def test_the_systems_are_cut_for_the_name_of_the_session(session: str, systems: str) -> None:
    line = header_line(80, session, "1 of 10  OpenStack cloud", "2025.1 Epoxy · vc.example.org")
    assert line.startswith(f" mhv-tui  {session}  ") and line.endswith(f"  {systems} ".rjust(2))
    assert "192.0.2.10" in header_line(80, "demo-port-group-vlan", "1 of 10  OpenStack cloud", "Zed · 192.0.2.10")


def test_a_name_that_is_too_long_keeps_its_beginning_and_its_end() -> None:
    first, second = (
        header_line(80, f"customer-{place}-production-openstack-zed-region-0{number}", "3 of 10  Compute node", "")
        for place, number in (("berlin", 1), ("paris", 2))
    )
    assert "customer-berlin" in first and "…" in first and "zed-region-01  3 of 10" in first
    assert "customer-paris" in second and "zed-region-02  3 of 10" in second


def test_the_name_of_the_session_is_the_same_on_all_pages() -> None:
    async def play(pilot: Pilot[int]) -> str:
        pages = [await press(pilot, "f3", number) for number in "1234567890"]
        return " ".join({page.split()[1] for page in pages})

    assert drive_sessions(play, WizardOptions(demo=True, scene="untrusted-certificate")) == "demo-untrusted-certificate"


def test_the_systems_are_those_of_the_answers_and_results() -> None:
    state = demo_state()
    assert system_names(state) == "vc.example.org"

    async def first_line() -> str:
        async with wizard(state, "cloud") as pilot:
            return text_of(pilot).splitlines()[0]

    line = asyncio.run(first_line())
    assert f"1 of {len(FLOW)}  OpenStack cloud" in line and line.endswith("Zed · vc.example.org")
