"""Broken and hostile source files as people may have them: how to make each, and the code and words of its sentence."""

from __future__ import annotations

import gzip
import io
import lzma
import os
import random
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

from tests.domain.test_disks import qcow2, vdi, vhd, vmdk
from tests.imaging.packed import PACK, xz_with_dictionary, zstd_with_window

MIB, TIB = 1 << 20, 1 << 40
NOISE = random.Random(8).randbytes(300_000)
STREAM = vmdk().ljust(128 * 512, b"\0")
TWO_DISKS = [("a.vmdk", STREAM), ("b.vmdk", STREAM)]
UNKNOWN_ENCODING = b'<?xml version="1.0" encoding="none-such"?><Envelope/>'
ENTITY_BOMB = b"".join(
    (
        b'<!DOCTYPE Envelope [<!ENTITY e0 "xxxxxxxxxx">',
        *(b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10) for n in range(1, 12)),
        b"]><Envelope>&e11;</Envelope>",
    )
)
"""10^12 letters, if its entities are replaced."""

Make = Callable[[Path], object]
"""Creates the source file."""


def archive(*files: tuple[str, bytes], link: str = "", kind: bytes = tarfile.SYMTYPE) -> bytes:
    """A tar archive of these files; the file `link` is a link to /etc/shadow, or of another kind."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as writer:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            writer.addfile(member, io.BytesIO(data))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = kind, "/etc/shadow"
            writer.addfile(member)
    return out.getvalue()


def ovf(*disks: str) -> tuple[str, bytes]:
    """The description of an appliance with these disks."""
    files = "".join(f'<File ovf:href="{name}" ovf:id="file{n}"/>' for n, name in enumerate(disks))
    rows = "".join(f'<Disk ovf:diskId="vmdisk{n}" ovf:fileRef="file{n}"/>' for n in range(len(disks)))
    text = f'<Envelope xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1"><References>{files}</References><DiskSection>{rows}</DiskSection></Envelope>'
    return "x.ovf", text.encode()


def ova(disk: bytes, name: str = "x-disk1.vmdk") -> bytes:
    return archive(ovf(name), (name, disk))


def with_size(data: bytes, at: int, size: bytes) -> bytes:
    """The archive with another size in its header at `at`, and the right checksum."""
    header = data[at : at + 124] + size + data[at + 136 : at + 148] + b" " * 8 + data[at + 156 : at + 512]
    checksum = b"%06o\0 " % sum(header)
    return data[:at] + header[:148] + checksum + header[156:] + data[at + 512 :]


REGION, PARAMETERS, DISK_SIZE = (
    bytes.fromhex(text)
    for text in (
        "06a27c8b90479a4bb8fe575f050f886e",
        "3767a1ca36fa434db3b633f0aa44e76b",
        "2442a52f1bcd7648b2115dbed83bf4b8",
    )
)
"""The ids of the metadata region of a VHDX and of two of its items."""


def vhdx_metadata(size: int = 10 * MIB, flags: int = 0, region: int = 2 * MIB, items: int = 2) -> bytes:
    """The region table of a VHDX, which begins at 192 KiB, and behind it the metadata, if `region` leads there."""
    regions = b"regi" + struct.pack("<III", 0, 1, 0) + REGION + struct.pack("<QII", region, MIB, 1)
    table = b"metadata" + struct.pack("<HH20x", 0, items)
    table += PARAMETERS + struct.pack("<IIII", 4096, 8, 0, 0) + DISK_SIZE + struct.pack("<IIII", 4104, 8, 0, 0)
    values = struct.pack("<IIQ", MIB, flags, size)
    return regions.ljust(min(region, 4 * MIB) - (192 << 10), b"\0") + table.ljust(4096, b"\0") + values


def vhdx(size: int = 10 * MIB, flags: int = 0, region: int = 2 * MIB, items: int = 2) -> bytes:
    """A VHDX with these metadata."""
    return b"vhdxfile".ljust(192 << 10, b"\0") + vhdx_metadata(size, flags, region, items)


def bytes_of(data: bytes) -> Make:
    return lambda path: path.write_bytes(data)


def sparse(head: bytes, size: int) -> Make:
    """A file of this size that begins with `head`; the rest is a hole."""

    def make(path: Path) -> None:
        path.write_bytes(head)
        os.truncate(path, size)

    return make


def looped(path: Path) -> None:
    path.symlink_to(path)


PACKED: dict[str, tuple[Make, str, str]] = {
    **{f"{p} within its header": (bytes_of(PACK[p](NOISE)[:8]), "IM21", "ends too early") for p in PACK},
    **{f"{p} within its data": (bytes_of(PACK[p](NOISE)[:60_000]), "IM21", "ends too early") for p in PACK},
    **{f"{p} of rubbish": (bytes_of(PACK[p](NOISE)[:6] + b"\xff" * 999), "IM21", "unpacked") for p in PACK},
    **{f"{p} and rubbish": (bytes_of(PACK[p](b"x") + b"rubbish" * 99), "IM21", "its") for p in PACK},
    **{f"{p} of tiny pieces": (bytes_of(PACK[p](b"") * 5000), "IM21", "tiny pieces") for p in PACK},
    **{f"{p} in {p}": (bytes_of(PACK[p](PACK[p](NOISE))), "IM08", f"is packed with {p}") for p in PACK},
    "gzip in gzip in gzip": (bytes_of(gzip.compress(gzip.compress(gzip.compress(qcow2())))), "IM08", "gzip"),
    "gzip with zeros behind it": (sparse(gzip.compress(b"x"), TIB), "IM21", "contain almost nothing"),
    "gzip around nothing": (bytes_of(gzip.compress(b"")), "IM08", "the file is empty"),
    "gzip around a page": (bytes_of(gzip.compress(b"<html>S3cr3t</html>")), "IM08", "an HTML page"),
    "gzip around a backing file": (bytes_of(gzip.compress(qcow2(backing=b"/etc/shadow"))), "IM08", "/etc/shadow"),
    "gzip around a descriptor": (bytes_of(gzip.compress(b'# Disk DescriptorFile\nRW 9 FLAT "x" 0\n')), "IM10", "in x"),
    "gzip around a tar": (bytes_of(gzip.compress(archive(("a", NOISE)))), "IM08", "tar archive"),
    "gzip around two disks": (
        bytes_of(gzip.compress(archive(ovf(), ("a.vmdk", STREAM), ("b.vmdk", STREAM)))),
        "IM13",
        "a.vmdk, b.vmdk",
    ),
    "xz around LUKS": (bytes_of(lzma.compress(b"LUKS\xba\xbe" + NOISE)), "IM08", "encrypted"),
    "xz with a dictionary of 1 GiB": (bytes_of(xz_with_dictionary(NOISE, 36)), "IM21", "128 MiB of memory"),
    "zstd with a window of 1 GiB": (bytes_of(zstd_with_window(NOISE[:99_000], 30)), "IM21", "128 MiB of memory"),
}

ARCHIVES: dict[str, tuple[Make, str, str]] = {
    "ova of two disks": (
        bytes_of(archive(ovf("a.vmdk", "b.vmdk"), ("a.vmdk", STREAM), ("b.vmdk", STREAM))),
        "IM13",
        "contains 2 disks (a.vmdk, b.vmdk)",
    ),
    "ova with a disk twice": (bytes_of(archive(ovf("a.vmdk"), *2 * [("a.vmdk", STREAM)])), "IM13", "2 disks"),
    "ova with an unknown encoding": (bytes_of(archive(("x.ovf", UNKNOWN_ENCODING), *TWO_DISKS)), "IM13", "2 disks"),
    "ova with an entity bomb": (bytes_of(archive(("x.ovf", ENTITY_BOMB), *TWO_DISKS)), "IM13", "2 disks"),
    "ova without a disk": (bytes_of(archive(ovf(), ("x.iso", NOISE))), "IM13", "contains no VMDK"),
    "ova of a disk in parts": (bytes_of(archive(ovf(), ("x.vmdk.000000000", STREAM))), "IM13", "join the parts"),
    "ova with a link": (bytes_of(archive(ovf("x.vmdk"), link="x.vmdk")), "IM13", "only as a link"),
    "ova with a hard link": (bytes_of(archive(ovf(), link="x.vmdk", kind=tarfile.LNKTYPE)), "IM13", "only as a link"),
    "ova with a device": (bytes_of(archive(ovf(), link="x.vmdk", kind=tarfile.CHRTYPE)), "IM13", "a device"),
    "ova cut short": (bytes_of(ova(STREAM)[:9000]), "IM07", "it ends within x-disk1.vmdk"),
    "ova of 8 EiB": (bytes_of(with_size(ova(STREAM), 1024, b"\x80\0\0\0\x7f" + b"\xff" * 7)), "IM07", "ends within"),
    "ova of a strange size": (bytes_of(with_size(ova(STREAM), 1024, b"99999999999\0")), "IM13", "unreadable number"),
    "ova with a damaged header": (bytes_of(ova(STREAM)[:1024] + NOISE), "IM13", "header"),
    "ova of 2000 files": (bytes_of(archive(*2000 * [("x.ovf", b"")])), "IM13", "more than 1000 files"),
    "ova around a backing file": (bytes_of(ova(qcow2(backing=b"/etc/shadow"))), "IM08", "/etc/shadow"),
    "ova around an extent": (
        bytes_of(ova(vmdk(extents=('RW 20480 SPARSE "/etc/shadow"',)))),
        "IM08",
        "only a file name without a directory",
    ),
    "ova around a gzip": (
        bytes_of(ova(gzip.compress(NOISE))),
        "IM08",
        "x-disk1.vmdk in the archive: the file is packed",
    ),
    "ova around an empty disk": (bytes_of(ova(b"")), "IM08", "the file is empty"),
}

DISKS: dict[str, tuple[Make, str, str]] = {
    "vhdx without metadata": (bytes_of(b"vhdxfile".ljust(MIB, b"\0")), "IM07", "the size of its disk is missing"),
    "vhdx with metadata beyond its end": (bytes_of(vhdx(region=1 << 62)), "IM07", "the size of its disk is missing"),
    "vhdx without a size": (bytes_of(vhdx(items=1)), "IM07", "the size of its disk is missing"),
    "vhdx of nothing": (bytes_of(vhdx(size=0)), "IM07", "the size of its disk is missing"),
    "vhdx of 8 EiB": (bytes_of(vhdx(size=1 << 63)), "IM08", "more than 62 TiB"),
    "vhdx with a parent": (bytes_of(vhdx(flags=2)), "IM08", "difference to another disk"),
    "vhd difference": (bytes_of(vhd(4)), "IM08", "difference to another disk"),
    "vdi difference": (bytes_of(vdi(kind=4)), "IM08", "difference to another disk"),
    "qcow2 of 8 EiB": (bytes_of(qcow2(size=(1 << 63) - 512).ljust(4 * MIB, b"\0")), "IM08", "more than 62 TiB"),
    "vmdk of 8 EiB": (
        bytes_of(vmdk(sectors=1 << 54, extents=(f'RW {1 << 54} SPARSE "x"',)).ljust(65536)),
        "IM08",
        "62 TiB",
    ),
    "qcow2 within its header": (bytes_of(qcow2()[:40]), "IM08", "ends within its header"),
    "qcow2 within its tables": (bytes_of(qcow2()[:1024]), "IM07", "its tables are beyond its end"),
    "qcow2 with LUKS": (bytes_of(qcow2(crypt=2)), "IM08", "encrypted"),
    "wrong magic": (bytes_of(b"QFJ\xfb" + qcow2()[4:]), "", "no partition table"),
    "zeros of 1 TiB": (sparse(b"", TIB), "", "begins with zeros"),
    "a directory": (Path.mkdir, "IM19", "Is a directory"),
    "a pipe": (os.mkfifo, "IM19", "not a regular file"),
    "a device": (lambda path: path.symlink_to("/dev/zero"), "IM19", "not a regular file"),
    "a link to itself": (looped, "IM19", "symbolic links"),
    "a name below a file": (lambda path: path.symlink_to("/etc/passwd/x"), "", ""),
    "a link to nothing": (lambda path: path.symlink_to("nothing"), "", ""),
}

SOURCES = {**PACKED, **ARCHIVES, **DISKS}
"""Name -> how to make it, the code and words of its sentence. Without a code it is only doubtful, or no file at all."""
