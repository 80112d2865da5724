"""The changes to a cloud, in the simulated world: made, made twice, taken back, nothing left where they fail."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.changes.cloud import DiscoverHosts, JoinZone, Property, TagImage
from mhv_tui.changes.images import UploadImage
from mhv_tui.changes.records import DeleteService, EnableService
from mhv_tui.changes.servers import BootServer
from mhv_tui.core.errors import Cancelled, Trouble
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin, ids_of
from mhv_tui.core.steps import Change, Context
from mhv_tui.engine.freeze import freeze, thaw
from tests.steps.built import context, copied, put, state, walk

LOGIN = CloudLogin("prod")
NODE = "novavmware1"
Begin = Callable[..., Context]


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The article's world after the whole road."""
    path = tmp_path_factory.mktemp("walked") / "world.json"
    ctx = context(path, "article")
    walk(ctx)
    ctx.world.close()
    return path


@pytest.fixture
def begin(walked: Path, tmp_path: Path) -> Begin:
    def made(built: bool = True) -> Context:
        path = tmp_path / "world.json"
        return context(copied(walked, path) if built else path, "article")

    return made


def made(ctx: Context, change: Change) -> Mapping[str, Any]:
    before = change.before(ctx)
    receipt: Mapping[str, Any] = json.loads(json.dumps({**before, **change.apply(ctx, before)}))
    return receipt


def again(change: Change) -> Any:
    return thaw(KINDS[type(change).__name__], json.loads(json.dumps(freeze(change))))


def rows(ctx: Context, table: str) -> dict[str, Any]:
    held: dict[str, Any] = state(ctx)["cloud"][table]
    return held


def unmapped(ctx: Context) -> Context:
    for row in rows(ctx, "hypervisors").values():
        row["mapped"] = row["service_host"] != NODE
    return ctx


DISCOVER = DiscoverHosts(SshHost("controller1"), "nova-manage", NODE, LOGIN)


@pytest.mark.parametrize("command", ("nova-manage", "docker exec nova_api nova-manage"))
def test_a_host_is_mapped_on_the_controller(command: str, begin: Begin) -> None:
    ctx = unmapped(begin())
    change = replace(DISCOVER, command=command)
    receipt = made(ctx, change)
    assert any(h.service_host == NODE for h in ctx.world.cloud(LOGIN).hypervisors())
    again(change).undo(ctx, receipt)
    assert f"{command} cell_v2 discover_hosts --verbose" in change.preview()


@pytest.mark.parametrize(("host", "command"), (("controller1", "nova-mange"), ("compute1", "nova-manage")))
def test_a_mapping_that_fails_is_told_with_the_commands_last_word(host: str, command: str, begin: Begin) -> None:
    with pytest.raises(Trouble) as told:
        made(unmapped(begin()), replace(DISCOVER, controller=SshHost(host), command=command))
    assert told.value.finding.code == "RG01" and "discover_hosts" in told.value.message


@pytest.mark.parametrize(
    ("version", "kept"), (("16.1.4", True), ("15.1.5", False), ("17.0.4", True), ("26.2.1", False))
)
def test_a_nova_that_keeps_its_mappings_is_told(version: str, kept: bool, begin: Begin) -> None:
    ctx = unmapped(begin())
    put(ctx, "cloud > nova > version", version)
    heard: list[str] = []
    receipt = made(replace(ctx, say=lambda done, total, unit, note: heard.append(note)), DISCOVER)
    assert receipt.get("kept_by") == (version if kept else None)
    assert [f"nova {version} keeps this mapping" in note for note in heard] == ([True] if kept else [])


def test_a_mapping_without_effect_is_told(begin: Begin) -> None:
    ctx = begin(built=False)
    with pytest.raises(Trouble) as told:
        made(ctx, DISCOVER)
    assert "not listed 30 s after" in told.value.message


ZONE = JoinZone(LOGIN, "other", "compute1")


