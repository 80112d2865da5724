"""Identifies a disk image by its first (and last) bytes: format, virtual size, and reasons why it cannot be used.

The file's name does not matter. Never opens a path that an image names: a backing file, a data file and an extent are
reasons to refuse the image.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

from mhv_tui.domain import archives, vmdk
from mhv_tui.domain.magics import has_magic, least_size, raw_kind
from mhv_tui.domain.tables import read

HEAD = 128 * 1024
"""The number of bytes at the start of a file that `inspect` needs."""
TAIL = 64 * 1024
"""The number of bytes at the end of a file that `inspect` can use, because some formats have a footer."""

SECTOR = 512
QCOW2_MAGIC = b"QFI\xfb"
QCOW2_FEATURES = 0b11111
"""Known incompatible features of qcow2: dirty, corrupt, external data file, compression type, extended L2 entries."""

VDI_1_1 = 0x00010001

LARGEST = 62 << 40
"""The largest virtual disk of vSphere since 5.5, in bytes (Configuration Maximums)."""
TOO_LARGE = "the disk in the file has more than 62 TiB, the most that vSphere accepts"

DRIVERS = {"qcow2": "qcow2", "vmdk": "vmdk", "raw": "raw", "vhd": "vpc", "vhdx": "vhdx", "vdi": "vdi"}
"""The names that qemu-img uses, by the format that mhv-tui can convert."""


@dataclass(frozen=True)
class Disk:
    """A disk image file."""

    format: str
    """qcow2, vmdk, raw, iso, vhd, vhdx, vdi, ova, or another kind of file: text, gzip, dmg, empty, ..."""
    size: int
    """The size of the file in bytes."""
    virtual_size: int = 0
    """The size of the disk inside the file in bytes; 0 if the header does not contain it."""
    subtype: str = ""
    """For vmdk its createType; for vhd dynamic or fixed; for raw gpt, mbr, filesystem or boot."""
    adapter: str = ""
    """For vmdk its ddb.adapterType."""
    version: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    """The code and a sentence for each reason why the file cannot be used."""
    doubt: str = ""
    """A sentence about a file that can be used, but probably holds no system; empty if nothing is odd."""
    packing: str = ""
    """gzip, xz, bzip2 or zstd if the disk is packed; `format` and `virtual_size` are those of the disk inside."""
    member: str = ""
    """The name of the disk in the OVA archive that the file is; empty if it is none."""
    at: int = 0
    """The position of `member` in the archive in bytes."""
    unpacked: int = 0
    """The size in bytes of what is packed, or of `member`; 0 if the file does not state it."""

    @property
    def usable(self) -> bool:
        """True if the file can be uploaded or converted."""
        return not self.problems


def inspect(header: bytes, size: int, tail: bytes = b"") -> Disk:
    """Identifies a file of `size` bytes by its first HEAD bytes and, if given, its last TAIL bytes."""
    if size == 0 or not header:
        return Disk("empty", size, problems=(("IM08", "the file is empty"),))
    disk = _read(header, size, tail)
    too_large = _problem("IM08", TOO_LARGE, LARGEST < disk.virtual_size != size)
    return replace(disk, problems=(*disk.problems, *too_large))


def _read(header: bytes, size: int, tail: bytes) -> Disk:
    for at, magic, reader in _MAGICS:
        if header[at : at + len(magic)] == magic:
            return reader(header, size, tail)
    if tail[-SECTOR:].startswith(b"conectix"):
        return _vhd(tail[-SECTOR:], size, tail)
    subtype = raw_kind(header)
    return (
        _other(header, tail, size, bool(subtype))
        or (_raw(header, size, subtype) if subtype else None)
        or _without_magic(header, size)
    )


def refusal(disk: Disk, driver: str) -> tuple[str, str] | None:
    """Returns code and sentence why qemu-img must not read a file with `driver`; None if it may read the file."""
    if disk.problems:
        return disk.problems[0]
    if DRIVERS.get(disk.format) != driver:
        return "IM08", f"the file has the format {disk.format}, not {driver}"
    return None


def mark(header: bytes, size: int) -> str:
    """Returns a text that identifies a file: its size and the hash of its first HEAD bytes."""
    return f"{size}-{hashlib.sha256(header).hexdigest()[:16]}"


def _problem(code: str, sentence: str, when: object = True) -> tuple[tuple[str, str], ...]:
    return ((code, sentence),) if when else ()


def _qcow2(header: bytes, size: int, _: bytes) -> Disk:
    if len(header) < 72:
        return Disk("qcow2", size, problems=(("IM08", "the file is incomplete: it ends within its header"),))
    version, backing_at, backing_length, bits, virtual, crypt, l1_size, l1_at = struct.unpack_from(
        ">IQIIQIIQ", header, 4
    )
    features = struct.unpack_from(">Q", header, 72)[0] if version >= 3 and len(header) >= 104 else 0
    backing = (
        header[backing_at : backing_at + min(backing_length, 1023)].decode("utf-8", "replace") if backing_at else ""
    )
    problems = (
        *_problem(
            "IM08", f"the file has the unknown qcow2 version {version}; 2 and 3 are supported", version not in (2, 3)
        ),
        *_problem("IM08", f"the file needs a backing file: {backing or 'its name is unreadable'}", backing_at),
        *_problem("IM08", "the file is encrypted", crypt),
        *_problem("IM08", "the data of the disk is in another file", features & 4),
        *_problem("IM08", "the file needs qcow2 features that mhv-tui does not know", features & ~QCOW2_FEATURES),
        *_problem("IM08", "the file is marked as corrupt; `qemu-img check -r all FILE` may repair it", features & 2),
        *_problem("IM08", f"the file's cluster size of 2^{bits} bytes is invalid", not 9 <= bits <= 21),
        *_problem("IM07", "the file is incomplete: its tables are beyond its end", l1_at + 8 * l1_size > size),
        *_problem("IM08", "the file contains a disk of size 0", not virtual),
    )
    return Disk("qcow2", size, virtual, version=version, problems=problems)


def _vmdk_sparse(header: bytes, size: int, tail: bytes) -> Disk:
    head = vmdk.read_header(header)
    if head is None:
        return Disk("vmdk", size, problems=(("IM08", "the file is incomplete: it ends within its header"),))
    text = vmdk.embedded(header, head)
    footer = vmdk.read_footer(tail) if head.directory_at_end else None
    lost = bool(tail) and head.directory_at_end and footer is None
    problems = (
        *_problem("IM08", "the file's header was damaged by a transfer in text mode", head.garbled),
        *(("IM08", reason) for reason in islice(vmdk.reasons_against(head, text), 1)),  # the others add nothing
        *_problem(
            "IM08",
            "the header and the footer of the file contain different sizes",
            footer and footer.capacity != head.capacity,
        ),
        *_problem("IM07", "the file is incomplete: its tables are beyond its end", head.overhead > size),
        *_problem("IM07", "the file is incomplete: its footer is missing", lost),
    )
    return Disk("vmdk", size, head.capacity, text.create_type, text.adapter, head.version, problems)


def _vmdk_text(header: bytes, size: int, _: bytes) -> Disk:
    text = vmdk.read_descriptor(header)
    problem = ("IM10", f"the file is only a descriptor; {vmdk.where_the_data_is(text)}")
    return Disk("vmdk", size, text.capacity, text.create_type, text.adapter, problems=(problem,))


def _vhd(header: bytes, size: int, tail: bytes) -> Disk:
    if len(header) < 64:
        return Disk("vhd", size, problems=(("IM08", "the file is incomplete: it ends within its header"),))
    virtual, kind = struct.unpack_from(">Q", header, 48)[0], struct.unpack_from(">I", header, 60)[0]
    subtype = {2: "fixed", 3: "dynamic", 4: "differencing"}.get(kind, "")
    problems = (
        *_problem("IM08", "the file contains only the difference to another disk", subtype == "differencing"),
        *_problem("IM08", f"the file has the unknown VHD type {kind}", not subtype),
        *_problem("IM07", "the file is cut short: its footer is missing", tail and b"conectix" not in tail[-SECTOR:]),
    )
    return Disk("vhd", size, virtual, subtype, problems=problems)


def _vdi(header: bytes, size: int, _: bytes) -> Disk:
    if len(header) < 0x188:
        return Disk("vdi", size, problems=(("IM08", "the file is cut short within its header"),))
    version, kind = struct.unpack_from("<I", header, 0x44)[0], struct.unpack_from("<I", header, 0x4C)[0]
    data_at, virtual = struct.unpack_from("<I", header, 0x158)[0], struct.unpack_from("<Q", header, 0x170)[0]
    block, allocated = struct.unpack_from("<I", header, 0x178)[0], struct.unpack_from("<I", header, 0x184)[0]
    problems = (
        *_problem("IM08", f"VDI version {version >> 16}.{version & 0xFFFF} is not known; 1.1 is", version != VDI_1_1),
        *_problem("IM08", "the file is only the difference to another disk", kind not in (1, 2)),
        *_problem("IM08", "the file contains a disk of size 0", not virtual),
        *_problem(
            "IM07", "the file is cut short: its last block is beyond its end", data_at + block * allocated > size
        ),
    )
    return Disk("vdi", size, virtual, problems=problems)


def _iso(_: bytes, size: int, __: bytes) -> Disk:
    return Disk("iso", size, size)


def _vhdx(_: bytes, size: int, __: bytes) -> Disk:
    return Disk("vhdx", size)


def _tar(header: bytes, size: int, _: bytes) -> Disk:
    names = archives.names_in_tar(header)
    if not any(name.lower().endswith(".ovf") for name in names):
        return Disk("tar", size, problems=(("IM08", "the file is a tar archive, not a disk; unpack it first"),))
    return Disk("ova", size, problems=(("IM13", "the file is an OVA archive; unpack it and use the VMDK inside"),))


def _raw(header: bytes, size: int, subtype: str) -> Disk:
    ragged = _problem("IM07", f"the file's {size} bytes are not a multiple of 512: it may be cut short", size % SECTOR)
    least = least_size(header)
    doubt = f"the partition table needs a disk of {least} bytes, but the file has {size}: it may be cut short"
    return Disk("raw", size, size, subtype, problems=ragged, doubt=doubt if least > size else "")


def _without_magic(header: bytes, size: int) -> Disk:
    """Bytes of no known format: a text, or a raw disk with a doubt."""
    if archives.is_text(header):
        return Disk("text", size, problems=(("IM08", f"the file is {archives.text_kind(header)}, not a disk"),))
    return replace(_raw(header, size, ""), doubt=NOT_KNOWN if any(header) else ZEROS)


def _other(header: bytes, tail: bytes, size: int, is_disk: bool) -> Disk | None:
    """A known format that is not used here; None if it is none of them."""
    for row in read("disk_formats")["other"]:
        if has_magic(row, header, tail) and not (is_disk and len(row["magic"]) == 2 * SHORT):
            return Disk(row["kind"], size, problems=(("IM08", row["sentence"]),))
    return None


SHORT = 2
"""Bytes of a magic that a disk may begin with by chance."""
NOT_KNOWN = "the file is read as a raw disk, but it begins with no partition table, file system or boot sector"
ZEROS = "the file is read as a raw disk, but it begins with zeros: it has no system"

_Reader = Callable[[bytes, int, bytes], Disk]
_MAGICS: tuple[tuple[int, bytes, _Reader], ...] = (
    (0, QCOW2_MAGIC, _qcow2),
    (0, vmdk.MAGIC, _vmdk_sparse),
    (0, vmdk.TEXT_MAGIC, _vmdk_text),
    (0, b"vhdxfile", _vhdx),
    (0, b"conectix", _vhd),
    (0x40, b"\x7f\x10\xda\xbe", _vdi),
    (0x8001, b"CD001", _iso),
    (0x8001, b"BEA01", _iso),
    (257, b"ustar", _tar),
)
"""Place, magic and reader of the formats that are read further. BEA01 begins a DVD image of UDF alone."""

CLAIMS = {
    "qcow2": "qcow2",
    "qcow": "qcow2",
    "vmdk": "vmdk",
    "iso": "iso",
    "vhd": "vhd",
    "vpc": "vhd",
    "vhdx": "vhdx",
    "vdi": "vdi",
    "ova": "ova",
}
"""The format that the suffix of a file name states. `.img` and `.raw` are missing: files of all formats have them."""


def contradiction(disk: Disk, name: str) -> str:
    """Returns a sentence if the file name states another format than the bytes have; else empty.

    A `-flat.vmdk` contains the bare data of a VMDK, so it is raw. Of `x.qcow2.gz`, the suffix qcow2 counts.
    """
    suffixes = name.lower().split(".")[1:]
    if disk.packing and suffixes and suffixes[-1] not in CLAIMS:
        suffixes.pop()
    claimed = CLAIMS.get(suffixes[-1] if suffixes else "")
    accepted = {disk.format, *(["ova"] if disk.member else [])}
    if not claimed or claimed in accepted or (disk.format == "raw" and name.lower().endswith("-flat.vmdk")):
        return ""
    return f"the file's name ends like {claimed}, but its format is {disk.format}"
