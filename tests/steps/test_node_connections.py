"""What the page `node` finds out about the connections of the node."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from mhv_tui.core.machine import ConnectionTest, Package
from mhv_tui.steps.node import connectivity as node_reach
from mhv_tui.steps.node import files as node_files
from mhv_tui.steps.node.endpoints import databases, queues, services, system_verified
from mhv_tui.steps.node.nova_conf import NovaConf
from tests.steps.node_views import Begin, with_facts
from tests.steps.walked_world import levels, page, put


@pytest.mark.parametrize(
    ("trusted", "store", "release", "level"),
    (
        (True, "1", "zed", {"ok"}),
        (False, "1", "zed", {"failure"}),
        (False, "", "zed", {"unknown"}),
        (None, "1", "zed", {"unknown"}),
        (False, "1", "kilo", set()),
    ),
)
def test_the_systems_certificate_authorities_are_used_if_nova_uses_them(
    trusted: bool | None, store: str, release: str, level: set[str], world_of: Begin
) -> None:
    ctx = world_of(answers={"vcenter": {"trust": "system"}, "cloud": {"release": release}})
    put(ctx, "vcenters > vc.example.org > certificate > system", True)
    view = page(ctx, "node").view
    assert view is not None
    result = view.facts.survey
    reach = replace(result.connections["vc.example.org:443"], trusted=trusted)
    survey = replace(
        result,
        connections={**result.connections, "vc.example.org:443": reach},
        packages={**result.packages, "ca-certificates": Package(store)},
    )
    other = with_facts(view, replace(view.facts, survey=survey))
    assert levels([f for check in node_files.CHECKS for f in check.findings(other)], "VC03") == level


@pytest.mark.parametrize(
    ("reaches", "code", "level"),
    (
        ({"vc.example.org:443": ConnectionTest("name")}, "VC01", "failure"),
        ({"vc.example.org:443": ConnectionTest("timeout")}, "CN18", "failure"),
        ({"vc.example.org:443": ConnectionTest("", "192.0.2.10", "AA:BB")}, "VC02", "failure"),
        ({"esx1.example.org:443": ConnectionTest("tls")}, "VC06", "warning"),
        ({"esx1.example.org:443": ConnectionTest("refused")}, "CN18", "failure"),
    ),
)
def test_connections_from_the_node(reaches: dict[str, ConnectionTest], code: str, level: str, world_of: Begin) -> None:
    view = page(world_of(), "node").view
    assert view is not None
    survey = replace(view.facts.survey, connections={**view.facts.survey.connections, **reaches})
    other = with_facts(view, replace(view.facts, survey=survey))
    found = [f for check in node_reach.CHECKS for f in check.findings(other)]
    assert level in levels(found, code)


@pytest.mark.parametrize("problem", ["name", "timeout", "refused", "tls"])
def test_a_node_that_does_not_reach_vcenter_cannot_be_accepted(problem: str, world_of: Begin) -> None:
    view = page(world_of(), "node").view
    assert view is not None
    survey = replace(view.facts.survey, connections={"vc.example.org:443": ConnectionTest(problem)})
    other = with_facts(view, replace(view.facts, survey=survey))
    found = [f for check in node_reach.CHECKS for f in check.findings(other)]
    assert [f.can_be_accepted for f in found if f.level == "failure"] == [False]


def test_what_the_node_did_not_try_is_unknown_and_not_ok(world_of: Begin) -> None:
    look = page(world_of(), "node").view
    assert look is not None
    survey = replace(look.facts.survey, connections={})
    other = with_facts(look, replace(look.facts, survey=survey))
    found = [f for check in node_reach.CHECKS for f in check.findings(other)]
    for code in ("VC01", "CN10", "CN11", "CN18"):
        assert levels(found, code) == {"unknown"}, code


@pytest.mark.parametrize(
    ("library", "other", "hangs"),
    (
        ("4.0.1-3", "1.26.12-1", False),
        ("4.9.0-0ubuntu1", "2.3.0-2", True),
        ("4.10.0-1", "2.3.0-2", False),
        ("", "2.3.0-2", False),
    ),
)
def test_transfers_hang_with_these_libraries_only(library: str, other: str, hangs: bool) -> None:
    offers = {"python3-oslo.vmware": Package(library), "python3-urllib3": Package("", other)}
    assert node_reach.transfers_hang(offers) is hangs


SYSTEM = "/etc/ssl/certs/ca-certificates.crt"
ENDPOINTS = (
    (queues, "[DEFAULT]\ntransport_url = rabbit://u:p@a:5672,u:p@b:5673/v\n", ("a:5672", "b:5673")),
    (queues, "[DEFAULT]\ntransport_url = rabbit://u:p@[2001:db8::1]/\n", ("[2001:db8::1]:5672",)),
    (queues, "[DEFAULT]\nrabbit_host = controller\n", ("controller:5672",)),
    (queues, "[DEFAULT]\nrabbit_host = 2001:db8::1\nrabbit_port = 5671\n", ("[2001:db8::1]:5671",)),
    (queues, "[DEFAULT]\nrabbit_host = controller\nrabbit_port = 5672 ; TLS\n", ()),
    (queues, "[DEFAULT]\ntransport_url = rabbit://u:p@a:5672,\n  u:p@b:5672/\n", ("a:5672", "b:5672")),
    (queues, "[oslo_messaging_rabbit]\nrabbit_hosts = a:5671, b\n", ("a:5671", "b:5672")),
    (queues, "[DEFAULT]\ntransport_url = fake:/\n", ()),
    (services, "[glance]\napi_servers = http://g1:9292,https://g2\n", ("g1:9292", "g2:443")),
    (services, "[placement]\nauth_url = http://$my_ip:5000\n", ()),
    (services, "[neutron]\nurl = http://n:port\n", ()),
    (system_verified, "[placement]\nauth_url = https://k:5000\n[neutron]\nauth_url = http://k:5001\n", ("k:5000",)),
    (system_verified, "[glance]\napi_servers = http://g1:9292,https://g2\n", ("g2:443",)),
    (system_verified, "[placement]\nauth_url = https://k:5000\ncafile = /etc/nova/ca.pem\n", ()),
    (system_verified, "[placement]\nauth_url = https://k:5000\ninsecure = True\n", ()),
    (system_verified, f"[placement]\nauth_url = https://k:5000\ncafile = {SYSTEM}\n", ("k:5000",)),
    (databases, "[database]\nconnection = mysql+pymysql://n:p@db/nova\n", ("db:3306",)),
    (databases, "[database]\nconnection = sqlite:////var/lib/nova/nova.sqlite\n", ()),
)


@pytest.mark.parametrize(("reader", "text", "found"), ENDPOINTS)
def test_endpoints_of_a_nova_conf(
    reader: Callable[[NovaConf], tuple[str, ...]], text: str, found: tuple[str, ...]
) -> None:
    assert reader(NovaConf(text)) == found
