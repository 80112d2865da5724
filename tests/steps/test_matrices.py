"""The matrices of four pages: a cell states the fact, and its level is that of the finding about it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import QUIET, Matrix
from mhv_tui.demo.scenes import SCENES
from mhv_tui.engine.check import check_steps
from mhv_tui.steps import FLOW
from tests.steps.case_world import PAGES, Case, cases, findings, view_of, world
from tests.steps.matrix_cells import Doc, cell_of, matrix_of, texts

WITH_MATRIX = ("cloud", "cluster", "datastore", "network")
"""The pages of PAGES, which have cases, that have a matrix."""


def assert_cells_refer(matrix: Matrix, rows: list[Finding] | tuple[Finding, ...]) -> None:
    """Each cell states a fact; a code in a cell is that of a finding of this level about its subject."""
    keys = {(f.code, f.subject, "warning" if f.accepted else f.level) for f in rows}
    for row in matrix.rows:
        assert len(row.cells) == len(matrix.columns)
        for cell in row.cells:
            assert cell.word and cell.sentence
            assert not cell.code or (cell.code, cell.subject, cell.level) in keys, cell


def case_id(case: tuple[str, Case]) -> str:
    return f"{case[0]} {case[1].code} {case[1].title}"


@pytest.mark.parametrize("case", [(page, case) for page in WITH_MATRIX for case in cases(page)], ids=case_id)
def test_each_cell_of_each_case_refers_to_a_finding(case: tuple[str, Case]) -> None:
    page, doc = case[0], world(case[1].profile, case[1].set)
    step = next(step for step in PAGES if step.id == page)
    rows = findings(page, doc)
    matrix = step.work.matrix(view_of(page, doc), rows)
    if matrix:
        assert_cells_refer(matrix, rows)


@pytest.mark.parametrize("page", WITH_MATRIX)
def test_a_good_world_has_a_matrix_without_a_problem(page: str) -> None:
    assert not matrix_of(page, world()).has_problem


@pytest.mark.parametrize("scene", SCENES)
def test_the_matrices_of_every_scene(scene: str, world_of: Callable[..., Context]) -> None:
    results = check_steps(FLOW, world_of(scene), lambda event: None)
    with_matrix = [result for result in results if result.matrix]
    for result in with_matrix:
        assert result.matrix and (result.step.id in WITH_MATRIX or result.step not in PAGES)
        assert_cells_refer(result.matrix, result.findings)
    assert "WZ09" not in {f.code for result in results for f in result.findings}


def inventory_index(kind: str, name: str) -> int:
    rows: list[Doc] = world()["inventory"][kind]
    return next(number for number, row in enumerate(rows) if row["name"] == name)


def test_datastores_state_mounts_free_space_and_what_nova_does() -> None:
    matrix = matrix_of("datastore", world())
    row = texts(matrix, "nfs-gold")
    assert row.pop("nova") == "picks it" and " of " in row.pop("free of size")
    assert set(row.values()) == {"rw"}
    others = [texts(matrix, r.name)["nova"] for r in matrix.rows[1:]]
    assert matrix.rows[0].name == "nfs-gold" and set(others) <= {"not selected"}


@pytest.mark.parametrize(
    ("mount", "text", "code"),
    [
        (None, "✗ absent", "DS04"),
        ({"read_only": True}, "✗ ro", "DS14"),
        ({"accessible": False}, "! no access", "DS05"),
    ],
)
def test_a_bad_mount_is_marked_at_its_host(mount: Doc | None, text: str, code: str) -> None:
    number, doc = inventory_index("datastores", "nfs-gold"), world()
    mounts: list[Doc] = doc["inventory"]["datastores"][number]["mounts"]
    last = mounts.pop()
    if mount:
        mounts.append({**last, **mount})
    matrix = matrix_of("datastore", doc)
    bad = [cell for cell in matrix.rows[0].cells if cell.level not in QUIET]
    assert [(cell.text, cell.code) for cell in bad] == [(text, code)]


@pytest.mark.parametrize(
    ("changed", "text"),
    [
        ({"maintenance": "inMaintenance"}, "✗ maintenance"),
        ({"accessible": False}, "✗ no access"),
        ({"type": "OTHER"}, "✗ wrong type"),
        ({"shared": False}, "✗ local only"),
    ],
)
def test_the_column_nova_says_why_it_cannot_use_a_datastore(changed: Doc, text: str) -> None:
    number = inventory_index("datastores", "nfs-gold")
    doc = world("", {f"inventory.datastores.{number}.{key}": value for key, value in changed.items()})
    assert texts(matrix_of("datastore", doc), "nfs-gold")["nova"] == text


def test_of_several_datastores_the_one_with_the_most_space_is_picked_and_first() -> None:
    doc = world()
    rows: list[Doc] = doc["inventory"]["datastores"]
    number = inventory_index("datastores", "nfs-gold")
    larger = {**rows[number], "id": "datastore-99", "name": "nfs-large", "free": rows[number]["free"] + (1 << 40)}
    rows.append({**larger, "capacity": 1 << 44})
    doc["inventory"]["clusters"][0]["datastore_ids"].append("datastore-99")
    doc["answers"]["datastore"]["names"] = ["nfs-gold", "nfs-large"]
    matrix = matrix_of("datastore", doc)
    assert [row.name for row in matrix.rows][:2] == ["nfs-large", "nfs-gold"]
    assert texts(matrix, "nfs-large")["nova"] == "! picks it" and texts(matrix, "nfs-gold")["nova"] == "may use it"


def test_mounts_that_vcenter_does_not_report_are_not_known() -> None:
    number = inventory_index("datastores", "nfs-gold")
    doc = world("", {f"inventory.datastores.{number}.mounts": []})
    row = texts(matrix_of("datastore", doc), "nfs-gold")
    assert {text for name, text in row.items() if name not in ("nova", "free of size")} == {"? not known"}


KINDS = {
    "KVM": "qemu",
    "QEMU": "qemu",
    "LXC": "lxc",
    "UML": "uml",
    "VMware vCenter Server": "vmware",
    "XenServer": "xen",
    "hyperv": "hyperv",
    "ironic": "baremetal",
}


def test_hypervisors_of_all_kinds_have_type_state_zone_and_tag() -> None:
    hypervisors = [
        {"id": str(n), "hostname": f"node{n}.example.org", "type": kind, "service_host": f"node{n}"}
        for n, kind in enumerate(KINDS)
    ]
    services = [{"id": "s", "binary": "nova-compute", "host": "node0", "state": "up", "status": "enabled", "zone": "z"}]
    matrix = matrix_of("cloud", world("", {"cloud.hypervisors": hypervisors, "cloud.services": services}))
    assert {row.name: row.cells[3].text for row in matrix.rows} == {
        f"node{number}": tag for number, tag in enumerate(KINDS.values())
    }
    assert [row.cells[0].text for row in matrix.rows] == [kind.removesuffix(" Server") for kind in KINDS]
    assert "type VMware vCenter Server: VMware vSphere" in cell_of(matrix, "node4", "type").sentence
    assert texts(matrix, "node0") == {
        "type": "KVM",
        "state": "up",
        "zone": "z",
        "image tag": "qemu",
        "nova-compute on": "node0",
    }
    assert texts(matrix, "node1")["zone"] == "–"


@pytest.mark.parametrize("hostname", ["domain-c7.0a1b-uuid", "domain-c7(DC0_C0)"])
def test_a_cluster_has_the_name_of_its_compute_node_before_its_moid(hostname: str) -> None:
    served = {"id": "1", "hostname": hostname, "type": "VMware vCenter Server", "service_host": "novavmware1"}
    matrix = matrix_of("cloud", world("", {"cloud.hypervisors": [served, {**served, "service_host": ""}]}))
    assert [row.name for row in matrix.rows] == ["novavmware1 (domain-c7)", hostname]


@pytest.mark.parametrize(
    ("changed", "column", "text"),
    [
        ({"state": "down"}, "state", "! down"),
        ({"status": "disabled"}, "state", "! disabled"),
        ({"type": "Plan9"}, "type", "? Plan9"),
        ({"type": "Plan9"}, "image tag", "? not known"),
        ({"service_host": ""}, "nova-compute on", "–"),
    ],
)
def test_a_hypervisor_that_serves_nothing_is_marked(changed: Doc, column: str, text: str) -> None:
    doc = world("", {f"cloud.hypervisors.0.{key}": value for key, value in changed.items()})
    assert texts(matrix_of("cloud", doc), "compute1")[column] == text


def test_a_disabled_hypervisor_has_its_reason() -> None:
    doc = world("", {"cloud.hypervisors.0.status": "disabled", "cloud.services.0.disabled_reason": "disk is full"})
    assert "(disk is full)" in cell_of(matrix_of("cloud", doc), "compute1", "state").sentence


def test_an_empty_cloud_has_no_matrix() -> None:
    doc = world("", {"cloud.hypervisors": []})
    step = next(step for step in PAGES if step.id == "cloud")
    assert step.work.matrix(view_of("cloud", doc), []) is None


@pytest.mark.parametrize(
    ("changed", "text"),
    [({"maintenance": True}, "! maintenance"), ({"state": "notResponding"}, "! notResponding")],
)
def test_a_host_that_is_away_is_marked(changed: Doc, text: str) -> None:
    doc = world("", {f"inventory.hosts.0.{key}": value for key, value in changed.items()})
    name = doc["inventory"]["hosts"][0]["name"].partition(".")[0]
    assert texts(matrix_of("cluster", doc), name)["state"] == text


def test_virtual_machines_of_others_are_counted_at_their_host() -> None:
    host = world()["inventory"]["hosts"][0]
    vm = {"id": "vm-1", "name": "mail", "power": "poweredOn", "host_id": host["id"]}
    agent = {"id": "vm-2", "name": "vCLS-1", "power": "poweredOn", "host_id": host["id"]}
    cell = cell_of(
        matrix_of("cluster", world("", {"cluster.vms": [vm, agent]})), host["name"].partition(".")[0], "other VMs"
    )
    assert (cell.text, cell.code) == ("! 1", "CL09") and cell.sentence.startswith("mail on ")


def test_no_cluster_has_no_matrix() -> None:
    doc = world("", {"answers.cluster.path": "/DC0/host/none"})
    step = next(step for step in PAGES if step.id == "cluster")
    view = view_of("cluster", doc)
    assert view.facts.cluster is None and step.work.matrix(view, []) is None


def test_no_port_group_has_no_matrix() -> None:
    doc = world()
    del doc["answers"]["network"]["port_group"]
    step = next(step for step in PAGES if step.id == "network")
    assert step.work.matrix(view_of("network", doc), []) is None
