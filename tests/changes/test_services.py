"""The service on a simulated node: the change waits until the cloud lists it; undo refuses if servers run there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.changes.services import StartService
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.core.machine import RemoteFile
from mhv_tui.demo.backend import DemoBackend
from tests.changes.helpers import HOST, LOGIN, PACKAGES, PATH, Make, again, row
from tests.demo.helpers import configured

START = StartService(host=HOST, unit="nova-compute", binary="nova-compute", service_host="novavmware1", cloud=LOGIN)


def test_a_service_with_servers_of_its_own_runs_on(ctx: Context) -> None:
    node = ctx.backend.node(HOST)
    node.install("job", PACKAGES.packages, lambda percent, line: None)
    node.write(PATH, RemoteFile(configured().encode(), 0o640, "root", "nova"))
    before = START.before(ctx)
    receipt = {**before, **START.apply(ctx, before)}
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.store.state["faults"]["cloud.delete_service"] = "OS10"
    with pytest.raises(FindingError):
        again(START).undo(ctx, receipt)
    unit = row(ctx)["units"]["nova-compute"]
    assert (unit["active"], unit["enabled"]) == ("active", "enabled")
    del ctx.backend.store.state["faults"]["cloud.delete_service"]
    again(START).undo(ctx, receipt)
    assert (unit["active"], unit["enabled"]) == (before["active"], before["enabled"])


def test_a_stop_lets_a_start_that_has_begun_end(ctx: Context) -> None:
    def stop() -> None:
        raise Cancelled

    ready(ctx)
    before = START.before(ctx)
    assert START.apply(replace(ctx, stop=stop), before)["made"]


def serving(ctx: Context) -> Mapping[str, Any]:
    """Our hypervisor up, with somebody's server on it, in a cloud of a release that would delete the record."""
    ready(ctx)
    before = START.before(ctx)
    receipt = {**before, **START.apply(ctx, before)}
    assert isinstance(ctx.backend, DemoBackend)
    cloud = ctx.backend.store.state["cloud"]
    cloud["nova"]["guards_servers"] = False
    cloud["servers"]["v1"] = {"name": "web", "status": "ACTIVE", "host": "novavmware1", "born": 0}
    return receipt


def test_a_service_with_servers_is_not_taken_back_where_nova_would_not_mind(ctx: Context) -> None:
    receipt = serving(ctx)
    starts = len(row(ctx)["journals"]["nova-compute"])
    with pytest.raises(
        FindingError, match="the compute service record of novavmware1 is kept, because servers run on this host: web"
    ) as refused:
        again(START).undo(ctx, receipt)
    assert refused.value.remedy
    assert row(ctx)["units"]["nova-compute"]["active"] == "active"
    assert len(row(ctx)["journals"]["nova-compute"]) == starts, "it was not even stopped"
    assert any(s.host == "novavmware1" for s in ctx.backend.cloud(LOGIN).services())


def test_a_hypervisor_in_use_is_reported_before_anything_is_undone(ctx: Context) -> None:
    receipt = serving(ctx)
    assert "web" in START.blocked_by(ctx, receipt)
    assert isinstance(ctx.backend, DemoBackend)
    servers = ctx.backend.store.state["cloud"]["servers"]
    servers["v1"]["name"] = "mhv-tui-test-vmware-novavmware1"
    assert START.blocked_by(ctx, receipt) == "", "a killed proof's server is ours, and goes first"
    servers["v1"]["name"] = "web"
    assert START.blocked_by(ctx, {**receipt, "records": [s.id for s in ctx.backend.cloud(LOGIN).services()]}) == ""


def test_a_record_that_cannot_be_deleted_is_left_disabled_and_taken_up_again(ctx: Context, make: Make) -> None:
    ready(ctx)
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.store.state["cloud"]["nova"]["service_ids"] = False

    def record() -> tuple[str, str]:
        (service,) = [s for s in ctx.backend.cloud(LOGIN).services() if s.host == "novavmware1"]
        return service.status, service.disabled_reason

    notes: list[str] = []
    receipt = make(START)
    again(START).undo(replace(ctx, on_progress=lambda *progress: notes.append(progress[3])), receipt)
    assert row(ctx)["units"]["nova-compute"]["active"] == "inactive"
    assert record() == ("disabled", "undone by mhv-tui") and "so the service is only disabled" in notes[-1]
    second = make(START)
    assert record()[0] == "enabled" and second["made"] == receipt["made"]
    again(START).undo(ctx, second)
    assert record()[0] == "disabled"


