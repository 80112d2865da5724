"""The packages that the page `node` plans, and the code that nova has in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.changes.files import EditConfig
from mhv_tui.core.findings import Finding
from mhv_tui.core.machine import Package
from mhv_tui.domain import packages
from mhv_tui.domain.releases import all_releases, by_name
from mhv_tui.steps.node.answers import NodeAnswers, driver_options, vmware_keys
from mhv_tui.steps.node.facts import NodeView
from mhv_tui.steps.node.step import STEP
from tests.steps.node_views import Begin, page_view, with_facts
from tests.steps.walked_world import page, put, state


def offered(*names: str, installed: tuple[str, ...] = ()) -> dict[str, Package]:
    return {n: Package("1" if n in installed else "", "1") for n in names}


PLAIN = ("nova-compute", "nova-compute-ironic", "nova-compute-qemu", "nova-compute-kvm", "python3-oslo.vmware")
OFFERS = (
    ("zed", offered(*PLAIN, "nova-compute-vmware"), ("nova-compute", "nova-compute-vmware", "python3-oslo.vmware")),
    ("zed", offered(*PLAIN), ("nova-compute", "nova-compute-ironic", "python3-oslo.vmware")),
    (
        "zed",
        offered(*PLAIN, installed=("nova-compute-kvm",)),
        ("nova-compute", "nova-compute-kvm", "python3-oslo.vmware"),
    ),
    (
        "havana",
        offered("nova-compute", "nova-compute-vmware", "python-suds"),
        ("nova-compute", "nova-compute-vmware", "python-suds"),
    ),
    (
        "train",
        offered("openstack-nova-compute", "python3-oslo-vmware"),
        ("openstack-nova-compute", "python3-oslo-vmware"),
    ),
    (
        "stein",
        offered("openstack-nova-compute", "python2-nova", "python2-oslo-vmware"),
        ("openstack-nova-compute", "python2-oslo-vmware"),
    ),
    (
        "mitaka",
        offered("openstack-nova-compute", "python-nova", "python-oslo-vmware"),
        ("openstack-nova-compute", "python-oslo-vmware"),
    ),
    *(
        (release, offered(*PLAIN, "nova-compute-vmware", "python-nova", "python3-nova", "python-oslo.vmware"), names)
        for release, names in (
            ("kilo", ("nova-compute", "nova-compute-vmware", "python-oslo.vmware")),
            ("queens", ("nova-compute", "nova-compute-vmware", "python-oslo.vmware")),
            ("rocky", ("nova-compute", "nova-compute-vmware", "python3-oslo.vmware")),
        )
    ),
    (
        "queens",
        offered(*PLAIN, "nova-compute-vmware", "python-oslo.vmware", "python3-nova", installed=("python3-nova",)),
        ("nova-compute", "nova-compute-vmware", "python3-oslo.vmware"),
    ),
    (
        "rocky",
        offered(*PLAIN, "python-nova", "python3-nova", "python-oslo.vmware", installed=("python-nova",)),
        ("nova-compute", "nova-compute-ironic", "python-oslo.vmware"),
    ),
)


@pytest.mark.parametrize(("release", "offers", "names"), OFFERS)
def test_the_package_offers_select_the_packaging(
    release: str, offers: dict[str, Package], names: tuple[str, ...]
) -> None:
    packaging = packages.packaging_of(offers)
    assert packaging is not None
    assert packages.wanted(packaging, by_name(release), offers) == names


MODES = {"mode": 0o644, "owner": "nova", "group": "nova"}


def rdo_view(world_of: Begin, **files: str) -> NodeView:
    """The finished node with RDO's packages instead of Ubuntu's, and with these files in /etc/nova/nova.conf.d."""
    ctx = world_of(built=True)
    for name, text in files.items():
        put(ctx, f"machines > novavmware1 > files > /etc/nova/nova.conf.d/{name}.conf", {**MODES, "content": text})
    view = page_view(ctx)
    names = ("openstack-nova-compute", "python3-nova", "python3-oslo-vmware")
    offers = {name: Package("1:26.2.1-1.el9") for name in names}
    return with_facts(view, replace(view.facts, offers=offers))


def findings_of(view: NodeView) -> list[Finding]:
    return [f for check in (*STEP.work.preconditions, *STEP.work.postconditions) for f in check.findings(view)]


def test_a_directory_that_is_read_after_nova_conf_must_not_override_it(world_of: Begin) -> None:
    snippet = "[DEFAULT]\ncompute_driver = libvirt.LibvirtDriver\n[vmware]\nhost_password = x\n"
    view = rdo_view(world_of, a="[DEFAULT]\nhost = other\n", b=snippet)
    path = "/etc/nova/nova.conf.d/b.conf"
    assert view.facts.service_host == "other"
    failures = {(f.code, f.detail) for f in findings_of(view) if f.level == "failure"}
    assert ("CN06", f"{path} sets compute_driver to libvirt.LibvirtDriver") in failures
    assert ("CN26", f"{path} overrides [DEFAULT] compute_driver and [vmware] host_password") in failures
    (edit,) = [change for change in STEP.work.plan(view) if isinstance(change, EditConfig) and change.path == path]
    assert [row.option for row in edit.settings] == ["compute_driver"] and edit.removals == (
        ("vmware", "host_password"),
    )


def test_a_later_file_of_a_directory_wins(world_of: Begin) -> None:
    view = rdo_view(world_of, a="[DEFAULT]\nhost = one\n", b="[DEFAULT]\nhost = two\n")
    assert view.facts.service_host == "two"
    assert [path.rpartition("/")[2] for path in view.facts.later_confs] == ["nova-compute.conf", "a.conf", "b.conf"]


def test_a_library_of_another_python_is_not_enough(world_of: Begin) -> None:
    ctx = world_of(built=True)
    view = page_view(ctx)
    queens = {"nova-compute": "2:17.0.13", "nova-compute-vmware": "2:17.0.13", "python-nova": "2:17.0.13"}
    offers = {name: Package(version) for name, version in queens.items()}
    offers |= {"python3-oslo.vmware": Package("4.0"), "python-oslo.vmware": Package("", "2.26")}
    rows = [f for f in findings_of(with_facts(view, replace(view.facts, offers=offers))) if f.code == "CN07"]
    assert [f.level for f in rows] == ["failure"] and "Install python-oslo.vmware on the node." in rows[0].remedy


def test_no_packaging_without_an_offer() -> None:
    assert packages.packaging_of({"bash": Package("5")}) is None


@pytest.mark.parametrize("release", all_releases(), ids=lambda r: r.name)
def test_every_release_has_its_library_and_only_old_ones_nova_network(release: Any) -> None:
    assert packages.library(release, {}).module == ("suds" if release < by_name("juno") else "oslo_vmware")
    offers = offered("nova-network", "nova-api-metadata")
    assert (packages.nova_network_packages(release, offers) is not None) == (release <= by_name("train"))


def test_multi_host_needs_nova_network_on_the_node(world_of: Begin) -> None:
    ctx = world_of("nova-network", answers={"network": {"multi_host": True}})
    row = state(ctx)["machines"]["novavmware1"]["repository"]
    for name in ("nova-network", "nova-api-metadata"):
        state(ctx)["repositories"][row][name] = {"version": "1:2014.1.5-0ubuntu1.7", "units": [name]}
    ids = [change.id for change in page(ctx, "node").plan]
    assert ids[-3:] == [f"service:novavmware1:{u}" for u in ("nova-network", "nova-api-metadata", "nova-compute")]


def test_options_with_their_default_value_are_not_written() -> None:
    assert driver_options(NodeAnswers()) == {}
    answers = NodeAnswers(use_linked_clone=False, api_retry_count=3, cache_prefix="c")
    assert driver_options(answers) == {"cache_prefix": "c", "use_linked_clone": "False", "api_retry_count": "3"}
    assert set(vmware_keys()) <= set(NodeAnswers.__dataclass_fields__)


def test_package_sources_that_were_not_read_are_the_reason(world_of: Begin) -> None:
    view = rdo_view(world_of)
    survey = replace(view.facts.survey, sources_error="Failed to download metadata for repo 'rdo'")
    view = with_facts(view, replace(view.facts, offers={}, survey=survey))
    (row,) = [f for f in findings_of(view) if f.code == "CN05"]
    assert row.level == "failure"
    assert row.detail.endswith("; they were not read: Failed to download metadata for repo 'rdo'")


@pytest.mark.parametrize("code", ["CN25", "CN07", "CN06"])
def test_what_is_missing_on_the_node_names_the_node(code: str, world_of: Begin) -> None:
    rows = [f.detail for f in page(world_of(), "node").findings if (f.code, f.level) == (code, "missing")]
    assert rows and all("novavmware1" in detail for detail in rows)
