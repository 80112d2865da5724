"""What a file is, from its bytes: true headers and hostile headers."""

from __future__ import annotations

import io
import random
import struct
import tarfile
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.domain.disks import HEAD, TAIL, Disk, contradiction, inspect
from mhv_tui.domain.magics import raw_kind

MIB = 1 << 20
PAGE = b"<!DOCTYPE html>\n<html><head><title>404 Not Found</title></head></html>\n"


def qcow2(
    *,
    version: int = 3,
    size: int = 10 * MIB,
    backing: bytes = b"",
    crypt: int = 0,
    features: int = 0,
    bits: int = 16,
    l1: int = 1,
) -> bytes:
    at = 1024 if backing else 0
    head = struct.pack(">4sIQIIQIIQ", b"QFI\xfb", version, at, len(backing), bits, size, crypt, l1, 3 << 16)
    head += struct.pack(">QIIQ", 1 << 16, 1, 0, 0) + struct.pack(">QQQII", features, 0, 0, 4, 104)
    return head.ljust(1024, b"\0") + backing.ljust(1024, b"\0")


def vmdk(
    *,
    kind: str = "streamOptimized",
    adapter: str = "lsilogic",
    sectors: int = 20480,
    flags: int = 0x30001,
    parent: str = "",
    at_end: bool = False,
    newlines: bytes = b"\n \r\n",
    extents: tuple[str, ...] = ('RW 20480 SPARSE "x.vmdk"',),
    overhead: int = 128,
    at: int = 1,
    extra: str = "",
) -> bytes:
    directory = 0xFFFFFFFFFFFFFFFF if at_end else 26
    head = struct.pack(
        "<4sIIQQQQIQQQB4sH", b"KDMV", 3, flags, sectors, 128, at, 20, 512, 0, directory, overhead, 0, newlines, 1
    )
    lines = ["# Disk DescriptorFile", "version=1", "CID=12345678", f"parentCID={'12341234' if parent else 'ffffffff'}"]
    lines += [f'parentFileNameHint="{parent}"'] * bool(parent) + [f'createType="{kind}"']
    lines += [*extents, f'ddb.adapterType = "{adapter}"', extra]
    return head.ljust(512, b"\0") + "\n".join(lines).encode().ljust(20 * 512, b"\0")


def vhd(kind: int) -> bytes:
    return b"conectix".ljust(48, b"\0") + struct.pack(">QII", 10 * MIB, 0, kind).ljust(512 - 48, b"\0")


def vdi(kind: int = 1, version: int = 0x10001, blocks: int = 1) -> bytes:
    head = b"<<< Oracle VM VirtualBox Disk Image >>>\n".ljust(0x40, b"\0")
    head += struct.pack("<IIII", 0xBEDA107F, version, 400, kind).ljust(0x154 - 0x40, b"\0")
    return head + struct.pack("<7IQ4I", 512, 1024, 0, 0, 0, 512, 0, 10 * MIB, MIB, 0, 10, blocks)


def tar(*names: str) -> bytes:
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.size = 700
            archive.addfile(member, io.BytesIO(bytes(700)))
    return out.getvalue()


GOOD = {
    "qcow2": (qcow2(), ("qcow2", 10 * MIB, "")),
    "qcow2 version 2": (qcow2(version=2), ("qcow2", 10 * MIB, "")),
    "dirty qcow2": (qcow2(features=1), ("qcow2", 10 * MIB, "")),
    "stream": (vmdk(), ("vmdk", 10 * MIB, "streamOptimized")),
    "sparse": (vmdk(kind="monolithicSparse", flags=3), ("vmdk", 10 * MIB, "monolithicSparse")),
    "mbr": (bytes(510) + b"\x55\xaa", ("raw", 4 * MIB, "mbr")),
    "gpt": (bytes(510) + b"\x55\xaaEFI PART", ("raw", 4 * MIB, "gpt")),
    "ext4": (bytes(1080) + b"\x53\xef", ("raw", 4 * MIB, "filesystem")),
    "gpt with sectors of 4096 bytes": (bytes(4096) + b"EFI PART", ("raw", 4 * MIB, "gpt")),
    "boot sector": (b"\xeb\x3c\x90".ljust(510, b"\7") + b"\x55\xaa", ("raw", 4 * MIB, "boot")),
    "btrfs": (bytes(0x10040) + b"_BHRfS_M", ("raw", 4 * MIB, "filesystem")),
    "fat": (b"\xeb\x3c\x90mkfs.fat".ljust(54, b"\0") + b"FAT16   ", ("raw", 4 * MIB, "filesystem")),
    "lvm": (bytes(512) + b"LABELONE", ("raw", 4 * MIB, "filesystem")),
    "mbr that begins as a program": (b"MZ".ljust(510, b"\0") + b"\x55\xaa", ("raw", 4 * MIB, "mbr")),
    "udf": (bytes(0x8001) + b"BEA01", ("iso", 4 * MIB, "")),
    "iso": (bytes(0x8001) + b"CD001", ("iso", 4 * MIB, "")),
    "hybrid iso": (bytes(510) + b"\x55\xaa" + bytes(0x8001 - 512) + b"CD001", ("iso", 4 * MIB, "")),
    "vhd": (vhd(3), ("vhd", 10 * MIB, "dynamic")),
    "vdi": (vdi(), ("vdi", 10 * MIB, "")),
    "vhdx": (b"vhdxfile", ("vhdx", 0, "")),
}

