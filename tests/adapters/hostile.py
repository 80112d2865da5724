"""Disk images that name another file, made so that a careless qemu-img would read it; and a witness of that file."""

from __future__ import annotations

import ctypes
import os
import struct
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

SECTOR = 512
SECTORS = 64
SECRET = b"TOP-SECRET-CANARY-OF-THE-OPERATOR".ljust(SECTOR, b".") * SECTORS


def vmdk(
    kind: str, *extents: str, capacity: int = SECTORS, magic: bytes = b"KDMV", at: int = 1, extra: str = ""
) -> bytes:
    """The header of a sparse file, its descriptor, and an empty grain directory."""
    head = struct.pack(
        "<4sIIQQQQIQQQB4sH", magic, 1, 3, capacity, 128, at, 20, 512, 21, 26, 128, 0, b"\n \r\n", 0
    ).ljust(SECTOR, b"\0")
    lines = ["# Disk DescriptorFile", "version=1", "CID=12345678", "parentCID=ffffffff"]
    text = "\n".join([*lines, f'createType="{kind}"', *extents, 'ddb.adapterType = "lsilogic"', extra, ""]).encode()
    body = text.ljust(20 * SECTOR, b"\0").rjust((at + 19) * SECTOR, b"\0")
    return (head + body).ljust(26 * SECTOR, b"\0") + struct.pack("<I", 27).ljust(102 * SECTOR, b"\0")


def described(kind: str, extent: str) -> bytes:
    """A descriptor in a file of its own."""
    text = f'# Disk DescriptorFile\nversion=1\nCID=1\nparentCID=ffffffff\ncreateType="{kind}"\n{extent}\n'
    return text.encode().ljust(2 * SECTOR, b"\n")


def made(directory: Path, *options: str) -> bytes:
    """What qemu-img creates."""
    path = directory / "made"
    subprocess.run(["qemu-img", "create", "-q", *options, str(path), "32K"], check=True, timeout=60)
    data = path.read_bytes()
    path.unlink()
    return data


def patched(data: bytes, at: int, new: bytes) -> bytes:
    return data[:at] + new + data[at + len(new) :]


def data_file(directory: Path, canary: Path, *options: str) -> bytes:
    """A qcow2 whose clusters lie in the canary."""
    other = canary.with_name("x" * len(canary.name))
    data = made(directory, "-f", "qcow2", "-o", ",".join([f"data_file={other}", *options]))
    other.unlink()
    return data.replace(bytes(other), bytes(canary))


def hinted(canary: Path, parent: str) -> bytes:
    whole = vmdk("monolithicSparse", f'RW {SECTORS} SPARSE "x.vmdk"', extra=f'parentFileNameHint="{canary}"')
    return whole.replace(b"parentCID=ffffffff", f"parentCID={parent}".encode())


def vhdx_with_parent(directory: Path, canary: Path) -> bytes:
    data = made(directory, "-f", "vhdx", "-o", "block_size=1048576")
    at = data.rindex(struct.pack("<II", 1 << 20, 0))  # the file parameters: block size and flags
    return patched(data, at + 4, b"\2\0\0\0") + str(canary).encode("utf-16-le")


def vhd_difference(directory: Path, canary: Path) -> bytes:
    data = made(directory, "-f", "vpc")
    name = str(canary).encode("utf-16-be")
    return patched(patched(patched(data, 60, b"\0\0\0\4"), len(data) - SECTOR + 60, b"\0\0\0\4"), SECTOR + 64, name)


Crafted = Callable[[Path, Path], bytes]
"""A directory to work in and the canary; the image's bytes."""

