"""Packages on a node, in the simulated world: what came goes again, what somebody else brought stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.changes.packages import AddCloudArchive, ConfigurePackages, RefreshPackages, job_name
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.engine.freeze import freeze
from tests.changes.helpers import HOST, PACKAGES, Make, again, row


def test_packages_are_installed_and_purged_with_their_dependencies(ctx: Context, make: Make) -> None:
    there = dict(row(ctx)["packages"])
    receipt = make(PACKAGES)
    assert set(receipt["made"]) == set(row(ctx)["packages"]) - set(there)
    row(ctx)["packages"]["htop"] = "3"
    again(PACKAGES).undo(ctx, receipt)
    assert row(ctx)["packages"] == {**there, "htop": "3"}


JOB = job_name("s1", PACKAGES.id)


def test_a_killed_installation_is_undone_from_its_intent(ctx: Context) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    ctx.backend.node(HOST).install(JOB, ["nova-common"], lambda percent, line: None)
    again(PACKAGES).undo(ctx, before)
    assert row(ctx)["packages"] == there


@pytest.mark.parametrize("killed", (False, True))
def test_packages_that_another_installation_added_are_kept(ctx: Context, killed: bool) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    row(ctx)["packages"]["htop"] = "3"
    made = PACKAGES.apply(ctx, before)
    assert "htop" not in made["made"]
    again(PACKAGES).undo(ctx, before if killed else {**before, **made})
    assert set(row(ctx)["packages"]) == {*there, "htop"}
    again(PACKAGES).undo(ctx, before)
    assert set(row(ctx)["packages"]) == {*there, "htop"}


def running(ctx: Context, **more: Any) -> None:
    """Our installation as a killed run leaves it: begun, detached, with more to come."""
    ctx.backend.node(HOST).install(JOB, ["nova-common"], lambda percent, line: None)
    row(ctx)["jobs"][JOB].update(
        running=True, code=None, unpacked=[*row(ctx)["jobs"][JOB]["unpacked"], "python3-suds"], **more
    )


def test_undo_waits_for_an_installation_of_ours_that_still_runs(ctx: Context) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    running(ctx, ends=ctx.backend.now().timestamp() + 60)
    again(PACKAGES).undo(ctx, before)
    assert row(ctx)["packages"] == there and not row(ctx)["jobs"][JOB]["running"]


def test_the_wait_for_an_installation_ends_at_its_limit_or_if_it_is_stopped(ctx: Context) -> None:
    before = PACKAGES.before(ctx)
    running(ctx, ends=ctx.backend.now().timestamp() + 9000)

    def stop() -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        PACKAGES.undo(replace(ctx, stop=stop), before)
    with pytest.raises(FindingError, match="still runs after 60 min") as late:
        PACKAGES.undo(ctx, before)
    assert late.value.finding.code == "WZ07" and "nova-common" in row(ctx)["packages"]


OLD = {"running": False, "code": 0, "tail": ""}
"""A job's row as an earlier version leaves it: without a record of what it brought."""


@pytest.mark.parametrize("resumed", (False, True))
@pytest.mark.parametrize("job", (OLD, {**OLD, "code": None}, {**OLD, "running": True, "code": None, "ends": 60.0}))
def test_unrecorded_packages_are_reported_and_not_guessed(ctx: Context, job: Mapping[str, Any], resumed: bool) -> None:
    there = dict(row(ctx)["packages"])
    before = PACKAGES.before(ctx)
    row(ctx)["jobs"][JOB] = dict(job)
    ctx.backend.node(HOST).install("other", ["nova-common"], lambda percent, line: None)
    row(ctx)["packages"]["htop"] = "3"
    receipt = {**before, **(PACKAGES.apply(ctx, before) if resumed else {})}
    assert "made" not in receipt
    appeared = dict(row(ctx)["packages"])
    with pytest.raises(FindingError, match="htop nova-common ") as refused:
        again(PACKAGES).undo(ctx, receipt)
    assert f"/jobs/{JOB}/unpacked" in refused.value.remedy and row(ctx)["packages"] == appeared
    row(ctx)["jobs"][JOB]["unpacked"] = sorted(set(appeared) - set(there) - {"htop"})
    again(PACKAGES).undo(ctx, receipt)
    assert set(row(ctx)["packages"]) == {*there, "htop"}


def test_a_job_of_an_earlier_version_whose_packages_are_gone_is_discarded(ctx: Context, make: Make) -> None:
    there = dict(row(ctx)["packages"])
    row(ctx)["jobs"][JOB] = dict(OLD)
    again(PACKAGES).undo(ctx, PACKAGES.before(ctx))
    row(ctx)["jobs"][JOB] = dict(OLD)
    receipt = make(PACKAGES)
    assert receipt["made"]
    again(PACKAGES).undo(ctx, receipt)
    assert row(ctx)["packages"] == there


def test_an_installation_resumes_from_its_first_intent_with_fewer_packages_missing(ctx: Context) -> None:
    assert PACKAGES.resumes_any_intent and "resumes_any_intent" not in freeze(PACKAGES)


def test_an_installation_reports_its_progress(ctx: Context, make: Make) -> None:
    reported: list[tuple[int, int, str, str]] = []
    lines: list[str] = []
    loud = replace(
        ctx,
        on_progress=lambda *progress: reported.append(progress[:4]),
        on_log=lambda source, new: lines.extend(new),
    )
    PACKAGES.apply(loud, PACKAGES.before(ctx))
    assert reported[0][3] == "updating the package lists of novavmware1"
    assert reported[-1][:3] == (100, 100, "percent") and reported[-1][3] == lines[-1]
    assert "Setting up nova-compute-vmware" in "\n".join(lines)


def test_a_job_has_the_same_name_in_the_same_session() -> None:
    assert job_name("s 1", PACKAGES.id) == "s-1-packages-novavmware1"


def test_lists_are_refreshed_and_half_configured_packages_finished(ctx: Context, make: Make) -> None:
    for change in (RefreshPackages(host=HOST), ConfigurePackages(host=HOST)):
        receipt = make(change)
        again(change).undo(ctx, receipt)
        assert change.preview() and change.summary


def test_an_archive_that_was_there_stays(ctx: Context, make: Make) -> None:
    receipt = AddCloudArchive(host=HOST, release="zed").before(ctx)
    assert receipt == {"there": True}
    AddCloudArchive(host=HOST, release="zed").undo(ctx, receipt)
    assert AddCloudArchive(host=HOST, release="caracal").before(ctx) == {"there": False}