BAD = {
    "backing file": (qcow2(backing=b"/etc/shadow"), "qcow2", "IM08", "/etc/shadow"),
    "encrypted": (qcow2(crypt=1), "qcow2", "IM08", "encrypted"),
    "data file": (qcow2(features=4), "qcow2", "IM08", "another file"),
    "corrupt": (qcow2(features=2), "qcow2", "IM08", "corrupt"),
    "unknown version": (qcow2(version=9), "qcow2", "IM08", "version 9"),
    "impossible clusters": (qcow2(bits=63), "qcow2", "IM08", "is invalid"),
    "cut short": (qcow2(l1=1 << 28), "qcow2", "IM07", "incomplete"),
    "header cut": (b"QFI\xfb\0\0", "qcow2", "IM08", "incomplete"),
    "difference": (vmdk(parent="base.vmdk"), "vmdk", "IM08", "difference"),
    "several extents": (vmdk(extents=3 * ('RW 20480 SPARSE "x.vmdk"',)), "vmdk", "IM08", "not a whole disk"),
    "parent without its id": (vmdk(extra='# parentFileNameHint="b.vmdk"'), "vmdk", "IM08", "difference"),
    "two createTypes": (vmdk(extra='createType="monolithicSparse"'), "vmdk", "IM08", "stated exactly once"),
    "descriptor elsewhere": (vmdk(at=3), "vmdk", "IM08", "after the header"),
    "no capacity": (vmdk(sectors=0), "vmdk", "IM08", "0 sectors"),
    "other capacity": (vmdk(sectors=20481), "vmdk", "IM08", "20481 sectors"),
    "extent with a path": (vmdk(extents=('RW 20480 SPARSE "/etc/shadow"',)), "vmdk", "IM08", "without a directory"),
    "extent with a protocol": (vmdk(extents=('RW 20480 SPARSE "nbd:x"',)), "vmdk", "IM08", "without a directory"),
    "extent without a name": (vmdk(extents=("RW 20480 SPARSE",)), "vmdk", "IM08", "no file"),
    "extent of zeros": (vmdk(extents=("RW 20480 ZERO",)), "vmdk", "IM08", "RW ZERO"),
    "extent of a flat file": (vmdk(extents=('RW 20480 FLAT "x" 0',)), "vmdk", "IM08", "RW FLAT"),
    "extent of 5000 digits": (vmdk(extents=(f'RW {"9" * 5000} SPARSE "x"',)), "vmdk", "IM08", "unreadable number"),
    "extent of other digits": (vmdk(extents=('RW ٢٠٤٨٠ SPARSE "x"',)), "vmdk", "IM08", "unreadable number"),
    **{
        kind: (vmdk(kind=kind), "vmdk", "IM08", f"createType is {kind}")
        for kind in ("monolithicFlat", "twoGbMaxExtentFlat", "twoGbMaxExtentSparse", "vmfs", "vmfsRDM", "fullDevice")
    },
    "described with 5000 digits": (
        b"# Disk DescriptorFile\nRW " + b"9" * 5000 + b' FLAT "x-flat.vmdk" 0\n',
        "vmdk",
        "IM10",
        "x-flat.vmdk",
    ),
    "unknown features": (qcow2(features=1 << 9), "qcow2", "IM08", "does not know"),
    "no descriptor": (vmdk()[:512], "vmdk", "IM08", "has no descriptor"),
    "text mode": (vmdk(newlines=b"\n \n\0"), "vmdk", "IM08", "text mode"),
    "tables beyond the end": (vmdk(overhead=1 << 40), "vmdk", "IM07", "incomplete"),
    "no footer": (vmdk(at_end=True), "vmdk", "IM07", "footer"),
    "only the description": (b'# Disk DescriptorFile\nRW 20480 FLAT "x-flat.vmdk" 0\n', "vmdk", "IM10", "x-flat.vmdk"),
    "snapshot's part": (b"COWD" + bytes(600), "vmdk", "IM08", "snapshot"),
    "vhd difference": (vhd(4), "vhd", "IM08", "difference"),
    "vhd without its footer": (vhd(3), "vhd", "IM07", "footer"),
    "page": (PAGE, "text", "IM08", "is an HTML page, not a disk"),
    "Git LFS pointer": (b"version https://git-lfs.github.com/spec/v1\noid x\n", "text", "IM08", "`git lfs pull`"),
    "gzip": (b"\x1f\x8b\x08" + bytes(600), "gzip", "IM08", "unpack"),
    "xz": (b"\xfd7zXZ\0" + bytes(600), "xz", "IM08", "unpack"),
    "luks": (b"LUKS\xba\xbe" + bytes(600), "luks", "IM08", "encrypted"),
    "ova": (tar("x.ovf", "x-disk1.vmdk"), "ova", "IM13", "unpack"),
    "tar": (tar("a", "b"), "tar", "IM08", "tar"),
    "qed": (b"QED\0" + bytes(600), "qed", "IM08", "no longer supported"),
    "parallels": (b"WithoutFreeSpace" + bytes(600), "parallels", "IM08", "disk of Parallels"),
    "lz4": (b"\x04\x22\x4d\x18" + bytes(600), "lz4", "IM08", "unpack"),
    "bzip2": (b"BZh9" + b"\7" * 600, "bzip2", "IM08", "unpack"),
    "zip": (b"PK\3\4" + b"\7" * 600, "zip", "IM08", "unpack"),
    "zstd": (b"\x28\xb5\x2f\xfd" + b"\7" * 600, "zstd", "IM08", "unpack"),
    "bitlocker": (b"\xeb\x58\x90-FVE-FS-".ljust(510, b"\0") + b"\x55\xaa", "bitlocker", "IM08", "encrypted"),
    "program of Windows": (b"MZ" + b"\7" * 600, "exe", "IM08", "program of Windows"),
    "seSparse": (b"\xbe\xba\xfe\xca" + bytes(600), "vmdk", "IM08", "snapshot"),
    "vdi difference": (vdi(kind=4), "vdi", "IM08", "difference"),
    "old vdi": (vdi(version=1), "vdi", "IM08", "version 0.1 is not known"),
    "vdi cut short": (vdi(blocks=9), "vdi", "IM07", "cut short"),
    "program": (b"\x7fELF" + bytes(600), "elf", "IM08", "program"),
    "nothing": (b"", "empty", "IM08", "empty"),
}