LINE = "RW 64"
IMAGES: dict[str, tuple[str, Crafted]] = {
    # name -> qemu-img's driver, the image's bytes
    "vmdk monolithicFlat in one file": (
        "vmdk",
        lambda d, c: vmdk("monolithicFlat", f'{LINE} FLAT "{c}" 0', capacity=0),
    ),
    "vmdk twoGbMaxExtentFlat": ("vmdk", lambda d, c: vmdk("twoGbMaxExtentFlat", f'{LINE} FLAT "{c}" 0', capacity=0)),
    "vmdk twoGbMaxExtentSparse": (
        "vmdk",
        lambda d, c: vmdk("twoGbMaxExtentSparse", f'{LINE} SPARSE "{c}"', capacity=0),
    ),
    "vmdk vmfs": ("vmdk", lambda d, c: vmdk("vmfs", f'{LINE} VMFS "{c}"', capacity=0)),
    "vmdk vmfsRDM": ("vmdk", lambda d, c: vmdk("vmfsRDM", f'{LINE} VMFSRDM "{c}"', capacity=0)),
    "vmdk vmfsSparse": ("vmdk", lambda d, c: vmdk("vmfsSparse", f'{LINE} VMFSSPARSE "{c}"', capacity=0)),
    "vmdk seSparse": ("vmdk", lambda d, c: vmdk("seSparse", f'{LINE} SESPARSE "{c}"', capacity=0)),
    "vmdk fullDevice": ("vmdk", lambda d, c: vmdk("fullDevice", f'{LINE} FLAT "{c}" 0', capacity=0)),
    "vmdk that claims to be sparse": (
        "vmdk",
        lambda d, c: vmdk("monolithicSparse", f'{LINE} FLAT "{c}" 0', capacity=0),
    ),
    "vmdk of two types": (
        "vmdk",
        lambda d, c: vmdk("monolithicFlat", f'{LINE} FLAT "{c}" 0', capacity=0, extra='createType="monolithicSparse"'),
    ),
    "vmdk of two extents": (
        "vmdk",
        lambda d, c: vmdk("monolithicSparse", f'{LINE} SPARSE "x"', f'{LINE} FLAT "{c}" 0', capacity=0),
    ),
    "vmdk extent with a path": ("vmdk", lambda d, c: vmdk("monolithicSparse", f'{LINE} SPARSE "{c}"')),
    "vmdk extent with a protocol": (
        "vmdk",
        lambda d, c: vmdk("monolithicFlat", f'{LINE} FLAT "file:{c}" 0', capacity=0),
    ),
    "vmdk extent beside it": ("vmdk", lambda d, c: vmdk("monolithicSparse", f'{LINE} SPARSE "{c.name}"')),
    "vmdk of no capacity": ("vmdk", lambda d, c: vmdk("monolithicSparse", f'{LINE} SPARSE "{c.name}"', capacity=0)),
    "vmdk with its descriptor elsewhere": (
        "vmdk",
        lambda d, c: vmdk("monolithicFlat", f'{LINE} FLAT "{c}" 0', capacity=0, at=3),
    ),
    "vmdk with a parent": ("vmdk", lambda d, c: hinted(c, "12341234")),
    "vmdk with a parent but no parentCID": ("vmdk", lambda d, c: hinted(c, "ffffffff")),
    "vmdk of an extent of 5000 digits": (
        "vmdk",
        lambda d, c: vmdk("monolithicFlat", f'RW {"9" * 5000} FLAT "{c}" 0', capacity=0),
    ),
    "vmdk descriptor alone": ("vmdk", lambda d, c: described("monolithicFlat", f'{LINE} FLAT "{c}" 0')),
    "raw that begins as a descriptor": ("raw", lambda d, c: described("monolithicFlat", f'{LINE} FLAT "{c}" 0')),
    "qcow2 with a backing file": ("qcow2", lambda d, c: made(d, "-f", "qcow2", "-b", str(c), "-F", "raw")),
    "qcow2 version 2 with a backing file": (
        "qcow2",
        lambda d, c: made(d, "-f", "qcow2", "-o", "compat=0.10", "-b", str(c), "-F", "raw"),
    ),
    "qcow2 with a backing file of another format": (
        "qcow2",
        lambda d, c: made(d, "-f", "qcow2", "-u", "-b", str(c), "-F", "vmdk"),
    ),
    "qcow2 with a backing file by json": (
        "qcow2",
        lambda d, c: made(d, "-f", "qcow2", "-b", f'json:{{"driver":"raw","file.filename":"{c}"}}', "-F", "raw"),
    ),
    "qcow2 with a data file": ("qcow2", lambda d, c: data_file(d, c)),
    "qcow2 with a raw data file": ("qcow2", lambda d, c: data_file(d, c, "data_file_raw=on")),
    "qcow2 version 2 with odd features": (
        "qcow2",
        lambda d, c: patched(made(d, "-f", "qcow2", "-o", "compat=0.10"), 72, struct.pack(">QQQII", 4, 0, 0, 4, 9)),
    ),
    "qcow": ("qcow", lambda d, c: made(d, "-f", "qcow", "-b", str(c), "-F", "raw")),
    "qed with a backing file": ("qed", lambda d, c: made(d, "-f", "qed", "-b", str(c), "-F", "raw")),
    "vhd difference": ("vpc", vhd_difference),
    "vhdx with a parent": ("vhdx", vhdx_with_parent),
    "vdi difference": ("vdi", lambda d, c: patched(made(d, "-f", "vdi"), 0x4C, b"\4\0\0\0")),
    "iso": ("raw", lambda d, c: bytes(0x8001) + b"CD001" + str(c).encode().ljust(4096 - 6, b"\0") + bytes(512)),
}

HARMLESS = {"vmdk extent beside it", "qcow2 version 2 with odd features"}
"""These are read, but the files that they name are not opened."""


class Witness:
    """Counts how often a file is opened or read, by whatever process (inotify)."""

    OPEN_OR_ACCESS = 0x20 | 0x1

    def __init__(self, path: Path) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        self.handle = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        assert self.handle >= 0 and libc.inotify_add_watch(self.handle, bytes(path), self.OPEN_OR_ACCESS) >= 0

    def events(self) -> int:
        """How many since the last call; one that repeats the one before is not counted."""
        try:
            return len(os.read(self.handle, 65536)) // 16
        except BlockingIOError:
            return 0


@contextmanager
def watched(path: Path) -> Iterator[Witness]:
    witness = Witness(path)
    try:
        yield witness
    finally:
        os.close(witness.handle)
