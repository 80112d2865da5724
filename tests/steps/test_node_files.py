"""The files that the page `node` writes: certificates, passwords, values that nova.conf cannot express."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.changes.files import EditConfig, WriteFile
from mhv_tui.core.secret import Revealed, Vault
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.engine.freeze import freeze
from tests.steps.node_views import Begin, with_facts
from tests.steps.walked_world import levels, make, page, put, state

AUTHORITY = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PEM = {"content": AUTHORITY, "mode": 0o644, "owner": "root", "group": "root"}


@pytest.mark.parametrize(
    ("path", "exists"), (("/etc/nova/ssl/ca.pem", True), ("/etc/ssl/certs/ca-certificates.crt", False))
)
def test_files_that_exist_or_that_packages_create_are_not_reported(path: str, exists: bool, world_of: Begin) -> None:
    ctx = world_of(answers={"node": {"ca_file": "/etc/ssl/certs/vmca.pem"}})
    put(ctx, "machines > compute1 > files > /etc/nova/nova.conf > content", f"+\n[placement]\ncafile = {path}\n")
    for file in ("/etc/ssl/certs/vmca.pem", *((path,) if exists else ())):
        put(ctx, f"machines > novavmware1 > files > {file}", PEM)
    found = page(ctx, "node").findings
    assert levels(found, "CN11") == {"ok"} and levels(found, "VC03") <= {"ok"}


CLOUD_CA = "/etc/nova/ssl/cloud-ca.pem"
SECTIONS = f"+\n[placement]\ncafile = {CLOUD_CA}\n[oslo_messaging_rabbit]\nssl_ca_file = {CLOUD_CA}\n"


def authority(name: str) -> str:
    return f"-----BEGIN CERTIFICATE-----\n{name}\n-----END CERTIFICATE-----\n"


def test_authorities_that_the_copied_settings_name_are_copied_and_removed_by_undo(world_of: Begin) -> None:
    ctx = world_of()
    put(ctx, "machines > compute1 > files > /etc/nova/nova.conf > content", SECTIONS)
    content = f"text\n{AUTHORITY}-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n"
    put(ctx, f"machines > compute1 > files > {CLOUD_CA}", {**PEM, "content": content})
    result = page(ctx, "node")
    (file,) = [c for c in result.plan if isinstance(c, WriteFile) and c.path == CLOUD_CA]
    assert (file.content, file.effect, file.mode) == (AUTHORITY, "create", 0o644)
    details = {f.detail for f in result.findings if f.code == "CN11" and CLOUD_CA in f.detail}
    assert levels(result.findings, "CN11") == {"ok"}
    assert details == {f"the plan copies the certificates in {CLOUD_CA} from compute1"}
    assert "missing" in levels([f for f in result.findings if f.subject == CLOUD_CA], "CN26")
    receipt = make(ctx, file)
    after = page(ctx, "node")
    assert not [c for c in after.plan if isinstance(c, WriteFile) and c.path == CLOUD_CA]
    assert f"the node has {CLOUD_CA}, as compute1 has" in [f.detail for f in after.findings if f.code == "CN11"]
    file.undo(ctx, receipt)
    assert ctx.backend.node(file.host).read(CLOUD_CA) is None


@pytest.mark.parametrize(
    ("own", "expected"),
    (
        (authority("old"), authority("old") + authority("new")),
        (f"# both\n{authority('new')}{authority('old')}", ""),
    ),
)
def test_a_file_of_the_node_keeps_its_authorities_and_gets_those_that_it_lacks(
    own: str, expected: str, world_of: Begin
) -> None:
    ctx = world_of()
    put(ctx, "machines > compute1 > files > /etc/nova/nova.conf > content", SECTIONS)
    for machine, content in (("compute1", authority("new")), ("novavmware1", own)):
        put(ctx, f"machines > {machine} > files > {CLOUD_CA}", {**PEM, "content": content})
    files = [c for c in page(ctx, "node").plan if isinstance(c, WriteFile) and c.path == CLOUD_CA]
    assert [(c.content, c.effect) for c in files] == ([(expected, "edit")] if expected else [])


def test_a_private_key_beside_the_certificate_is_not_copied(world_of: Begin) -> None:
    ctx = world_of(answers={"vcenter": {"trust": {"ca_file": "/etc/ssl/vmca.pem"}}})
    pem = state(ctx)["vcenters"]["vc.example.org"]["certificate"]["pem"].strip() + "\n"
    both = f"{pem}-----BEGIN PRIVATE KEY-----\nMIGH\n-----END PRIVATE KEY-----\n".encode()
    put(ctx, "vcenters > vc.example.org > certificate > ca_file", "/etc/ssl/vmca.pem")
    image = {"head": base64.b64encode(both).decode(), "size": len(both)}
    put(ctx, "local > temporary > /etc/ssl/vmca.pem", image)
    (file,) = [c for c in page(ctx, "node").plan if isinstance(c, WriteFile)]
    assert file.content == pem and "PRIVATE" not in f"{file.preview()}{freeze(file)}"


def test_a_changed_password_is_written_and_shown_only_as_changed(world_of: Begin) -> None:
    ctx = world_of(built=True)
    result = page(ctx, "node")
    assert result.view is not None
    other = with_facts(result.view, replace(result.view.facts, password=Revealed("pa$$ w#rd")))
    edit = next(c for c in result.step.work.plan(other) if isinstance(c, EditConfig))
    assert [s.option for s in edit.settings] == ["host_password"]
    assert edit.settings[0].written == ("pa$$$$ w#rd",)
    assert "+host_password = •••• (changed)" in edit.preview()


def test_a_removed_pin_is_removed_from_nova_conf_and_undo_restores_it(world_of: Begin) -> None:
    ctx = world_of(built=True, answers={"vcenter": {"trust": "insecure"}})
    result = page(ctx, "node")
    edit = next(c for c in result.plan if isinstance(c, EditConfig))
    assert edit.removals == (("vmware", "ca_file"),) and [s.option for s in edit.settings] == ["insecure"]
    assert "-ca_file = /etc/nova/mhv-vcenter-ca.pem" in edit.preview()
    details = [f.detail for f in result.findings if "no longer" in f.detail]
    assert details == ["/etc/nova/nova.conf still has [vmware] ca_file, which the answers no longer set"]
    before = ctx.backend.node(edit.host).read(edit.path)
    receipt = make(ctx, edit)
    assert "CN26" not in [f.code for f in page(ctx, "node").findings if f.level != "ok"]
    edit.undo(ctx, receipt)
    assert ctx.backend.node(edit.host).read(edit.path) == before


@pytest.mark.parametrize(
    ("password", "answers", "expected"),
    (
        (r"a\$b", {}, r"Choose a password without a backslash before a dollar sign (\$) for vcenter.password"),
        ("VMware1!", {"node": {"cache_prefix": r"c\$1"}}, "for node.cache_prefix"),
        ("VMware1!", {"datastore": {"names": [], "datastore_regex": r"nfs-gold|x\$"}}, "for datastore.datastore_regex"),
    ),
)
def test_a_value_that_nova_conf_cannot_express_is_reported_and_nothing_is_planned(
    password: str, answers: dict[str, dict[str, Any]], expected: str, world_of: Begin
) -> None:
    ctx = world_of(answers=answers)
    state(ctx)["vcenters"]["vc.example.org"]["users"]["openstack@vsphere.local"]["password"] = password
    assert isinstance(ctx.backend, DemoBackend)
    ctx.backend.store.save()
    vault = Vault()
    vault.put(ctx.answers.tables["vcenter"].password, password)
    result = page(replace(ctx, backend=DemoBackend(ctx.backend.store.path, vault=vault)), "node")
    (findings,) = [f for f in result.findings if f.code == "VC11"]
    assert (findings.level, findings.fatal) == ("failure", True) and expected in findings.remedy
    assert not result.plan and not [f for f in result.findings if password in f"{f}"]


def test_a_plan_says_what_it_creates_and_which_service_it_restarts(world_of: Begin) -> None:
    new = page(world_of(), "node").plan
    assert [c.effect for c in new] == ["create", "create", "edit", "edit", "create"]
    assert (new[-1].starts, new[-1].restarts) == ("nova-compute on novavmware1", "")
    ctx = world_of(built=True)
    put(ctx, "machines > novavmware1 > files > /etc/nova/mhv-vcenter-ca.pem > content", "another\n")
    again = page(ctx, "node").plan
    assert [c.effect for c in again] == ["edit", "edit"]
    assert (again[-1].starts, again[-1].restarts) == ("", "nova-compute on novavmware1")
    assert again[-1].summary == "enable and restart nova-compute on novavmware1"
    assert freeze(again[-1]) == freeze(new[-1]), "a resumed change does not depend on what runs now"
