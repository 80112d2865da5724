"""The last page shows which servers the smoke tests booted."""

from __future__ import annotations

import pytest

from mhv_tui.tui.summary import render_summary
from tests.tui.snapshots import demo_state


@pytest.mark.parametrize(
    ("test_ids", "text"),
    (
        (["prove:vmware", "prove:first"], "a server booted on each hypervisor"),
        (["prove:vmware"], "a server booted on one hypervisor only (prove:vmware)"),
    ),
)
def test_a_smoke_test_of_one_hypervisor_is_not_shown_as_of_both(test_ids: list[str], text: str) -> None:
    state = demo_state()
    state.session.journal.note("proven", ("", "prove"), ids=test_ids)
    assert text in render_summary(state).plain
