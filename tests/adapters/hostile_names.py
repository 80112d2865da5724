"""More disk images that name another file: by other names of it, in other formats, and under a wrong format."""

from __future__ import annotations

import io
import struct
import tarfile
from pathlib import Path

from tests.adapters.hostile import (
    HARMLESS,
    IMAGES,
    LINE,
    SECTOR,
    SECTORS,
    Crafted,
    data_file,
    described,
    made,
    patched,
    vhd_difference,
    vmdk,
)

PARENT_OF_VDI = 0x1B8
"""Where the header of a VDI has the id of its parent."""


def linked(link: Path, canary: Path) -> Path:
    """A link to the canary."""
    link.unlink(missing_ok=True)
    link.symlink_to(canary)
    return link


def backed(directory: Path, name: object, backing_format: str = "raw") -> bytes:
    """A qcow2 with this name of a backing file, which qemu-img does not open."""
    return made(directory, "-f", "qcow2", "-u", "-b", str(name), "-F", backing_format)


def beside(canary: Path) -> str:
    """The canary's name, relative to the image."""
    return f"../{canary.parent.name}/{canary.name}"


def as_long(name: str, canary: Path) -> bytes:
    """The same name with as many bytes as the canary's path."""
    parent, _, own = name.rpartition("/")
    return f"{parent}{'/' * (len(bytes(canary)) - len(parent) - len(own))}{own}".encode()


def flat(name: object) -> bytes:
    return vmdk("monolithicFlat", f'{LINE} FLAT "{name}" 0', capacity=0)


def sparse(name: object) -> bytes:
    return vmdk("monolithicSparse", f'{LINE} SPARSE "{name}"')


