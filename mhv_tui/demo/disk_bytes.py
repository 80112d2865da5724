"""Writes and reads the headers of disk images, for the simulated world's files.

The files contain only headers and descriptors, no data. Sources: qemu's docs/interop/qcow2.txt; VMware's Virtual Disk
Format 5.0; the output of qemu-img 7.2.
"""

from __future__ import annotations

import struct

SECTOR = 512
QCOW2_MAGIC = b"QFI\xfb"
VMDK_MAGIC = b"KDMV"
GZIP_MAGIC = b"\x1f\x8b\x08"
HTML = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head><body>Not Found</body></html>\n"
"""The content of a file if the download of an image has failed."""

GRAIN = 128
"""The number of sectors per grain."""


def qcow2(virtual: int) -> bytes:
    """Returns the start of a qcow2 image (version 3) without backing file: a header of 104 bytes, no extensions."""
    cluster_bits = 16
    l1_size = max(1, -(-virtual // (1 << (2 * cluster_bits - 3))))
    sizes = struct.pack(">4sIQIIQII", QCOW2_MAGIC, 3, 0, 0, cluster_bits, virtual, 0, l1_size)
    offsets = struct.pack(">QQIIQ", 3 << cluster_bits, 1 << cluster_bits, 1, 0, 0)
    features = struct.pack(">QQQII", 0, 0, 0, 4, 104)
    return sizes + offsets + features + bytes(8)


def html(size: int) -> bytes:
    """Returns `size` bytes of HTML, the content of a file that is not a disk image."""
    return (HTML * (size // len(HTML) + 1))[:size]


def format_of(head: bytes) -> str:
    """Returns the format of an image by its first bytes: qcow2, vmdk or raw."""
    if head.startswith(QCOW2_MAGIC):
        return "qcow2"
    if head.startswith((VMDK_MAGIC, b"# Disk DescriptorFile")):
        return "vmdk"
    return "raw"


def virtual_size(head: bytes, size: int) -> int:
    """Returns the size in bytes of the disk in an image, from its header; for raw the size of the file."""
    if head.startswith(QCOW2_MAGIC):
        return int(struct.unpack_from(">Q", head, 24)[0])
    if head.startswith(VMDK_MAGIC):
        return int(struct.unpack_from("<Q", head, 12)[0]) * SECTOR
    return size


def create_type(head: bytes) -> str:
    """Returns createType in the descriptor of a VMDK; "" if the descriptor lacks it."""
    for line in head.decode("ascii", "replace").splitlines():
        if "createType=" in line:
            return line.partition("createType=")[2].strip().strip('"')
    return ""


def vmdk_files(name: str, subformat: str, adapter: str, virtual: int, data: int) -> list[tuple[str, bytes, int]]:
    """Returns (name, first bytes, size) of each file that qemu-img creates for this subformat."""
    if subformat == "monolithicFlat":
        flat = name.removesuffix(".vmdk") + "-flat.vmdk"
        descriptor = _descriptor(flat, subformat, adapter, virtual, "FLAT")
        return [(name, descriptor, len(descriptor)), (flat, b"", virtual)]
    is_stream = subformat == "streamOptimized"
    descriptor = _descriptor(name, subformat, adapter, virtual, "SPARSE")
    head = _sparse_header(virtual, is_stream) + descriptor.ljust(20 * SECTOR, b"\0")
    return [(name, head, data * 4 // 10 if is_stream else data)]


def _sparse_header(virtual: int, is_stream: bool) -> bytes:
    version, flags = (3, 0x30001) if is_stream else (1, 3)
    sectors = virtual // SECTOR
    fields = struct.pack("<4sIIQQQQIQQQ", VMDK_MAGIC, version, flags, sectors, GRAIN, 1, 20, 512, 21, 26, GRAIN)
    return (fields + b"\0\n \r\n" + struct.pack("<H", int(is_stream))).ljust(SECTOR, b"\0")


def _descriptor(extent: str, subformat: str, adapter: str, virtual: int, kind: str) -> bytes:
    sectors = virtual // SECTOR
    heads = 16 if adapter == "ide" else 255
    lines = [
        "# Disk DescriptorFile",
        "version=1",
        "CID=4f6e5a2c",
        "parentCID=ffffffff",
        f'createType="{subformat}"',
        "",
        "# Extent description",
        f'RW {sectors} {kind} "{extent}"' + (" 0" if kind == "FLAT" else ""),
        "",
        "# The Disk Data Base",
        "#DDB",
        "",
        'ddb.virtualHWVersion = "4"',
        f'ddb.geometry.cylinders = "{sectors // heads // 63}"',
        f'ddb.geometry.heads = "{heads}"',
        'ddb.geometry.sectors = "63"',
        f'ddb.adapterType = "{adapter}"',
        "",
    ]
    return "\n".join(lines).encode("ascii")
