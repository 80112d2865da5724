"""The proof, in the simulated world: a server on each side, and nothing left of it, however it ends."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.changes.servers import BootServer
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, FindingError
from mhv_tui.demo.servers import BUILD_SECONDS
from mhv_tui.domain.boot_phases import DELETING
from mhv_tui.domain.privileges import needed_to_boot
from tests.changes.helpers import LOGIN, Begin, again, made, rows
from tests.steps.walked_world import context, put, walk

NODE = "novavmware1"


def boot(ctx: Context, **changed: Any) -> BootServer:
    cloud = ctx.backend.cloud(LOGIN)
    image = next(i for i in cloud.images() if i.name == "ubuntu-vmware")
    flavor = next(f for f in cloud.flavors() if f.name == "m1.small")
    network = next(n for n in cloud.networks() if n.name in ("vmware-net", "novanetwork"))
    server = BootServer(
        cloud=LOGIN,
        side="vmware",
        name="proof",
        image_id=image.id,
        image=image.name,
        flavor_id=flavor.id,
        flavor=flavor.name,
        network_id=network.id,
        network=network.name,
        zone="vmware",
        vmware_host=NODE,
        account="openstack@vsphere.local",
    )
    return replace(server, **changed)


def nothing_left(ctx: Context) -> bool:
    return not rows(ctx, "servers") and not rows(ctx, "ports")


def test_a_smoke_test_boots_a_server_and_leaves_nothing(begin: Begin) -> None:
    ctx = begin()
    receipt = made(ctx, boot(ctx))
    assert receipt["host"] == NODE and nothing_left(ctx)
    assert receipt["seconds"] < BUILD_SECONDS  # the seconds that people see pass, not those of the simulated clock
    again(boot(ctx)).undo(ctx, receipt)


def test_the_seconds_of_a_smoke_test_include_the_deletion_as_those_of_the_run_do(begin: Begin) -> None:
    ctx = begin()

    def wait(done: int, total: int, unit: str, note: str, phase: str = "", /) -> None:
        time.sleep(0.2 if phase == DELETING else 0)

    assert made(replace(ctx, on_progress=wait), boot(ctx))["seconds"] >= 0.2


def test_a_smoke_test_reports_the_phases_of_the_boot_and_the_states_of_the_server(begin: Begin) -> None:
    ctx = begin()
    phases: list[str] = []
    limits: set[tuple[str, int]] = set()
    notes: list[str] = []
    lines: list[str] = []

    def report(done: int, total: int, unit: str, note: str, phase: str = "", /) -> None:
        phases.append(phase)
        limits.add((unit, total))
        notes.append(note)
        assert note and done <= total

    change = boot(ctx)
    made(replace(ctx, on_progress=report, on_log=lambda source, new: lines.extend(new)), change)
    assert tuple(dict.fromkeys(phases)) == change.phases
    assert notes[-1] == f"waiting until nova has deleted the server {change.name}"
    assert limits == {("seconds", 300), ("", 0), ("seconds", 90)}
    states = [line.partition(" ")[2] for line in lines]
    assert states == ["BUILD scheduling", "BUILD networking", "BUILD spawning", f"ACTIVE on {NODE}"]


def test_under_nova_network_a_proof_asks_for_no_port(tmp_path: Path) -> None:
    ctx = context(tmp_path / "world.json", "nova-network")
    walk(ctx)
    change = boot(ctx, network_id="", network="")
    receipt = made(ctx, change)
    assert receipt["host"] == NODE and nothing_left(ctx)
    assert receipt["seconds"] < BUILD_SECONDS  # the seconds that people see pass, not those of the simulated clock
    again(change).undo(ctx, receipt)


def test_the_first_server_must_not_run_on_another_vcenter(begin: Begin) -> None:
    ctx = begin()
    with pytest.raises(FindingError) as error:
        made(ctx, boot(ctx, side="first", vmware_host="novavmware2"))
    assert error.value.finding.code == "RG02" and NODE in error.value.message and nothing_left(ctx)


def test_a_server_on_the_wrong_hypervisor_is_reported(begin: Begin) -> None:
    ctx = begin()
    with pytest.raises(FindingError) as error:
        made(ctx, boot(ctx, side="first"))
    assert error.value.finding.code == "RG02" and nothing_left(ctx)


def test_the_fault_names_the_cause(begin: Begin) -> None:
    ctx = begin()
    key = next(k for k, row in rows(ctx, "images").items() if row["name"] == "ubuntu-vmware")
    put(ctx, f"cloud > images > {key} > disk_format", "qcow2")
    with pytest.raises(FindingError) as error:
        made(ctx, boot(ctx))
    assert error.value.finding.code != "PR01" and nothing_left(ctx)


@pytest.mark.parametrize("privilege", [p.id for p in needed_to_boot(is_stream=True)])
def test_a_boot_without_a_privilege_fails_as_in_nova(begin: Begin, privilege: str) -> None:
    ctx = begin()
    put(ctx, "vcenters > vc.example.org > users > openstack@vsphere.local > lacks", {"*": [privilege]})
    with pytest.raises(FindingError) as error:
        made(ctx, boot(ctx))
    finding = error.value.finding
    assert finding.code == "VC12" and f"({privilege}) on the " in finding.detail and nothing_left(ctx)
    assert finding.remedy.startswith(
        "Ask vCenter's administrator to add this privilege to the role of openstack@vsphere.local "
        f"in the vSphere Client (Administration > Roles): {privilege}. "
    )
    put(ctx, "vcenters > vc.example.org > users > openstack@vsphere.local > lacks", {})
    made(ctx, boot(ctx))


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
    cloud = ctx.backend.cloud(LOGIN)
    left = [cloud.create_port(change.network_id, name).id for name in (change.name, f"mhv-tui-test-vmware-{NODE}")]
    made(ctx, change)
    assert not rows(ctx, "ports").keys() & set(left)
    ctx.backend.cloud(LOGIN).create_port(change.network_id, change.name)
    again(change).undo(ctx, {"name": change.name})
    assert nothing_left(ctx)


def test_what_an_older_version_left_on_the_first_hypervisor_is_cleared(begin: Begin) -> None:
    ctx = begin()
    change = boot(ctx, side="first", name=f"mhv-tui-test-qemu-for-{NODE}")
    assert change.former_names == (f"mhv-tui-test-first-{NODE}", f"mhv-tui-test-qemu-{NODE}")
    assert boot(ctx, name="mhv-tui-test-vmware-a-for-b").former_names == (f"mhv-tui-test-vmware-{NODE}",)
    left = {ctx.backend.cloud(LOGIN).create_port(change.network_id, name).id for name in change.former_names}
    with pytest.raises(FindingError):  # the image boots on vCenter only
        made(ctx, change)
    assert not rows(ctx, "ports").keys() & left


def test_where_the_server_does_not_say_its_host_the_lists_by_host_do(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > hides_hosts", "with the server")
    made(ctx, boot(ctx))
    with pytest.raises(FindingError) as error:
        made(ctx, boot(ctx, side="first"))
    assert error.value.finding.code == "RG02" and NODE in error.value.message and nothing_left(ctx)


def test_a_server_whose_host_is_not_shown_proves_nothing(begin: Begin) -> None:
    ctx = begin()
    put(ctx, "cloud > hides_hosts", "in lists as well")
    for side in ("vmware", "first"):
        with pytest.raises(FindingError) as error:
            made(ctx, boot(ctx, side=side))
        assert error.value.finding.code == "PR01" and "OS-EXT-SRV-ATTR:host" in error.value.finding.remedy
    assert nothing_left(ctx)
