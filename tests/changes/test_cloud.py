"""The changes to a cloud's records, in the simulated cloud: made, made twice, undone."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mhv_tui.changes.cloud import DiscoverHosts, JoinZone, Property, TagImage
from mhv_tui.changes.records import DeleteService, EnableService
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from tests.changes.helpers import IMAGE, LOGIN, Begin, again, made, rows
from tests.steps.walked_world import put

NODE = "novavmware1"


def unmapped(ctx: Context) -> Context:
    for row in rows(ctx, "hypervisors").values():
        row["mapped"] = row["service_host"] != NODE
    return ctx


DISCOVER = DiscoverHosts(controller=SshHost("controller1"), command="nova-manage", service_host=NODE, cloud=LOGIN)


@pytest.mark.parametrize("command", ("nova-manage", "docker exec nova_api nova-manage"))
def test_a_host_is_mapped_on_the_controller(command: str, begin: Begin) -> None:
    ctx = unmapped(begin())
    change = replace(DISCOVER, command=command)
    receipt = made(ctx, change)
    assert any(h.service_host == NODE for h in ctx.backend.cloud(LOGIN).hypervisors())
    again(change).undo(ctx, receipt)
    assert f"{command} cell_v2 discover_hosts --verbose" in change.preview()


@pytest.mark.parametrize(("host", "command"), (("controller1", "nova-mange"), ("compute1", "nova-manage")))
def test_a_failed_mapping_reports_the_last_line_of_the_command(host: str, command: str, begin: Begin) -> None:
    with pytest.raises(FindingError) as error:
        made(unmapped(begin()), replace(DISCOVER, controller=SshHost(host), command=command))
    assert error.value.finding.code == "RG01" and "discover_hosts" in error.value.message


@pytest.mark.parametrize(
    ("version", "kept"), (("16.1.4", True), ("15.1.5", False), ("17.0.4", True), ("26.2.1", False))
)
def test_a_nova_that_keeps_host_mappings_is_reported(version: str, kept: bool, begin: Begin) -> None:
    ctx = unmapped(begin())
    put(ctx, "cloud > nova > version", version)
    notes: list[str] = []
    receipt = made(replace(ctx, on_progress=lambda *progress: notes.append(progress[3])), DISCOVER)
    assert receipt.get("kept_by") == (version if kept else None)
    assert notes[0] == f"waiting until nova-manage on {DISCOVER.controller} has ended"
    assert [f"nova {version} keeps the host mapping" in note for note in notes[1:]] == ([True] if kept else [])


def test_a_mapping_without_effect_is_reported(begin: Begin) -> None:
    ctx = begin(built=False)
    with pytest.raises(FindingError) as error:
        made(ctx, DISCOVER)
    assert "not listed 30 s after" in error.value.message


ZONE = JoinZone(cloud=LOGIN, zone="other", service_host="compute1")


def test_a_zone_is_created_joined_and_removed(begin: Begin) -> None:
    ctx = begin()
    there = dict(rows(ctx, "aggregates"))
    receipt = made(ctx, ZONE)
    assert "other" in ctx.backend.cloud(LOGIN).zones()
    assert made(ctx, ZONE)["made"] == receipt["made"]
    again(ZONE).undo(ctx, receipt)
    assert rows(ctx, "aggregates") == there


def test_an_existing_zone_and_a_zone_with_other_hosts_are_kept(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > aggregates > 9", {"name": "mine", "availability_zone": "other", "hosts": []})
    ZONE.undo(ctx, made(ctx, ZONE))
    assert rows(ctx, "aggregates")["9"]["hosts"] == []
    del rows(ctx, "aggregates")["9"]
    receipt = made(ctx, ZONE)
    rows(ctx, "aggregates")[receipt["made"]]["hosts"].append("compute2")
    with pytest.raises(FindingError) as error:
        ZONE.undo(ctx, receipt)
    assert "compute2" in error.value.message
    assert rows(ctx, "aggregates")[receipt["made"]]["hosts"] == ["compute2"]


def test_a_killed_join_is_undone_from_its_intent(begin: Begin) -> None:
    ctx = begin()
    before = ZONE.before(ctx)
    ZONE.apply(ctx, before)
    again(ZONE).undo(ctx, before)
    assert "other" not in ctx.backend.cloud(LOGIN).zones()


TAG = TagImage(
    cloud=LOGIN,
    image_id="one",
    image="one",
    properties=(Property("vmware_disktype", "sparse"), Property("vmware-disktype", None)),
    verb="repair",
)


def test_properties_are_set_and_restored(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > images > one", {**IMAGE, "properties": {"vmware-disktype": "sparse", "x": "y"}})
    receipt = made(ctx, TAG)
    assert rows(ctx, "images")["one"]["properties"] == {"vmware_disktype": "sparse", "x": "y"}
    again(TAG).undo(ctx, receipt)
    assert rows(ctx, "images")["one"]["properties"] == {"vmware-disktype": "sparse", "x": "y"}
    again(TAG).undo(ctx, receipt)


def test_a_property_that_changed_since_is_not_restored(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > images > one", {**IMAGE, "properties": {}})
    receipt = made(ctx, TAG)
    rows(ctx, "images")["one"]["properties"]["vmware_disktype"] = "thin"
    with pytest.raises(FindingError):
        TAG.undo(ctx, receipt)
    del rows(ctx, "images")["one"]
    TAG.undo(ctx, receipt)
    with pytest.raises(FindingError):
        TAG.before(ctx)


def test_a_service_is_enabled_and_disabled_again_with_its_reason(begin: Begin) -> None:
    ctx = begin()
    key = next(k for k, row in rows(ctx, "services").items() if row["host"] == NODE)
    rows(ctx, "services")[key].update(status="disabled", disabled_reason="why")
    change = EnableService(cloud=LOGIN, service_id=key, service_host=NODE)
    receipt = made(ctx, change)
    assert rows(ctx, "services")[key]["status"] == "enabled"
    again(change).undo(ctx, receipt)
    assert (rows(ctx, "services")[key]["status"], rows(ctx, "services")[key]["disabled_reason"]) == ("disabled", "why")
    rows(ctx, "services")[key].update(disabled_reason="the operator's own")
    again(change).undo(ctx, receipt)
    assert rows(ctx, "services")[key]["disabled_reason"] == "the operator's own"
    del rows(ctx, "services")[key]
    again(change).undo(ctx, receipt)


def test_an_aggregate_that_was_created_again_is_not_deleted(begin: Begin) -> None:
    ctx = begin()
    zone = JoinZone(cloud=LOGIN, zone="vmware", service_host=NODE)
    key, held = next((k, row) for k, row in rows(ctx, "aggregates").items() if NODE in row["hosts"])
    receipt = {"aggregate": None, "joined": False, "made": f"not-{key}"}
    with pytest.raises(FindingError, match=r"now, not .* as before"):
        again(zone).undo(ctx, receipt)
    held["hosts"] = []
    again(zone).undo(ctx, receipt)
    assert key in rows(ctx, "aggregates")


def test_a_stale_record_is_deleted_and_one_that_is_up_again_is_not(begin: Begin) -> None:
    ctx = begin()
    stale = {"binary": "nova-compute", "host": "old1", "state": "down", "status": "enabled"}
    put(ctx, "cloud > services > s9", {**stale, "updated_at": "2026-10-01T00:00:00+00:00"})
    change = DeleteService(cloud=LOGIN, service_id="s9", service_host="old1")
    change.undo(ctx, made(ctx, change))
    assert "s9" not in rows(ctx, "services")
    put(ctx, "cloud > services > s9", {**stale, "state": "up", "updated_at": "2026-10-01T00:00:00+00:00"})
    with pytest.raises(FindingError):
        made(ctx, change)


def test_a_record_of_a_host_with_servers_is_kept_even_if_nova_would_delete_it(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > nova > guards_servers", False)
    put(ctx, "cloud > services > s9", {"binary": "nova-compute", "host": "old1", "state": "down", "status": "enabled"})
    put(ctx, "cloud > servers > v1", {"name": "web", "status": "ACTIVE", "host": "old1", "born": 0})
    with pytest.raises(
        FindingError, match="the compute service record of old1 is kept, because servers run on this host: web"
    ):
        made(ctx, DeleteService(cloud=LOGIN, service_id="s9", service_host="old1"))
    assert "s9" in rows(ctx, "services")


def test_records_without_ids_are_found_by_host_and_not_deleted(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > nova > service_ids", False)
    put(ctx, "cloud > services > s9", {"binary": "nova-compute", "host": "old1", "state": "down", "status": "disabled"})
    first = next(iter(rows(ctx, "services")))
    held = dict(rows(ctx, "services")[first])
    enable = EnableService(cloud=LOGIN, service_id="", service_host="old1")
    receipt = made(ctx, enable)
    assert rows(ctx, "services")["s9"]["status"] == "enabled"
    again(enable).undo(ctx, receipt)
    assert rows(ctx, "services")["s9"]["status"] == "disabled"
    with pytest.raises(FindingError, match="cannot delete the record of nova-compute on old1") as error:
        made(ctx, DeleteService(cloud=LOGIN, service_id="", service_host="old1"))
    assert "nova-manage service disable --host=old1" in error.value.remedy
    assert "s9" in rows(ctx, "services") and rows(ctx, "services")[first] == held
    with pytest.raises(FindingError, match="no longer lists nova-compute on "):
        made(ctx, EnableService(cloud=LOGIN, service_id="", service_host="old2"))
