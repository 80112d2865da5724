"""The fix CN33 in whole runs: planned if the package is known to have the bug, else made later in the same run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mhv_tui.cli.prompts import approve_all
from mhv_tui.core.changes import Change
from mhv_tui.core.events import Applied, Event
from mhv_tui.demo.scenes import answers_of
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.engine.wizard_state import WizardState
from tests.tui.matrices import edited_state

BUG = BUGS["CN33"]
PATH = f"/usr/lib/python3/dist-packages/{BUG.file}"
KNOWN, UNKNOWN = "2:26.2.2-1~deb12u5", "3:26.2.1-0ubuntu1~cloud0"


def wizard(version: str, *fixes: str) -> WizardState:
    """A wizard whose node can install nova of this version, which closes images before they are read."""

    def edit(state: dict[str, Any]) -> None:
        packages = state["repositories"]["jammy-updates/zed"]
        packages["nova-compute"]["version"] = version
        code = {"content": f"            {BUG.line}\n", "mode": 0o644, "owner": "root", "group": "root"}
        packages["python3-nova"]["files"] = {PATH: code}

    return edited_state({**answers_of("article"), "fix": [{"code": code} for code in fixes]}, edit)


def applied(state: WizardState) -> tuple[str, list[list[str]], list[str]]:
    """How apply ends, the ids of the changes of each approval, and the kinds of the node's changes as they are made."""

    def approve(planned: Sequence[tuple[str, Change]]) -> frozenset[str] | None:
        asked.append([change.id for step, change in planned if step == "node"])
        return approve_all(planned)

    asked: list[list[str]] = []
    events: list[Event] = []
    finished = state.apply(events.append, approve)
    made_ids = [event.id for event in events if isinstance(event, Applied) and event.step == "node"]
    return finished.outcome, asked, [change_id.partition(":")[0] for change_id in made_ids]


def test_a_known_package_is_corrected_before_the_service_starts() -> None:
    outcome, asked, kinds = applied(wizard(KNOWN, "CN33"))
    assert outcome == "done" and len(asked) == 1
    assert kinds[:2] == ["packages", "code"] and kinds[-1] == "service" and kinds.count("service") == 1


def test_another_package_is_corrected_in_the_same_run_after_a_second_approval() -> None:
    outcome, asked, kinds = applied(wizard(UNKNOWN, "CN33"))
    assert outcome == "done"
    assert [change_id.partition(":")[0] for change_id in asked[1]] == ["code", "service"]
    assert kinds[0] == "packages" and kinds[-3:] == ["service", "code", "service"]


@pytest.mark.parametrize(("version", "outcome", "kinds"), [(KNOWN, "stopped", 0), (UNKNOWN, "unverified", 1)])
def test_without_the_request_the_run_stops_at_the_earliest_check(version: str, outcome: str, kinds: int) -> None:
    ended, _, made_kinds = applied(wizard(version))
    assert (ended, bool(made_kinds)) == (outcome, bool(kinds))
