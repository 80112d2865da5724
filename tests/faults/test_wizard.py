"""The wizard while one call hangs: keys are answered, and a check with corrected answers does not wait for the call."""

from __future__ import annotations

import asyncio
import socket
import statistics
import time
from collections.abc import Iterator

import pytest
from textual.pilot import Pilot

from mhv_tui.adapters.limits import Limits
from mhv_tui.core.secret import Vault
from mhv_tui.engine.session import open_session
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.steps import FLOW
from mhv_tui.tui.page import Page
from tests.faults.api_cloud import PASSWORD
from tests.faults.cloud_world import CloudFront, cloud_front
from tests.faults.kinds import BY_NAME
from tests.tui.snapshots import settled, wizard

pytestmark = pytest.mark.slow

PROMPT = 0.1
"""Seconds from a key to its effect on the screen."""


@pytest.fixture
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CloudFront]:
    with cloud_front(tmp_path_factory.mktemp("cloud")) as front:
        yield front


def state_of(front: CloudFront) -> WizardState:
    """The wizard's state with the real limits."""
    session, vault = open_session("s1"), Vault()
    ctx = front.context(Limits(), vault)
    session.save_answers(ctx.answers)
    return WizardState(FLOW, ctx, session, vault, lambda: ctx.backend.now().date())


async def hanging(pilot: Pilot[int], front: CloudFront) -> Page:
    """The first page while its check hangs."""
    page = pilot.app.screen
    assert isinstance(page, Page)
    front.proxy.arm(BY_NAME["silent"], 0)
    await pilot.press("ctrl+r")
    while not front.proxy.calls:
        await asyncio.sleep(0.01)
    assert page.checking
    return page


def test_keys_are_answered_while_a_call_hangs(front: CloudFront) -> None:
    async def go() -> list[float]:
        seconds = []
        async with wizard(state_of(front), "cloud") as pilot:
            page = await hanging(pilot, front)
            for key in ("tab", "shift+tab") * 5:
                began, focused = time.monotonic(), page.focused
                pilot.app.simulate_key(key)
                while page.focused is focused:
                    await asyncio.sleep(0)
                seconds.append(time.monotonic() - began)
            assert page.checking
        return seconds

    assert statistics.median(asyncio.run(go())) < PROMPT


def test_a_check_with_corrected_answers_does_not_wait_for_a_call_that_hangs(front: CloudFront) -> None:
    with socket.create_server(("127.0.0.2", 0)) as unused:
        port = unused.getsockname()[1]
    state = state_of(front)

    async def go() -> float:
        async with wizard(state, "cloud") as pilot:
            page = await hanging(pilot, front)
            began = time.monotonic()
            assert state.give("cloud", "auth_url", f"https://127.0.0.2:{port}/identity/v3").changed
            assert state.give("cloud", "password", PASSWORD).changed
            page.action_check()
            await settled(pilot)
            return time.monotonic() - began

    assert asyncio.run(go()) < 8
    result = state.result("cloud")
    assert result and [f.code for f in result.findings] == ["OS01"] and "refuses" in result.findings[0].detail
