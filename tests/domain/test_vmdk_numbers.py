"""Numbers of a VMDK that no disk has: each is a reason against the file, and none ends the check."""

from __future__ import annotations

import struct

import pytest

from mhv_tui.domain import disks, vmdk
from tests.domain.test_disks import MIB
from tests.domain.test_disks import vmdk as image

SECTORS = {
    "5000 digits": "9" * 5000,
    "19 digits": "9" * 19,
    "none": "",
    "a sign": "-20480",
    "a plus": "+20480",
    "a float": "20480.0",
    "an exponent": "2e4",
    "hexadecimal": "0x5000",
    "underscores": "20_480",
    "a superscript": "2048\u00b2",
    "Arabic digits": "\u0662\u0660\u0664\u0668\u0660",
    "full-width digits": "\uff12\uff10\uff14\uff18\uff10",
    "a NUL behind it": "20480\0",
    "infinite": "inf",
}


@pytest.mark.parametrize("name", SECTORS)
def test_an_extent_of_an_impossible_size_is_refused(name: str) -> None:
    disk = disks.inspect(image(extents=(f'RW {SECTORS[name]} SPARSE "x.vmdk"',)), 4 * MIB)
    assert [code for code, _ in disk.problems] == ["IM08"]


@pytest.mark.parametrize("name", SECTORS)
def test_a_descriptor_with_an_impossible_size_is_only_a_descriptor(name: str) -> None:
    text = f'# Disk DescriptorFile\nRW {SECTORS[name]} FLAT "x-flat.vmdk" 0\n'.encode()
    disk = disks.inspect(text, len(text))
    assert [code for code, _ in disk.problems] == ["IM10"] and 0 <= disk.virtual_size <= 20480 * 512


FIELDS = {"version": (4, "<I"), "capacity": (12, "<Q"), "descriptor": (28, "<Q"), "length": (36, "<Q")}
FIELDS |= {"directory": (56, "<Q"), "overhead": (64, "<Q")}


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("bits", (8, 31, 32, 52, 63, 64))
def test_a_header_with_a_huge_number_ends_no_check(field: str, bits: int) -> None:
    at, form = FIELDS[field]
    size = struct.calcsize(form)
    value = min((1 << bits) - 1, (1 << 8 * size) - 1)
    data = image()
    data = data[:at] + struct.pack(form, value) + data[at + size :]
    disk = disks.inspect(data, 4 * MIB, bytes(disks.TAIL))
    assert disk.format == "vmdk" and disk.virtual_size >= 0
    assert disk.usable <= (field in ("version", "length", "directory", "overhead"))
    head = vmdk.read_header(data)
    assert head is not None and vmdk.embedded(data, head).extents