def ready(ctx: Context, **options: str) -> None:
    """The packages and a configuration, nothing started."""
    ctx.backend.node(HOST).install("job", list(PACKAGES.packages), lambda percent, line: None)
    ctx.backend.node(HOST).write(PATH, RemoteFile(configured(**options).encode(), 0o640, "root", "nova"))


def test_a_started_service_reports_what_it_waits_for_and_only_new_lines_of_its_journal(ctx: Context) -> None:
    ready(ctx)
    again(START).undo(ctx, {**START.before(ctx), **START.apply(ctx, START.before(ctx))})
    earlier = list(row(ctx)["journals"]["nova-compute"])
    progress: list[tuple[int, int, str, str]] = []
    lines: list[str] = []
    loud = replace(
        ctx, on_progress=lambda *report: progress.append(report[:4]), on_log=lambda source, new: lines.extend(new)
    )
    START.apply(loud, START.before(ctx))
    assert progress[0][1:] == (120, "seconds", "nova lists nova-compute as up; checking that it runs for 5 s")
    assert lines == row(ctx)["journals"]["nova-compute"][len(earlier) :] and len(lines) == 1


def test_a_service_is_followed_until_the_cloud_has_it_up_and_its_record_goes_with_it(ctx: Context, make: Make) -> None:
    ready(ctx)
    there = {s.id for s in ctx.backend.cloud(LOGIN).services()}
    receipt = make(START)
    assert len(receipt["made"]) == 1
    again(START).undo(ctx, receipt)
    assert {s.id for s in ctx.backend.cloud(LOGIN).services()} == there
    unit = row(ctx)["units"]["nova-compute"]
    assert unit["active"] == "inactive"


def test_a_record_that_was_there_is_kept(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    receipt = make(START)
    assert receipt["made"] == [] and receipt["active"] == "active"
    START.undo(ctx, receipt)
    assert row(ctx)["units"]["nova-compute"]["active"] == "active"
    assert any(s.host == "novavmware1" for s in ctx.backend.cloud(LOGIN).services())


FAULTS = (
    ({"host_password": "wrong"}, "VC07"),
    ({"insecure": "False"}, "VC03"),
    ({"cluster_name": "DC0_C9"}, "CL01"),
    ({"datastore_regex": "(("}, "DS02"),
)


@pytest.mark.parametrize(("options", "code"), FAULTS)
def test_a_service_that_does_not_come_up_is_diagnosed_by_its_log(
    ctx: Context, options: dict[str, str], code: str
) -> None:
    ready(ctx, **options)
    with pytest.raises(FindingError) as error:
        START.apply(ctx, START.before(ctx))
    assert error.value.finding.code == code


def test_a_restart_that_fails_is_not_hidden_by_the_old_processs_report(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    ready(ctx, cluster_name="DC0_C9")
    with pytest.raises(FindingError) as error:
        START.apply(ctx, START.before(ctx))
    assert error.value.finding.code == "CL01"
    assert [s.state for s in ctx.backend.cloud(LOGIN).services() if s.host == "novavmware1"] == ["up"]


def test_a_restart_that_works_is_heard_within_novas_own_interval(ctx: Context, make: Make) -> None:
    ready(ctx)
    make(START)
    began = ctx.backend.now()
    make(START)
    assert (ctx.backend.now() - began).total_seconds() <= 5 + 10


def test_a_refused_login_is_not_tried_a_second_time(ctx: Context) -> None:
    ready(ctx, host_password="wrong")
    with pytest.raises(FindingError):
        START.apply(ctx, START.before(ctx))
    assert row(ctx)["units"]["nova-compute"]["active"] == "inactive"


def test_an_old_line_of_the_log_is_no_diagnosis(ctx: Context, make: Make) -> None:
    ready(ctx, cluster_name="DC0_C9")
    with pytest.raises(FindingError):
        START.apply(ctx, START.before(ctx))
    ready(ctx)
    assert make(START)


def test_a_unit_that_is_not_followed_is_enabled_and_started(ctx: Context, make: Make) -> None:
    ready(ctx)
    row(ctx)["units"]["nova-network"] = {"load": "loaded", "active": "inactive", "enabled": "disabled"}
    change = StartService(host=HOST, unit="nova-network")
    receipt = make(change)
    assert row(ctx)["units"]["nova-network"]["active"] == "active"
    again(change).undo(ctx, receipt)
    assert row(ctx)["units"]["nova-network"] == {"load": "loaded", "active": "inactive", "enabled": "disabled"}
