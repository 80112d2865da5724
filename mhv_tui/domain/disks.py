"""Identifies a disk image by its first (and last) bytes: format, virtual size, and reasons why it cannot be used.

The file's name does not matter. Never opens a path that an image names: a backing file, a data file and an extent are
reasons to refuse the image.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice

from mhv_tui.domain import archives, vmdk

HEAD = 128 * 1024
"""The number of bytes at the start of a file that `inspect` needs."""
TAIL = 64 * 1024
"""The number of bytes at the end of a file that `inspect` can use, because some formats have a footer."""

SECTOR = 512
QCOW2_MAGIC = b"QFI\xfb"
QCOW2_FEATURES = 0b11111
"""Known incompatible features of qcow2: dirty, corrupt, external data file, compression type, extended L2 entries."""

DRIVERS = {"qcow2": "qcow2", "vmdk": "vmdk", "raw": "raw", "vhd": "vpc", "vhdx": "vhdx", "vdi": "vdi"}
"""The names that qemu-img uses, by the format that mhv-tui can convert."""


@dataclass(frozen=True)
class Disk:
    """A disk image file."""

    format: str
    """qcow2, vmdk, raw, iso, vhd, vhdx, vdi, qed, ova, or another kind of file: text, gzip, xz, zip, tar, empty, ..."""
    size: int
    """The size of the file in bytes."""
    virtual_size: int = 0
    """The size of the disk inside the file in bytes; 0 if the header does not contain it."""
    subtype: str = ""
    """For vmdk its createType; for vhd dynamic or fixed; for raw gpt, mbr or filesystem."""
    adapter: str = ""
    """For vmdk its ddb.adapterType."""
    version: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    """The code and a sentence for each reason why the file cannot be used."""

    @property
    def usable(self) -> bool:
        """True if the file can be uploaded or converted."""
        return not self.problems


def inspect(header: bytes, size: int, tail: bytes = b"") -> Disk:
    """Identifies a file of `size` bytes by its first HEAD bytes and, if given, its last TAIL bytes."""
    if size == 0 or not header:
        return Disk("empty", size, problems=(("IM08", "the file is empty"),))
    for at, magic, read in _MAGICS:
        if header[at : at + len(magic)] == magic:
            return read(header, size, tail)
    if tail[-SECTOR:].startswith(b"conectix"):
        return _vhd(tail[-SECTOR:], size, tail)
    return _raw(header, size)


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


def _other(kind: str, code: str, sentence: str) -> Callable[[bytes, int, bytes], Disk]:
    return lambda header, size, tail: Disk(kind, size, problems=((code, sentence),))


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
    names = (
        ", ".join(extent.name for extent in text.extents if extent.name) or "files that the descriptor does not name"
    )
    problem = ("IM10", f"the file is only a descriptor; the data of the disk is in {names}")
    return Disk("vmdk", size, text.capacity, text.create_type, text.adapter, problems=(problem,))


def _vhd(header: bytes, size: int, _: bytes) -> Disk:
    if len(header) < 64:
        return Disk("vhd", size, problems=(("IM08", "the file is incomplete: it ends within its header"),))
    virtual, kind = struct.unpack_from(">Q", header, 48)[0], struct.unpack_from(">I", header, 60)[0]
    subtype = {2: "fixed", 3: "dynamic", 4: "differencing"}.get(kind, "")
    problems = (
        *_problem("IM08", "the file contains only the difference to another disk", subtype == "differencing"),
        *_problem("IM08", f"the file has the unknown VHD type {kind}", not subtype),
    )
    return Disk("vhd", size, virtual, subtype, problems=problems)


def _vdi(header: bytes, size: int, _: bytes) -> Disk:
    if len(header) < 0x178:
        return Disk("vdi", size, problems=(("IM08", "the file is cut short within its header"),))
    kind, virtual = struct.unpack_from("<I", header, 0x4C)[0], struct.unpack_from("<Q", header, 0x170)[0]
    whole = kind in (1, 2)
    return Disk(
        "vdi", size, virtual, problems=_problem("IM08", "the file is only the difference to another disk", not whole)
    )


def _iso(_: bytes, size: int, __: bytes) -> Disk:
    return Disk("iso", size, size)


def _vhdx(_: bytes, size: int, __: bytes) -> Disk:
    return Disk("vhdx", size)


def _tar(header: bytes, size: int, _: bytes) -> Disk:
    names = archives.names_in_tar(header)
    if not any(name.lower().endswith(".ovf") for name in names):
        return Disk("tar", size, problems=(("IM08", "the file is a tar archive, not a disk; unpack it first"),))
    return Disk("ova", size, problems=(("IM13", "the file is an OVA archive; unpack it and use the VMDK inside"),))


def _raw(header: bytes, size: int) -> Disk:
    if archives.is_text(header):
        return Disk("text", size, problems=(("IM08", f"the file is {archives.text_kind(header)}, not a disk"),))
    if header[512:520] == b"EFI PART":
        subtype = "gpt"
    elif header[510:512] == b"\x55\xaa":
        subtype = "mbr"
    else:
        subtype = "filesystem" if header[1080:1082] == b"\x53\xef" or header[:4] == b"XFSB" else ""
    ragged = _problem("IM07", f"the file's {size} bytes are not a multiple of 512: it may be cut short", size % SECTOR)
    return Disk("raw", size, size, subtype, problems=ragged)


_PACKED = "the file is packed with {}; unpack it first"
_Reader = Callable[[bytes, int, bytes], Disk]
_MAGICS: tuple[tuple[int, bytes, _Reader], ...] = (
    (0, QCOW2_MAGIC, _qcow2),
    (0, vmdk.MAGIC, _vmdk_sparse),
    (0, vmdk.TEXT_MAGIC, _vmdk_text),
    (0, vmdk.OLD_MAGIC, _other("vmdk", "IM08", "the file is a snapshot's part of a disk")),
    (
        0,
        b"QED\0",
        _other("qed", "IM08", "the format QED is no longer supported; convert the file with an old qemu-img"),
    ),
    (0, b"vhdxfile", _vhdx),
    (0, b"conectix", _vhd),
    (0x40, b"\x7f\x10\xda\xbe", _vdi),
    (0x8001, b"CD001", _iso),
    (257, b"ustar", _tar),
    (0, b"\x1f\x8b", _other("gzip", "IM08", _PACKED.format("gzip"))),
    (0, b"\xfd7zXZ\0", _other("xz", "IM08", _PACKED.format("xz"))),
    (0, b"BZh", _other("bzip2", "IM08", _PACKED.format("bzip2"))),
    (0, b"PK\x03\x04", _other("zip", "IM08", _PACKED.format("zip"))),
    (0, b"7z\xbc\xaf\x27\x1c", _other("7z", "IM08", _PACKED.format("7z"))),
    (0, b"\x28\xb5\x2f\xfd", _other("zstd", "IM08", _PACKED.format("zstd"))),
    (0, b"LUKS\xba\xbe", _other("luks", "IM08", "the file is encrypted (LUKS)")),
    (0, b"\x7fELF", _other("elf", "IM08", "the file is a program, not a disk")),
)

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

    A `-flat.vmdk` contains the bare data of a VMDK, so it is raw.
    """
    claimed = CLAIMS.get(name.lower().rpartition(".")[2] if "." in name else "")
    if not claimed or claimed == disk.format or (disk.format == "raw" and name.lower().endswith("-flat.vmdk")):
        return ""
    return f"the file's name ends like {claimed}, but its format is {disk.format}"