def test_a_zone_is_made_joined_and_taken_away(begin: Begin) -> None:
    ctx = begin()
    there = dict(rows(ctx, "aggregates"))
    receipt = made(ctx, ZONE)
    assert "other" in ctx.world.cloud(LOGIN).zones()
    assert made(ctx, ZONE)["made"] == receipt["made"]
    again(ZONE).undo(ctx, receipt)
    assert rows(ctx, "aggregates") == there


def test_a_zone_that_was_there_stays_and_one_with_others_in_it_is_kept(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > aggregates > 9", {"name": "mine", "availability_zone": "other", "hosts": []})
    ZONE.undo(ctx, made(ctx, ZONE))
    assert rows(ctx, "aggregates")["9"]["hosts"] == []
    del rows(ctx, "aggregates")["9"]
    receipt = made(ctx, ZONE)
    rows(ctx, "aggregates")[receipt["made"]]["hosts"].append("compute2")
    with pytest.raises(Trouble) as told:
        ZONE.undo(ctx, receipt)
    assert "compute2" in told.value.message
    assert rows(ctx, "aggregates")[receipt["made"]]["hosts"] == ["compute2"]


def test_a_killed_join_is_undone_from_what_was_there(begin: Begin) -> None:
    ctx = begin()
    before = ZONE.before(ctx)
    ZONE.apply(ctx, before)
    again(ZONE).undo(ctx, before)
    assert "other" not in ctx.world.cloud(LOGIN).zones()


IMAGE = {"name": "one", "status": "active", "disk_format": "vmdk", "container_format": "bare", "size": 1}
TAG = TagImage(
    LOGIN, "one", "one", (Property("vmware_disktype", "sparse"), Property("vmware-disktype", None)), "repair"
)


def test_properties_are_set_and_set_back(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > images > one", {**IMAGE, "properties": {"vmware-disktype": "sparse", "x": "y"}})
    receipt = made(ctx, TAG)
    assert rows(ctx, "images")["one"]["properties"] == {"vmware_disktype": "sparse", "x": "y"}
    again(TAG).undo(ctx, receipt)
    assert rows(ctx, "images")["one"]["properties"] == {"vmware-disktype": "sparse", "x": "y"}
    again(TAG).undo(ctx, receipt)


def test_a_property_that_changed_since_is_left(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > images > one", {**IMAGE, "properties": {}})
    receipt = made(ctx, TAG)
    rows(ctx, "images")["one"]["properties"]["vmware_disktype"] = "thin"
    with pytest.raises(Trouble):
        TAG.undo(ctx, receipt)
    del rows(ctx, "images")["one"]
    TAG.undo(ctx, receipt)
    with pytest.raises(Trouble):
        TAG.before(ctx)


def test_a_service_is_enabled_and_disabled_again_with_its_reason(begin: Begin) -> None:
    ctx = begin()
    key = next(k for k, row in rows(ctx, "services").items() if row["host"] == NODE)
    rows(ctx, "services")[key].update(status="disabled", disabled_reason="why")
    change = EnableService(LOGIN, key, NODE)
    receipt = made(ctx, change)
    assert rows(ctx, "services")[key]["status"] == "enabled"
    again(change).undo(ctx, receipt)
    assert (rows(ctx, "services")[key]["status"], rows(ctx, "services")[key]["disabled_reason"]) == ("disabled", "why")
    rows(ctx, "services")[key].update(disabled_reason="the operator's own")
    again(change).undo(ctx, receipt)
    assert rows(ctx, "services")[key]["disabled_reason"] == "the operator's own"
    del rows(ctx, "services")[key]
    again(change).undo(ctx, receipt)


def test_an_aggregate_that_somebody_made_anew_is_left_alone(begin: Begin) -> None:
    ctx = begin()
    zone = JoinZone(LOGIN, "vmware", NODE)
    key, held = next((k, row) for k, row in rows(ctx, "aggregates").items() if NODE in row["hosts"])
    receipt = {"aggregate": None, "joined": False, "made": f"not-{key}"}
    with pytest.raises(Trouble, match="is not the one that was made"):
        again(zone).undo(ctx, receipt)
    held["hosts"] = []
    again(zone).undo(ctx, receipt)
    assert key in rows(ctx, "aggregates")


def test_a_stale_record_goes_and_one_that_came_up_stays(begin: Begin) -> None:
    ctx = begin()
    stale = {"binary": "nova-compute", "host": "old1", "state": "down", "status": "enabled"}
    put(ctx, "cloud > services > s9", {**stale, "updated_at": "2026-10-01T00:00:00+00:00"})
    change = DeleteService(LOGIN, "s9", "old1")
    change.undo(ctx, made(ctx, change))
    assert "s9" not in rows(ctx, "services")
    put(ctx, "cloud > services > s9", {**stale, "state": "up", "updated_at": "2026-10-01T00:00:00+00:00"})
    with pytest.raises(Trouble):
        made(ctx, change)


def test_a_stale_record_of_a_host_with_servers_stays_where_nova_would_not_mind(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > nova > guards_servers", False)
    put(ctx, "cloud > services > s9", {"binary": "nova-compute", "host": "old1", "state": "down", "status": "enabled"})
    put(ctx, "cloud > servers > v1", {"name": "web", "status": "ACTIVE", "host": "old1", "born": 0})
    with pytest.raises(Trouble, match="a server stands on old1, so its record is kept: web"):
        made(ctx, DeleteService(LOGIN, "s9", "old1"))
    assert "s9" in rows(ctx, "services")


def test_records_without_ids_are_known_by_their_host_and_not_deleted(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > nova > service_ids", False)
    put(ctx, "cloud > services > s9", {"binary": "nova-compute", "host": "old1", "state": "down", "status": "disabled"})
    first = next(iter(rows(ctx, "services")))
    held = dict(rows(ctx, "services")[first])
    enable = EnableService(LOGIN, "", "old1")
    receipt = made(ctx, enable)
    assert rows(ctx, "services")["s9"]["status"] == "enabled"
    again(enable).undo(ctx, receipt)
    assert rows(ctx, "services")["s9"]["status"] == "disabled"
    with pytest.raises(Trouble, match="cannot delete the record of nova-compute on old1") as told:
        made(ctx, DeleteService(LOGIN, "", "old1"))
    assert "nova-manage service disable --host=old1" in told.value.remedy
    assert "s9" in rows(ctx, "services") and rows(ctx, "services")[first] == held
    with pytest.raises(Trouble, match="no record any more"):
        made(ctx, EnableService(LOGIN, "", "old2"))


UPLOAD = UploadImage(
    LOGIN,
    "ubuntu.qcow2",
    "qcow2",
    681574400,
    "two",
    "private",
    3,
    (Property("hypervisor_type", "vmware"), Property("vmware_disktype", "streamOptimized")),
    "streamOptimized",
    "lsilogic",
)


def test_an_image_goes_up_under_its_own_id_and_is_deleted_by_it(begin: Begin) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))
    heard: list[str] = []
    loud = replace(ctx, say=lambda done, total, unit, note: heard.append(unit))
    receipt = made(loud, UPLOAD)
    (image,) = [i for i in ctx.world.cloud(LOGIN).images() if i.id == receipt["image"]]
    assert (image.name, image.min_disk, image.properties["hypervisor_type"]) == ("two", 3, "vmware")
    assert {"percent", "bytes"} <= set(heard)
    again(UPLOAD).undo(ctx, receipt)
    assert set(rows(ctx, "images")) == there
    again(UPLOAD).undo(ctx, receipt)


def test_an_upload_that_was_killed_is_made_anew_or_taken_away(begin: Begin) -> None:
    ctx = begin()
    before = UPLOAD.before(ctx)
    put(ctx, f"cloud > images > {before['image']}", {**IMAGE, "name": "two", "status": "saving", "properties": {}})
    UPLOAD.apply(ctx, before)
    assert rows(ctx, "images")[before["image"]]["status"] == "active"
    rows(ctx, "images")[before["image"]]["status"] = "saving"
    again(UPLOAD).undo(ctx, before)
    assert before["image"] not in rows(ctx, "images")


def test_an_upload_begun_anew_is_known_under_the_id_that_it_got_instead(begin: Begin) -> None:
    ctx = begin()
    there = set(rows(ctx, "images"))
    before = UPLOAD.before(ctx)
    second = ids_of(before["image"])[1]
    put(ctx, f"cloud > images > {second}", {"name": "two", "status": "active", "size": 7, "disk_format": "vmdk"})
    assert UPLOAD.apply(ctx, before) == {"image": second, "size": 7}
    again(UPLOAD).undo(ctx, before)
    assert set(rows(ctx, "images")) == there


def test_an_image_that_is_there_already_is_not_sent_twice(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, UPLOAD)
    state(ctx)["faults"] = {"cloud.upload_image": "IM07"}
    UPLOAD.apply(ctx, receipt)


def test_an_image_that_was_renamed_is_kept(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, UPLOAD)
    rows(ctx, "images")[receipt["image"]]["name"] = "precious"
    with pytest.raises(Trouble):
        UPLOAD.undo(ctx, receipt)


def test_a_source_that_became_another_file_is_refused(begin: Begin) -> None:
    with pytest.raises(Trouble):
        made(begin(), replace(UPLOAD, subformat="", size=1))


def boot(ctx: Context, **changed: Any) -> BootServer:
    cloud = ctx.world.cloud(LOGIN)
    image = next(i for i in cloud.images() if i.name == "ubuntu-vmware")
    flavor = next(f for f in cloud.flavors() if f.name == "m1.small")
    network = next(n for n in cloud.networks() if n.name in ("vmware-net", "novanetwork"))
    named = (image.id, image.name, flavor.id, flavor.name, network.id, network.name)
    return replace(BootServer(LOGIN, "vmware", "proof", *named, "vmware", NODE), **changed)


def nothing_left(ctx: Context) -> bool:
    return not rows(ctx, "servers") and not rows(ctx, "ports")


def test_a_proof_boots_looks_and_leaves_nothing(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, boot(ctx))
    assert receipt["host"] == NODE and nothing_left(ctx)
    again(boot(ctx)).undo(ctx, receipt)


def test_under_nova_network_a_proof_asks_for_no_port(tmp_path: Path) -> None:
    ctx = context(tmp_path / "world.json", "nova-network")
    walk(ctx)
    change = boot(ctx, network_id="", network="")
    receipt = made(ctx, change)
    assert receipt["host"] == NODE and nothing_left(ctx)
    again(change).undo(ctx, receipt)


def test_a_server_on_the_wrong_side_is_told(begin: Begin) -> None:
    ctx = begin()
    with pytest.raises(Trouble) as told:
        made(ctx, boot(ctx, side="first"))
    assert told.value.finding.code == "RG02" and nothing_left(ctx)


def test_the_fault_names_the_cause(begin: Begin) -> None:
    ctx = begin()
    key = next(k for k, row in rows(ctx, "images").items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > disk_format", "qcow2")
    with pytest.raises(Trouble) as told:
        made(ctx, boot(ctx))
    assert told.value.finding.code != "PR01" and nothing_left(ctx)


def test_a_proof_that_is_stopped_leaves_nothing(begin: Begin) -> None:
    ctx = begin()

    def stop() -> None:
        if rows(ctx, "servers"):
            raise Cancelled

    with pytest.raises(Cancelled):
        made(replace(ctx, stop=stop), boot(ctx))
    assert nothing_left(ctx)


def test_what_a_killed_proof_left_is_cleared_before_and_by_undo(begin: Begin) -> None:
    ctx = begin()
    change = boot(ctx)
    left = ctx.world.cloud(LOGIN).create_port(change.network_id, change.name)
    made(ctx, change)
    assert left.id not in rows(ctx, "ports")
    ctx.world.cloud(LOGIN).create_port(change.network_id, change.name)
    again(change).undo(ctx, {"name": change.name})
    assert nothing_left(ctx)


def test_every_kind_says_what_it_does(begin: Begin) -> None:
    changes: tuple[Change, ...] = (DISCOVER, ZONE, TAG, UPLOAD, boot(begin()))
    assert all(c.id and c.summary and c.preview() for c in changes)
