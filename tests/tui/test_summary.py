"""The last page says of a proof what was booted, and no more."""

from __future__ import annotations

import pytest

from mhv_tui.tui.summary import render_summary
from tests.tui.snapshots import demo_state


@pytest.mark.parametrize(
    ("ids", "said"),
    (
        (["prove:vmware", "prove:first"], "a server booted on each hypervisor"),
        (["prove:vmware"], "a server booted on one hypervisor only (prove:vmware)"),
    ),
)
def test_a_proof_of_one_side_is_not_told_as_one_of_both(ids: list[str], said: str) -> None:
    state = demo_state()
    state.session.journal.note("proven", ("", "prove"), ids=ids)
    assert said in render_summary(state).plain
