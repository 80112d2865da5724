"""The JSON forms of the events, as contract.md lists their fields."""

from __future__ import annotations

import pytest

from mhv_tui.core.events import Applied, Applying, Event, Failed, Undone, as_json


@pytest.mark.parametrize(
    ("event", "seconds", "error"),
    [
        (Applying("network", "x", "make x"), None, None),
        (Applied("network", "x", 1.5), 1.5, None),
        (Failed("network", "x", 1.5, "no"), 1.5, "no"),
        (Undone("network", "x", 1.5), 1.5, None),
    ],
)
def test_every_event_of_a_change_has_the_same_fields(event: Event, seconds: float | None, error: str | None) -> None:
    row = as_json(event)
    assert row["event"] == type(event).__name__.lower()
    assert (row["step"], row["id"], row["seconds"], row["error"]) == ("network", "x", seconds, error)
