"""The JSON forms of the events, as contract.md lists their fields."""

from __future__ import annotations

import pytest

from mhv_tui.core.events import Applied, Applying, Event, Failed, FindingReported, Logged, Progress, Undone, as_json
from mhv_tui.core.findings import Finding


@pytest.mark.parametrize(
    ("event", "seconds", "error"),
    [
        (Applying("network", "x", "make x"), None, None),
        (Applied("network", "x", 1.5), 1.5, None),
        (Undone("network", "x", 1.5), 1.5, None),
    ],
)
def test_every_event_of_a_change_has_the_same_fields(event: Event, seconds: float | None, error: str | None) -> None:
    row = as_json(event)
    assert row["event"] == type(event).__name__.lower()
    assert (row["step"], row["id"], row["seconds"], row["error"]) == ("network", "x", seconds, error)


def test_an_event_names_its_target_only_if_the_target_has_a_name() -> None:
    finding = Finding("NW17", "failure", "The port group is ours", "it is not", "remove it")
    rows: list[tuple[Event, Event]] = [
        (Applied("network", "x", 1.5), Applied("network", "x", 1.5, "node2")),
        (Failed("network", "x", 1.5, finding), Failed("network", "x", 1.5, finding, "node2")),
        (FindingReported("network", finding), FindingReported("network", finding, target="node2")),
        (Progress("network", "x", 1, 2), Progress("network", "x", 1, 2, target="node2")),
    ]
    for single, named in rows:
        assert "target" not in as_json(single)
        assert as_json(named) == {**as_json(single), "target": "node2"}


def test_progress_has_its_phase_and_a_log_its_lines() -> None:
    progress = as_json(Progress("prove", "x", 6, 300, "seconds", "nova chooses", phase="scheduling"))
    assert (progress["phase"], progress["note"], progress["total"]) == ("scheduling", "nova chooses", 300)
    expected = {"event": "logged", "step": "prove", "id": "x", "source": "nova", "lines": ("one", "two")}
    assert as_json(Logged("prove", "x", "nova", ("one", "two"))) == expected


def test_a_failure_has_its_code_and_remedy() -> None:
    finding = Finding("NW17", "failure", "The port group is ours", "it is not", "remove it", subject="br100")
    assert as_json(Failed("network", "x", 1.5, finding)) == {
        "event": "failed",
        "step": "network",
        "id": "x",
        "seconds": 1.5,
        "code": "NW17",
        "error": "it is not",
        "remedy": "Remove it",
    }
