"""`mhv-tui export --to kolla`: which answers it needs, where it writes, and what it takes from a session."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from mhv_tui import cli
from tests.export.test_kolla import PEM

Capture = pytest.CaptureFixture[str]
ANSWERS = """
mhv_answers = 1

[cloud]
release = "{release}"

[vcenter]
host = "vc.example.org"
username = "openstack@vsphere.local"
password = {{ env = "VC" }}
trust = {{ ca_file = "{ca}" }}

[cluster]
path = "/DC0/host/DC0_C0"

[node]
host = "novavmware1"
"""


def export(source: str, output: Path, *more: str) -> int:
    return cli.main(["export", source, "--to", "kolla", "--output", str(output), *more])


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    (tmp_path / "ca.pem").write_text(f"-----BEGIN PRIVATE KEY-----\nMII\n-----END PRIVATE KEY-----\n{PEM}")
    path = tmp_path / "prod.toml"
    path.write_text(ANSWERS.format(release="epoxy", ca=tmp_path / "ca.pem"))
    return path


def test_the_files_are_written_once(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    assert export(str(answers), tmp_path / "kolla") == 0
    assert "written: 6 files" in capsys.readouterr().err
    names = sorted(str(p.relative_to(tmp_path / "kolla")) for p in (tmp_path / "kolla").rglob("*") if p.is_file())
    override = "config/nova/novavmware1/nova-compute.conf"
    assert names == [
        "README.md",
        override,
        "config/vmware_ca",
        "globals.yml",
        "host_vars/novavmware1.yml",
        "passwords.yml",
    ]
    assert (tmp_path / "kolla/config/vmware_ca").read_text() == PEM
    assert export(str(answers), tmp_path / "kolla") == 2
    assert "is not empty" in capsys.readouterr().err
    assert export(str(answers), tmp_path / "kolla", "--force") == 0


def test_each_target_is_a_node(answers: Path, tmp_path: Path) -> None:
    answers.write_text(answers.read_text() + '\n[[target]]\nnode.host = "novavmware2"\ncluster.path = "/DC0/host/C1"\n')
    assert export(str(answers), tmp_path / "kolla") == 0
    own = [yaml.safe_load((tmp_path / f"kolla/host_vars/novavmware{n}.yml").read_text()) for n in (1, 2)]
    assert [row["vmware_vcenter_cluster_name"] for row in own] == ["DC0_C0", "C1"]
    common = yaml.safe_load((tmp_path / "kolla/globals.yml").read_text())
    assert common["vmware_vcenter_host_ip"] == "vc.example.org" and "vmware_vcenter_cluster_name" not in common


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('release = "epoxy"', 'release = "ocata"', "does not know vCenter"),
        ('host = "novavmware1"', "", "node.host is not set"),
        ("[cloud]", '[cloud]\nnetworking = "nova-network"', "Kolla-Ansible deploys no nova-network"),
    ],
)
def test_answers_without_a_deployment_are_refused(
    old: str, new: str, message: str, answers: Path, tmp_path: Path, capsys: Capture
) -> None:
    answers.write_text(answers.read_text().replace(old, new))
    assert export(str(answers), tmp_path / "kolla") == 2
    assert message in capsys.readouterr().err and not (tmp_path / "kolla").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [(["--format", "md", "--output", "x"], "--format has no effect"), ([], "name a new directory with --output")],
)
def test_wrong_options_are_refused(options: list[str], message: str, answers: Path, capsys: Capture) -> None:
    assert cli.main(["export", str(answers), "--to", "kolla", *options]) == 2
    assert message in capsys.readouterr().err


def test_the_release_and_the_pinned_certificate_are_read(tmp_path: Path) -> None:
    assert cli.main(["apply", "--demo", "--yes", "--json"]) == 0
    assert export("demo", tmp_path / "kolla") == 0
    assert "Zed" in (tmp_path / "kolla/README.md").read_text()
    assert "BEGIN CERTIFICATE" in (tmp_path / "kolla/config/vmware_ca").read_text()
    assert (tmp_path / "kolla/config/nova/novavmware1/nova.conf").is_file()


@pytest.mark.parametrize("trust", ['{ ca_file = "/gone.pem" }', f'{{ sha256 = "{":".join(["AA"] * 32)}" }}'])
def test_a_certificate_that_cannot_be_read_now_is_named(trust: str, answers: Path, tmp_path: Path) -> None:
    text = re.sub("trust = .*", f"trust = {trust}", answers.read_text())
    answers.write_text(text.replace('host = "vc.example.org"', 'host = "127.0.0.1"\nport = 1'))
    assert export(str(answers), tmp_path / "kolla") == 0
    assert "Still missing" in (tmp_path / "kolla/README.md").read_text()
    assert not (tmp_path / "kolla/config/vmware_ca").exists()
