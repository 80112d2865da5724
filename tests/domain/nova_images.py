"""Sets of image properties with what nova itself makes of them: kept in tests/cases/images/nova.tsv, or asked again.

`python -m tests.domain.nova_images` installs each version of nova, asks it, and writes the file.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import venv
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from mhv_tui.domain.tables import read

TABLE = Path(__file__).parents[1] / "cases" / "images" / "nova.tsv"
SCRIPT = Path(__file__).with_name("ask_nova.py")
NEWEST = "34.0.0"
VERSIONS = (*("19.3.2", "20.6.1", "22.4.0", "24.2.1", "25.3.0", "27.5.1", "29.4.0", "31.3.1", "33.0.2"), NEWEST)
"""The last version of some releases; before Stein (19) nova does not run on a Python of today."""

HEADINGS = (
    "major versions of nova",
    "properties",
    "hypervisor, disk type, adapter, NIC, guest, linked clone; or error",
)

Properties = Mapping[str, str]


class Row(NamedTuple):
    """One set of properties and what nova of some major versions makes of it (the list of ask_nova.py)."""

    majors: tuple[int, ...]
    properties: Properties
    result: tuple[str, ...]


ADAPTERS = (
    *(None, "lsiLogic", "paraVirtual", "busLogic", "lsiLogicsas", "ide"),
    *("IDE", "lsilogic", "virtio-scsi", "nvme", ""),
)
BUSES = (None, "ide", "scsi", "virtio", "sata", "IDE", "nvme", "")
MODELS = (
    *(None, "lsilogic", "vmpvscsi", "virtio-scsi", "buslogic"),
    *("lsisas1068", "paraVirtual", "VMPVSCSI", "ibmvscsi", "nvme", ""),
)
NICS = (
    *("e1000", "e1000e", "pcnet", "sriov", "vmxnet", "vmxnet3", "VMXNET3", "VirtualE1000", "VirtualE1000e"),
    *("VirtualPCNet32", "VirtualSriovEthernetCard", "VirtualVmxnet", "VirtualVmxnet3", "virtualvmxnet3"),
    *("VirtualEthernetCard", "virtio", "rtl8139", "ne2k_pci", "igb", "lan9118", "netfront", "spapr-vlan", "bogus", ""),
)
DISK_TYPES = (
    *(None, "sparse", "preallocated", "thin", "thick", "eagerZeroedThick", "streamOptimized"),
    *("Sparse", "streamoptimized", "bogus", ""),
)
GUESTS = (None, "ubuntu64Guest", "otherGuest", "ubuntu", "rhel9_64Guest", "Ubuntu64Guest", "")
BOOLEANS = (None, "true", "false", "True", "0", "1", "yes", " on ", "maybe", "")
HYPERVISORS = (None, "vmware", "VMware", "qemu", "xapi", "powervm", "vmwere", "")
NUMBERS = ("1", " 7 ", "-1", "+2", "1_0", "1.0", "one", "")
OUTSIDE = ("bogus", "")


def representative() -> Iterator[Properties]:
    """A few hundred sets: the first adapters, buses and models combined, and each value of the other properties."""
    yield from _combined(vmware_adaptertype=ADAPTERS[:6], hw_disk_bus=BUSES[:5], hw_scsi_model=MODELS[:5])
    yield from _combined(vmware_adaptertype=ADAPTERS)
    yield from _combined(hw_disk_bus=BUSES)
    yield from _combined(hw_disk_bus=("scsi",), hw_scsi_model=MODELS)
    yield from _combined(hw_vif_model=NICS)
    yield from _combined(vmware_disktype=DISK_TYPES)
    yield from _combined(vmware_disktype=(None, "sparse", "bogus"), hw_disk_type=DISK_TYPES)
    yield from _combined(vmware_ostype=GUESTS)
    yield from _combined(vmware_ostype=(None, "ubuntu64Guest"), os_distro=GUESTS)
    yield from _combined(vmware_linked_clone=BOOLEANS)
    yield from _combined(vmware_linked_clone=(None, "true"), img_linked_clone=BOOLEANS)
    yield from _combined(hypervisor_type=HYPERVISORS, img_hv_type=HYPERVISORS[:5])
    yield from _other_values()


def every() -> Iterator[Properties]:
    """All sets: the complete products of the properties that nova reads together, and their pairs with the others."""
    yield from representative()
    yield from _combined(vmware_adaptertype=ADAPTERS, hw_disk_bus=BUSES, hw_scsi_model=MODELS)
    yield from _combined(vmware_disktype=DISK_TYPES, hw_disk_type=DISK_TYPES)
    yield from _combined(vmware_ostype=GUESTS, os_distro=GUESTS)
    yield from _combined(vmware_linked_clone=BOOLEANS, img_linked_clone=BOOLEANS)
    yield from _combined(hypervisor_type=HYPERVISORS, img_hv_type=HYPERVISORS)
    yield from _combined(hw_vif_model=NICS, hw_disk_bus=BUSES, vmware_disktype=DISK_TYPES)


def _other_values() -> Iterator[Properties]:
    """Every value of the other enumerations, in small and capital letters, and values outside."""
    tables = read("image_values")
    for name, row in tables["enumerations"].items():
        values = (*row["values"], *row.get("later", ()))
        # Up to Victoria nova takes each part of the word usbtablet, so also none of its letters.
        outside = OUTSIDE[:1] if name == "hw_pointer_model" else OUTSIDE
        for key in dict.fromkeys((name, row.get("legacy", name))):
            yield from _combined(**{key: (*values, values[0].upper(), *outside)})
    for name in tables["integers"]:
        yield from _combined(**{name: NUMBERS})


def _combined(**values: Sequence[str | None]) -> Iterator[Properties]:
    for combination in itertools.product(*values.values()):
        yield {name: value for name, value in zip(values, combination, strict=True) if value is not None}


def stored() -> list[Row]:
    """The rows of nova.tsv."""
    return [_row(*line.split("\t")) for line in TABLE.read_text("utf-8").splitlines()[1:]]


def _row(majors: str, properties: str, result: str) -> Row:
    return Row(tuple(map(int, majors.split())), json.loads(properties), tuple(json.loads(result)))


def asked(sets: Iterable[Properties]) -> list[Row]:
    """Asks every version of nova; installs the versions that the cache lacks."""
    sets_asked = list(dict.fromkeys(json.dumps(properties) for properties in sets))
    majors: dict[tuple[str, str], list[int]] = defaultdict(list)
    for version in VERSIONS:
        environment = {**os.environ, "PYTHONPATH": str(_installed(version))}
        command = (str(_python()), "-W", "ignore", str(SCRIPT))
        answer = subprocess.run(
            command, input=f"[{','.join(sets_asked)}]", env=environment, capture_output=True, text=True, check=True
        )
        for text, result in zip(sets_asked, json.loads(answer.stdout), strict=True):
            majors[text, json.dumps(result)].append(int(version.partition(".")[0]))
    return [_row(" ".join(map(str, numbers)), *texts) for texts, numbers in majors.items()]


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mhv-nova"


def _python() -> Path:
    """The Python of an environment with the newest nova and its libraries."""
    python = _cache() / "venv" / "bin" / "python"
    if not python.exists():
        venv.create(_cache() / "venv", with_pip=True)
        _pip(f"nova[vmware]=={NEWEST}")
    return python


def _installed(version: str) -> Path:
    """The directory of this version of nova, without its libraries."""
    directory = _cache() / f"nova-{version}"
    if not directory.exists():
        _python()
        _pip("--no-deps", "--no-build-isolation", "--target", str(directory), f"nova=={version}")
    return directory


def _pip(*arguments: str) -> None:
    python = str(_cache() / "venv" / "bin" / "python")
    subprocess.run((python, "-m", "pip", "install", "--quiet", *arguments), check=True)


def main() -> None:
    rows = sorted(asked(representative()), key=lambda row: (json.dumps(row.properties, sort_keys=True), row.majors))
    fields = ((" ".join(map(str, row.majors)), json.dumps(row.properties), json.dumps(row.result)) for row in rows)
    TABLE.parent.mkdir(exist_ok=True)
    TABLE.write_text("".join("\t".join(line) + "\n" for line in (HEADINGS, *fields)), "utf-8")


if __name__ == "__main__":
    main()