DOUBTFUL = {
    "zeros": (bytes(4096), "begins with zeros"),
    "an unknown format": (b"NEWFMT\1\2".ljust(4096, b"\7"), "no partition table"),
    "a boot signature alone": (b"\7" * 510 + b"\x55\xaa", "no partition table"),
    "mbr of a larger disk": (
        bytes(454) + struct.pack("<II", 2048, 10 * 2048).ljust(56, b"\0") + b"\x55\xaa",
        "needs a disk of 11534336 bytes, but the file has 4194304",
    ),
    "gpt of a larger disk": (
        bytes(510) + b"\x55\xaaEFI PART".ljust(34, b"\0") + struct.pack("<Q", 20479),
        "needs a disk of 10485760 bytes",
    ),
    "random bytes": (random.Random(1).randbytes(HEAD), "no partition table"),
}


@pytest.mark.parametrize("name", DOUBTFUL)
def test_bytes_that_show_no_whole_system_are_a_raw_disk_with_a_doubt(name: str) -> None:
    data, words = DOUBTFUL[name]
    disk = inspect(data, 4 * MIB, bytes(TAIL))
    assert (disk.format, disk.usable) == ("raw", True) and words in disk.doubt


@pytest.mark.parametrize("name", GOOD)
def test_good_files(name: str) -> None:
    data, expected = GOOD[name]
    disk = inspect(data, 4 * MIB)
    assert (disk.format, disk.virtual_size, disk.subtype) == expected
    assert disk.usable and not disk.doubt, disk.problems


