"""The exported Ansible project: its files, its variables, its secrets, and what the export refuses."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.steps import FLOW
from tests.export.ansible_answers import ANSWERS, CERTIFICATE, SECOND, export, install_ansible, load, write_answers

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """The project of an answer file with two targets."""
    assert export(write_answers(tmp_path, ANSWERS + SECOND), tmp_path / "project") == 0
    return tmp_path / "project"


def yaml_files(project: Path) -> list[Path]:
    return sorted(project.rglob("*.yml"))


def variables(project: Path, target: str) -> dict[str, Any]:
    return {**load(project / "group_vars/all/main.yml"), **load(project / f"host_vars/{target}.yml")}


def test_every_file_is_yaml_and_every_step_has_a_role_with_its_tag(project: Path) -> None:
    assert all(load(path) for path in yaml_files(project))
    steps = [step.id for step in FLOW if step.id != "finish"]
    play = load(project / "site.yml")[0]
    assert [role["role"] for role in play["roles"]] == steps
    assert all(step in role["tags"] for step, role in zip(steps, play["roles"], strict=True))
    assert all((project / "roles" / step / "tasks/main.yml").is_file() for step in steps)


def test_every_variable_of_a_role_is_defined(project: Path) -> None:
    optional = {"vcenter_sha256", "vcenter_ca_file"}
    given = {*variables(project, "novavmware1"), *optional}
    filters = set(re.findall(r'"(\w+)":', "".join(path.read_text() for path in project.glob("filter_plugins/*.py"))))
    steps = "|".join(step.id for step in FLOW)
    for role in sorted((project / "roles").iterdir()):
        text = "\n".join(path.read_text() for path in role.rglob("*.yml"))
        own = re.findall(r"^ *(?:- )?(?:register: (\w+)$|(\w+):)", text, re.MULTILINE)
        used = set(re.findall(rf"(?<![\w.])(?:{steps})_\w+", text))
        assert used - given - filters - {name for names in own for name in names} == set(), role.name


def test_what_targets_share_is_in_group_vars_and_each_target_has_its_own_file(project: Path) -> None:
    first, second = (load(project / f"host_vars/novavmware{number}.yml") for number in (1, 2))
    assert [(rows["cluster_datacenter"], rows["cluster_name"]) for rows in (first, second)] == [
        ("DC0", "C0"),
        ("DC0", "C1"),
    ]
    assert set(first) == set(second) and not set(first) & set(load(project / "group_vars/all/main.yml"))
    hosts = load(project / "inventory.yml")["all"]["children"]
    assert {group: list(rows["hosts"]) for group, rows in hosts.items()} == {
        "compute_nodes": ["novavmware1", "novavmware2"],
        "settings_sources": ["compute1"],
        "controllers": ["controller1"],
    }
    assert hosts["controllers"]["hosts"]["controller1"]["ansible_port"] == 2222


def test_the_options_of_nova_are_those_of_apply(project: Path) -> None:
    rows = {(r["section"], r["option"]): r["values"] for r in variables(project, "novavmware1")["node_options"]}
    assert rows == {
        ("DEFAULT", "compute_driver"): ["vmwareapi.VMwareVCDriver"],
        ("DEFAULT", "reserved_host_memory_mb"): ["0"],
        ("vmware", "host_ip"): ["vc.example.org"],
        ("vmware", "host_username"): ["nova@vsphere.local"],
        ("vmware", "host_password"): ['{{ vcenter_password | replace("$", "$$") }}'],
        ("vmware", "cluster_name"): ["C0"],
        ("vmware", "datastore_regex"): [r"^nfs\-gold$$"],
        ("vmware", "ca_file"): ["/etc/nova/mhv-vcenter-ca.pem"],
        ("vmware", "cache_prefix"): ["cloud1"],
    }


def test_the_image_has_the_properties_of_its_converted_file(project: Path) -> None:
    rows = variables(project, "novavmware2")
    assert (rows["image_source_format"], rows["image_min_disk"]) == ("raw", 1)
    subformats = [rows[name]["subformat"] for name in ("image_conversion", "image_fallback")]
    assert subformats == ["streamOptimized", "monolithicSparse"]
    types = [rows[name]["properties"]["vmware_disktype"] for name in ("image_conversion", "image_fallback")]
    assert types == ["streamOptimized", "sparse"]
    assert rows["image_uploaders"] == ["novavmware1"]


def test_a_secret_is_only_referred_to(project: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MHV_CLOUD", "cloud-value")
    assert export(tmp_path / "prod.toml", project, "--force") == 0
    text = "\n".join(path.read_text() for path in project.rglob("*") if path.is_file())
    assert "cloud-value" not in text and "private-part" not in text
    rows = variables(project, "novavmware1")
    assert rows["cloud_auth"]["password"] == '{{ lookup("ansible.builtin.env", "MHV_CLOUD", default=undef()) }}'
    assert rows["vcenter_password"] == "{{ vault_vcenter_password }}"
    host = load(project / "inventory.yml")["all"]["children"]["compute_nodes"]["hosts"]["novavmware1"]
    assert '"/etc/sudo-password"' in host["ansible_become_password"]
    assert not list(project.rglob("*vault*"))
    readme = (project / "README.md").read_text()
    assert all(name in readme for name in ("MHV_CLOUD", "vault_vcenter_password", "/etc/sudo-password"))
    assert (project / "files/vc.example.org.pem").read_text() == CERTIFICATE


def test_an_answer_that_looks_like_a_template_is_marked(project: Path) -> None:
    assert 'network_port_group: !unsafe "br{{100"' in (project / "host_vars/novavmware1.yml").read_text()


def test_an_address_becomes_a_file_name_and_a_passphrase_is_left_to_the_agent(tmp_path: Path) -> None:
    node = 'host = "fd00::1"\nkey_file = "~/.ssh/id"\nkey_passphrase = { env = "MHV_KEY" }'
    answers = write_answers(tmp_path, ANSWERS.replace('host = "novavmware1"', node))
    named = answers.rename(tmp_path / "prod\nimage_name: other\n.toml")
    assert export(named, tmp_path / "project") == 0
    hosts = load(tmp_path / "project/inventory.yml")["all"]["children"]["compute_nodes"]["hosts"]
    assert list(hosts) == ["fd00--1"] and hosts["fd00--1"]["ansible_host"] == "fd00::1"
    assert "passphrase" not in str(hosts) and "ssh-add" in (tmp_path / "project/README.md").read_text()
    assert variables(tmp_path / "project", "fd00--1")["image_name"] == "ubuntu-vmware"


def test_a_directory_with_files_is_replaced_only_with_force(project: Path, tmp_path: Path, capsys: Capture) -> None:
    (project / "group_vars/all/vault.yml").write_text("encrypted")
    assert export(tmp_path / "prod.toml", project) == 2
    assert "is not empty" in capsys.readouterr().err
    assert export(tmp_path / "prod.toml", project, "--force") == 0
    assert (project / "group_vars/all/vault.yml").read_text() == "encrypted"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('release = "zed"', 'release = "train"', "too old for Ansible"),
        ('path = "/DC0/host/rack%2f1/C0"', 'path = "C0"', "write the whole path"),
        ('source = "disk.raw"', 'source = "CA.pem"', "no disk image"),
        ('{ ca_file = "CA.pem" }', '{ ca_file = "disk.raw" }', "has no certificate"),
        ('flavor = "m1.small"', 'network = "net"', "prove.flavor has no value"),
        ("[prove]", '[[target]]\nnode.host = "b"\ncloud.region_name = "two"\n[prove]', "in several clouds"),
    ],
)
def test_what_the_project_cannot_do_is_refused(
    old: str, new: str, message: str, tmp_path: Path, capsys: Capture
) -> None:
    assert export(write_answers(tmp_path, ANSWERS.replace(old, new)), tmp_path / "project") == 2
    assert message in capsys.readouterr().err and not (tmp_path / "project").exists()


@pytest.mark.matrix
@pytest.mark.timeout(1800)
def test_ansible_lint_has_no_finding_and_the_pinned_collections_are_those_of_ansible(
    project: Path, tmp_path: Path
) -> None:
    programs = install_ansible(tmp_path / "ansible")
    argv = [str(programs / "ansible-lint"), "--offline", "--strict", "--profile", "production"]
    environment = {**os.environ, "PATH": f"{programs}:{os.environ['PATH']}"}
    result = subprocess.run(argv, cwd=project, env=environment, capture_output=True, text=True, timeout=600)
    assert result.returncode == 0, result.stdout
    manifests = programs.parent.rglob("ansible_collections/*/*/MANIFEST.json")
    collections = [json.loads(path.read_text())["collection_info"] for path in manifests]
    versions = {f"{row['namespace']}.{row['name']}": row["version"] for row in collections}
    pinned = {row["name"]: row["version"] for row in load(project / "requirements.yml")["collections"]}
    assert pinned and pinned.items() <= versions.items()
