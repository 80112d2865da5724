"""Answers for an export to Ansible, the files that it writes, and Ansible itself, installed from PyPI."""

from __future__ import annotations

import subprocess
import venv
from pathlib import Path
from typing import Any

import yaml

import mhv_tui
from mhv_tui import cli

ANSWERS = """mhv_answers = 1
[cloud]
auth_url = "http://10.0.0.1:5000/v3"
username = "admin"
password = { env = "MHV_CLOUD" }
project_name = "admin"
release = "zed"
[vcenter]
host = "vc.example.org"
username = "nova@vsphere.local"
password = { prompt = true }
trust = { ca_file = "CA.pem" }
[cluster]
path = "/DC0/host/rack%2f1/C0"
[datastore]
names = ["nfs-gold"]
[network]
port_group = "br{{100"
kind = "distributed"
dvs = "DVS0"
[node]
host = "novavmware1"
username = "ubuntu"
sudo_password = { file = "/etc/sudo-password" }
cache_prefix = "cloud1"
copy_settings_from = "compute1"
[register]
controller = { host = "controller1", username = "ops", port = 2222 }
nova_manage = "docker exec nova_api nova-manage"
[image]
source = "disk.raw"
name = "ubuntu-vmware"
[prove]
flavor = "m1.small"
"""

SECOND = '[[target]]\nnode.host = "novavmware2"\ncluster.path = "/DC0/host/C1"\n'

BOOT_SECTOR = bytes(510) + b"\x55\xaa"

CERTIFICATE = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
PRIVATE_KEY = "-----BEGIN PRIVATE KEY-----\nprivate-part\n-----END PRIVATE KEY-----\n"


def write_answers(directory: Path, text: str = ANSWERS) -> Path:
    """Writes the answer file, an image file and a file with the authority of vCenter and its private key."""
    (directory / "disk.raw").write_bytes(BOOT_SECTOR + bytes(1 << 20))
    (directory / "CA.pem").write_text(CERTIFICATE + PRIVATE_KEY)
    path = directory / "prod.toml"
    path.write_text(text.replace("disk.raw", str(directory / "disk.raw")).replace("CA.pem", str(directory / "CA.pem")))
    return path


def export(answers: Path, output: Path, *more: str) -> int:
    """Runs the export; returns its exit code."""
    return cli.main(["export", str(answers), "--to", "ansible", "--output", str(output), *more])


def load(path: Path) -> Any:
    """The data of a YAML file; Ansible's tag for a text that is no template is left out."""
    return yaml.safe_load(path.read_text().replace("!unsafe ", ""))


REQUIREMENTS = Path(mhv_tui.__file__).parent / "export/ansible/data/requirements.txt"


def install_ansible(directory: Path) -> Path:
    """Installs what the project requires and ansible-lint; returns the directory of the programs."""
    venv.create(directory, with_pip=True)
    python = directory / "bin" / "python"
    subprocess.run([python, "-m", "pip", "install", "-q", "-r", REQUIREMENTS, "ansible-lint"], check=True, timeout=1200)
    return directory / "bin"