@pytest.mark.parametrize("name", BAD)
def test_bad_files(name: str) -> None:
    data, kind, code, word = BAD[name]
    disk = inspect(data, 4 * MIB if data else 0, bytes(TAIL))
    assert disk.format == kind
    assert any(c == code and word in sentence for c, sentence in disk.problems), disk.problems


@pytest.mark.parametrize(
    ("header", "footer", "usable"), [(20480, 20480, True), (20480, 40960, False), (0, 20480, False)]
)
def test_a_footer_states_the_size_that_the_header_states(header: int, footer: int, usable: bool) -> None:
    tail = vmdk(sectors=footer)[:512] + bytes(512)
    assert inspect(vmdk(at_end=True, sectors=header), 4 * MIB, tail).usable is usable


@pytest.mark.parametrize("filler", ["\n", " ", "=", '"', "RW ", "\t\n"])
def test_a_long_descriptor_is_read_quickly(filler: str) -> None:
    began = time.process_time()
    disk = inspect(vmdk(extra=filler * (HEAD // len(filler))), HEAD, b"")
    text = inspect(b"# Disk DescriptorFile\n" + filler.encode() * HEAD, HEAD, b"")
    assert disk.format == text.format == "vmdk" and time.process_time() - began < 5


def test_a_fixed_vhd_is_recognised_by_its_last_sector() -> None:
    assert inspect(bytes(HEAD), 10 * MIB + 512, bytes(512) + vhd(2)).subtype == "fixed"
    assert inspect(bytes(HEAD), 10 * MIB + 512).format == "raw"


def test_a_disk_image_of_macos_is_recognised_by_its_last_sector() -> None:
    head = random.Random(2).randbytes(HEAD)
    disk = inspect(head, 10 * MIB, bytes(512) + b"koly".ljust(512, b"\0"))
    assert (disk.format, disk.usable) == ("dmg", False)


@given(st.binary(min_size=512, max_size=4096))
def test_bytes_of_no_known_format_are_never_a_disk_without_a_doubt(data: bytes) -> None:
    disk = inspect(data, len(data))
    assert disk.format != "raw" or bool(raw_kind(data)) != bool(disk.doubt)


def test_the_adapter_is_read_from_the_descriptor() -> None:
    assert inspect(vmdk(adapter="ide"), 4 * MIB).adapter == "ide"


@pytest.mark.parametrize(
    ("kind", "name", "wrong"),
    [
        ("qcow2", "ubuntu.qcow2", False),
        ("qcow2", "ubuntu.img", False),
        ("raw", "ubuntu.qcow2", True),
        ("text", "ubuntu.QCOW2", True),
        ("raw", "disk-flat.vmdk", False),
        ("raw", "disk.vmdk", True),
        ("raw", "disk", False),
    ],
)
def test_names_that_claim_something_else(kind: str, name: str, wrong: bool) -> None:
    assert bool(contradiction(Disk(kind, 1), name)) is wrong


@given(
    st.sampled_from([row[0] for row in (*GOOD.values(), *BAD.values())]), st.binary(max_size=64), st.integers(0, 2000)
)
def test_no_bytes_make_it_fail(base: bytes, noise: bytes, at: int) -> None:
    data = base[:at] + noise + base[at + len(noise) :]
    disk = inspect(data, len(data), data[-TAIL:])
    assert disk.format and disk.virtual_size >= 0
    assert all(code.startswith("IM") and sentence for code, sentence in disk.problems)


TEXTS = {
    "shadow": b"root:$6$S3cr3t:19000:0:99999:7:::\n",
    "an empty line first": b"\n\nS3cr3t\n",
    "a byte order mark": b"\xef\xbb\xbfS3cr3t",
    "a private key": b"-----BEGIN OPENSSH PRIVATE KEY-----\nS3cr3t\n",
    "an HTML page": b" <HTML><head>S3cr3t</head>",
    "a Git LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid S3cr3t\n",
}


@pytest.mark.parametrize("name", TEXTS)
def test_nothing_of_a_text_file_is_quoted(name: str) -> None:
    """Whoever names a file as an image may name the wrong one."""
    disk = inspect(TEXTS[name], len(TEXTS[name]))
    assert disk.format == "text" and "S3cr3t" not in str(disk) and "root" not in str(disk)
