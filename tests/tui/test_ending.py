"""The last page says of a proof what was booted, and no more."""

from __future__ import annotations

import pytest

from mhv_tui.tui.ending import ending
from tests.tui.pictures import demo_road


@pytest.mark.parametrize(
    ("ids", "said"),
    (
        (["prove:vmware", "prove:first"], "a server booted on each hypervisor"),
        (["prove:vmware"], "a server booted on one side only (prove:vmware)"),
    ),
)
def test_a_proof_of_one_side_is_not_told_as_one_of_both(ids: list[str], said: str) -> None:
    state = demo_road()
    state.session.journal.note("proven", ("", "prove"), ids=ids)
    assert said in ending(state).plain
