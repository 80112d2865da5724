"""The header and the descriptor of the VMDK, field by field, and what OpenStack's and our own inspectors say."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from oslo_utils.imageutils import format_inspector

from mhv_tui.domain import disks
from mhv_tui.domain import vmdk as domain_vmdk
from mhv_tui.imaging import streamoptimized, transcode
from tests.imaging import reader
from tests.imaging.builder import CLUSTER, Kind, build

SECTOR = 512


def vmdk_of(size: int, kinds: dict[int, Kind], adapter: str = "lsilogic") -> bytes:
    stream = transcode.vmdk_stream(io.BytesIO(build(size, kinds).data), "qcow2", adapter)
    return b"".join(stream.chunks())


@pytest.mark.parametrize(
    ("size", "directory", "tables"),
    [(SECTOR, 1, 1), (CLUSTER, 1, 1), (512 * CLUSTER, 1, 1), (512 * CLUSTER + SECTOR, 1, 2), (3 << 30, 1, 96)],
)
def test_header(size: int, directory: int, tables: int) -> None:
    vmdk = vmdk_of(size, {0: "plain"})
    assert vmdk[:4] == b"KDMV"
    assert vmdk[73:77] == b"\n \r\n"
    assert not any(vmdk[79:SECTOR])
    assert reader.header(vmdk) == {
        "version": 3,
        "flags": 0x30001,
        "capacity": size // SECTOR,
        "grainSize": 128,
        "descriptorOffset": 1,
        "descriptorSize": 20,
        "numGTEsPerGT": 512,
        "rgdOffset": 0,
        "gdOffset": 21,
        "overHead": 21 + directory + 4 * tables,
        "uncleanShutdown": 0,
        "compressAlgorithm": 1,
    }
    ((sector, number, _),) = reader.streamed(vmdk)
    assert (sector, number) == (21 + directory + 4 * tables, 0)


def lines_of(vmdk: bytes) -> list[str]:
    text, _, padding = vmdk[SECTOR : 21 * SECTOR].partition(b"\0")
    assert not any(padding)
    return text.decode("ascii").splitlines()


@pytest.mark.parametrize(
    ("adapter", "size", "cylinders", "heads"),
    [
        ("lsilogic", 3 << 30, 392, 255),
        ("buslogic", SECTOR, 1, 255),
        ("legacyESX", 255 * 63 * SECTOR, 1, 255),
        ("ide", 3 << 30, 6242, 16),
        ("ide", 100 << 30, 16383, 16),
        ("lsilogic", 2 << 40, 65535, 255),
    ],
)
def test_descriptor(adapter: str, size: int, cylinders: int, heads: int) -> None:
    lines = lines_of(bytes(SECTOR) + streamoptimized.descriptor(size, adapter, bytes(range(16))))
    assert lines == [
        "# Disk DescriptorFile",
        "version=1",
        'encoding="UTF-8"',
        "CID=0c0d0e0f",
        "parentCID=ffffffff",
        'createType="streamOptimized"',
        "",
        "# Extent description",
        f'RW {size // SECTOR} SPARSE "disk.vmdk"',
        "",
        "# The Disk Data Base",
        "#DDB",
        "",
        'ddb.longContentID = "000102030405060708090a0b0c0d0e0f"',
        'ddb.virtualHWVersion = "4"',
        f'ddb.geometry.cylinders = "{cylinders}"',
        f'ddb.geometry.heads = "{heads}"',
        'ddb.geometry.sectors = "63"',
        f'ddb.adapterType = "{adapter}"',
        'ddb.toolsInstallType = "4"',
        'ddb.toolsVersion = "2147483647"',
    ]


@pytest.mark.parametrize("number", [b"\xff\xff\xff\xff", b"\xff\xff\xff\xfe"])
def test_a_content_id_never_means_no_parent_or_zeros(number: bytes) -> None:
    lines = lines_of(bytes(SECTOR) + streamoptimized.descriptor(SECTOR, "ide", bytes(12) + number))
    assert "CID=fffffffd" in lines
    assert 'ddb.longContentID = "000000000000000000000000fffffffd"' in lines


def test_the_content_id_is_that_of_the_content() -> None:
    first, same, other = (vmdk_of(9 * CLUSTER, {grain: "plain"}) for grain in (1, 1, 2))
    assert lines_of(first) == lines_of(same)
    assert lines_of(first) != lines_of(other)


def test_an_unknown_adapter_is_refused_before_the_first_byte() -> None:
    with pytest.raises(KeyError):
        vmdk_of(CLUSTER, {}, "pvscsi")


@pytest.mark.parametrize("adapter", streamoptimized.HEADS)
@pytest.mark.parametrize("kinds", [{}, {0: "plain", 3: "compressed"}], ids=["empty", "data"])
def test_our_own_inspector_accepts_it(kinds: dict[int, Kind], adapter: str) -> None:
    vmdk = vmdk_of(5 * CLUSTER, kinds, adapter)
    disk = disks.inspect(vmdk[: disks.HEAD], len(vmdk), vmdk[-disks.TAIL :])
    assert disk == disks.Disk("vmdk", len(vmdk), 5 * CLUSTER, "streamOptimized", adapter, 3)
    head = domain_vmdk.read_header(vmdk)
    assert head and not head.garbled and not head.directory_at_end


@pytest.mark.parametrize("size", [SECTOR, 5 * CLUSTER - SECTOR, 5 * CLUSTER])
@pytest.mark.parametrize("kinds", [{}, {0: "plain", 4: "compressed"}], ids=["empty", "data"])
def test_openstacks_inspector_accepts_it(kinds: dict[int, Kind], size: int, tmp_path: Path) -> None:
    path = tmp_path / "disk.vmdk"
    path.write_bytes(vmdk_of(size, kinds))
    inspector = format_inspector.detect_file_format(str(path))
    inspector.safety_check()
    assert (str(inspector), inspector.virtual_size) == ("vmdk", size)