def archive_with_a_link(canary: Path) -> bytes:
    """An OVA whose disk is a link."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("x.ovf"))
        link = tarfile.TarInfo("x-disk1.vmdk")
        link.type, link.linkname = tarfile.SYMTYPE, str(canary)
        archive.addfile(link)
    return out.getvalue()


def cow(canary: Path) -> bytes:
    """The format of user-mode Linux, which old versions of qemu-img follow: its backing file is in its header."""
    head = struct.pack(">4sI1024sIQI", b"OOOM", 2, bytes(canary), 0, SECTORS * SECTOR, SECTOR)
    return patched(head.ljust(SECTORS * SECTOR, b"\0"), 510, b"\x55\xaa")


def parallels(directory: Path, canary: Path) -> bytes:
    return patched(made(directory, "-f", "parallels"), SECTOR * 2, bytes(canary))


def json_of(canary: Path) -> str:
    """qemu-img's own notation, in quotes that a VMDK's descriptor may have."""
    return f"json:{{'driver':'raw','file.filename':'{canary}'}}"


def chained(directory: Path, canary: Path) -> bytes:
    """A qcow2 whose backing file is a qcow2 that names the canary."""
    middle = directory / "middle"
    middle.write_bytes(backed(directory, canary))
    return backed(directory, middle, "qcow2")


def hostile_delta(canary: Path) -> bytes:
    return vmdk("vmfsSparse", f'{LINE} VMFSSPARSE "{canary}"', extra=f'parentFileNameHint="{canary}"')


NAMED: dict[str, tuple[str, Crafted]] = {
    # name -> qemu-img's driver, the image's bytes
    "qcow2 with a relative backing file": ("qcow2", lambda d, c: backed(d, beside(c))),
    "qcow2 with a link as its backing file": ("qcow2", lambda d, c: backed(d, linked(d / "link", c))),
    "qcow2 with a backing file below /proc": ("qcow2", lambda d, c: backed(d, f"/proc/self/root{c}")),
    "qcow2 with a backing file by URL": ("qcow2", lambda d, c: backed(d, f"file:{c}")),
    "qcow2 with a backing file by json and a driver": ("qcow2", lambda d, c: backed(d, json_of(c))),
    "qcow2 with a directory as FAT": ("qcow2", lambda d, c: backed(d, f"fat:{c.parent}")),
    "qcow2 with a backing file for tests of faults": ("qcow2", lambda d, c: backed(d, f"blkdebug:{c}:{c}")),
    "qcow2 with a backing file below a qcow2": ("qcow2", lambda d, c: chained(d, c)),
    "qcow2 with LUKS and a backing file": ("qcow2", lambda d, c: patched(backed(d, c), 32, struct.pack(">I", 2))),
    "qcow2 that names a data file but does not use it": (
        "qcow2",
        lambda d, c: patched(data_file(d, c), 72, struct.pack(">Q", 0)),
    ),
    "qcow2 with a relative data file": ("qcow2", lambda d, c: data_file(d, c).replace(bytes(c), as_long(beside(c), c))),
    "qcow2 under the format raw": ("raw", lambda d, c: backed(d, c)),
    "qcow2 under the format vmdk": ("vmdk", lambda d, c: backed(d, c)),
    "qed with a relative backing file": ("qed", lambda d, c: made(d, "-f", "qed", "-u", "-b", beside(c), "-F", "raw")),
    "vmdk with a relative extent": ("vmdk", lambda d, c: flat(beside(c))),
    "vmdk sparse with a relative extent": ("vmdk", lambda d, c: sparse(beside(c))),
    "vmdk with a link as its extent": ("vmdk", lambda d, c: flat(linked(d / "link", c))),
    "vmdk with a link beside it as its extent": (
        "vmdk",
        lambda d, c: sparse(linked(d / "images" / "x.vmdk", c).name),
    ),
    "vmdk with an extent below /proc": ("vmdk", lambda d, c: flat(f"/proc/self/root{c}")),
    "vmdk with an extent by json": ("vmdk", lambda d, c: flat(json_of(c))),
    "vmdk with a hint in capitals": (
        "vmdk",
        lambda d, c: vmdk("monolithicSparse", f'{LINE} SPARSE "x"', extra=f'PARENTFILENAMEHINT="{c}"'),
    ),
    "vmdk with its type in capitals": (
        "vmdk",
        lambda d, c: vmdk("MONOLITHICFLAT", f'{LINE} FLAT "{c}" 0', capacity=0),
    ),
    "vmdk descriptor of sparse parts": ("vmdk", lambda d, c: described("twoGbMaxExtentSparse", f'{LINE} SPARSE "{c}"')),
    "vmdk descriptor of a device": ("vmdk", lambda d, c: described("fullDevice", f'{LINE} FLAT "{c}" 0')),
    "vmdk descriptor of VMFS": ("vmdk", lambda d, c: described("vmfs", f'{LINE} VMFS "{c}"')),
    "vmdk descriptor without its first line": (
        "vmdk",
        lambda d, c: described("monolithicFlat", f'{LINE} FLAT "{c}" 0').partition(b"\n")[2],
    ),
    "vmdk descriptor behind an empty line": (
        "vmdk",
        lambda d, c: b"\n" + described("monolithicFlat", f'{LINE} FLAT "{c}" 0'),
    ),
    "vmdk of a snapshot": ("vmdk", lambda d, c: patched(hostile_delta(c), 0, b"COWD")),
    "vmdk of the type SESparse": ("vmdk", lambda d, c: patched(hostile_delta(c), 0, struct.pack("<Q", 0xCAFEBABE))),
    "vmdk under the format raw": ("raw", lambda d, c: flat(c)),
    "vhd with a parent's name": ("vpc", lambda d, c: patched(vhd_difference(d, c), 60, struct.pack(">I", 3))),
    "vdi with a parent": ("vdi", lambda d, c: patched(made(d, "-f", "vdi"), PARENT_OF_VDI, b"\1" * 16)),
    "luks": ("raw", lambda d, c: b"LUKS\xba\xbe\0\1" + bytes(c).ljust(8 * SECTOR, b"\0")),
    "ova with a link": ("raw", lambda d, c: archive_with_a_link(c)),
    "parallels": ("raw", parallels),
    "cow": ("raw", lambda d, c: cow(c)),
}

ALL = {**IMAGES, **NAMED}
NOT_OPENED = {
    *HARMLESS,
    "qcow2 that names a data file but does not use it",
    "vmdk with a link beside it as its extent",
    "vhd with a parent's name",
}
"""These are converted, but the files that they name are not opened."""
BARE = {"parallels", "cow"}
"""As raw disks these may be converted: qemu-img then reads their bytes alone."""
