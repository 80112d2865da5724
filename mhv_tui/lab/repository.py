"""The lab's own apt repository: stand-ins for packages that Ubuntu has and Debian lacks, with Ubuntu's names.

With them, apt installs nova on a Debian node as on Ubuntu. The packages have Ubuntu's dependencies, files and units,
but none of nova's code; description, README and service log call them stand-ins. Only nodes that are created with this
repository use it."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from mhv_tui.lab import apt_proxy
from mhv_tui.lab.host import run
from mhv_tui.lab.images import digest
from mhv_tui.lab.lab import Lab

STAND_INS = "stand-ins"
"""The name of the repository, to be passed as `machines.create(..., repositories=[STAND_INS])`."""

VERSION = "1:0+lab1"
NOTE = "STAND-IN of the mhv-tui lab, not the real package"


@dataclass(frozen=True)
class StandIn:
    """One stand-in package. `relations`: control fields; `conffiles`: path -> text; `service`: unit or empty."""

    name: str
    replaces: str
    relations: dict[str, str]
    conffiles: dict[str, str] = field(default_factory=dict)
    service: str = ""


PACKAGES = (
    StandIn(
        "nova-compute-vmware",
        "the VMware flavour of nova-compute: it only depends on nova's own driver and configures it",
        # as Debian's flavours relate to each other (nova-compute-qemu 2:26.2.2), with Ubuntu's oslo.vmware
        {
            "Depends": "nova-common, nova-compute, python3-oslo.vmware",
            "Provides": "nova-compute-hypervisor",
            "Conflicts": "nova-compute-ironic, nova-compute-kvm, nova-compute-lxc, nova-compute-qemu, nova-compute-xen",
        },
        conffiles={"/etc/nova/nova-compute.conf": f"# {NOTE}\n[DEFAULT]\ncompute_driver = vmwareapi.VMwareVCDriver\n"},
    ),
    StandIn(
        "nova-network",
        "nova's network service, removed in nova 20: it accepts its configuration option and does nothing",
        {"Depends": "nova-common"},
        service="nova-network",
    ),
    StandIn(
        "nova-api-metadata",
        "nova's metadata service on each node: it does nothing and listens on no port",
        {"Depends": "nova-common", "Conflicts": "nova-api"},
        service="nova-api-metadata",
    ),
)

UNIT = """[Unit]
Description={name}: {note}
After=network.target

[Service]
User=nova
ExecStart=/usr/bin/{name} --config-file=/etc/nova/nova.conf
Restart=on-failure

[Install]
WantedBy=multi-user.target
"""

PROGRAM = """#!/bin/sh
# {note}
echo "{name}: {note}; it does nothing until it is stopped"
exec sleep infinity
"""

SCRIPTS = {
    "postinst": """#!/bin/sh
set -e
if [ "$1" = configure ] && [ -d /run/systemd/system ]; then
    systemctl daemon-reload
    systemctl enable --now {name}.service
fi
""",
    "prerm": """#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then
    systemctl disable --now {name}.service
fi
""",
    "postrm": """#!/bin/sh
set -e
[ ! -d /run/systemd/system ] || systemctl daemon-reload
""",
}


def publish(lab: Lab) -> str:
    """Builds the repository in the apt proxy's directory, unless it is up to date; returns its name."""
    target = apt_proxy.repositories_dir(lab.state) / STAND_INS
    stamp = target / f".{digest(PACKAGES, UNIT, PROGRAM, SCRIPTS, VERSION)}"
    if stamp.exists():
        return STAND_INS
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir()
    (target / "Packages").write_text("\n".join(_build(package, target) for package in PACKAGES))
    (target / "Release").write_text(_release(target / "Packages"))
    stamp.touch()
    return STAND_INS


def _build(package: StandIn, target: Path) -> str:
    """Builds one .deb file; returns the package's stanza for the index file Packages."""
    control = _control(package)
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        root.chmod(0o755)
        for path, (text, mode) in _files(package, control).items():
            file = root / path.lstrip("/")
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
            file.chmod(mode)
        result = target / f"{package.name}_all.deb"
        run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(root), str(result)])
    return f"{control}Filename: ./{result.name}\n{_size_and_hash(result)}\n"


def _control(package: StandIn) -> str:
    relations = "".join(f"{name}: {value}\n" for name, value in package.relations.items())
    return (
        f"Package: {package.name}\nVersion: {VERSION}\nArchitecture: all\nSection: net\nPriority: optional\n"
        f"Maintainer: mhv-tui lab <lab@lab.test>\n{relations}"
        f"Description: {NOTE}\n It replaces {package.replaces}.\n"
    )


def _files(package: StandIn, control: str) -> dict[str, tuple[str, int]]:
    name = package.name
    readme = f"{NOTE}.\n\nIt replaces {package.replaces}.\n"
    files = {"/DEBIAN/control": (control, 0o644), f"/usr/share/doc/{name}/README": (readme, 0o644)}
    files |= {path: (text, 0o644) for path, text in package.conffiles.items()}
    if package.conffiles:
        files["/DEBIAN/conffiles"] = ("".join(f"{path}\n" for path in package.conffiles), 0o644)
    if package.service:
        files[f"/usr/bin/{name}"] = (PROGRAM.format(name=name, note=NOTE), 0o755)
        files[f"/lib/systemd/system/{name}.service"] = (UNIT.format(name=name, note=NOTE), 0o644)
        files |= {f"/DEBIAN/{script}": (text.format(name=name), 0o755) for script, text in SCRIPTS.items()}
    return files


def _size_and_hash(file: Path) -> str:
    content = file.read_bytes()
    return f"Size: {len(content)}\nSHA256: {hashlib.sha256(content).hexdigest()}\n"


def _release(index: Path) -> str:
    content = index.read_bytes()
    return (
        f"Origin: mhv-tui lab\nLabel: {NOTE}\nSuite: {STAND_INS}\nCodename: {STAND_INS}\nArchitectures: all\n"
        f"SHA256:\n {hashlib.sha256(content).hexdigest()} {len(content)} Packages\n"
    )
