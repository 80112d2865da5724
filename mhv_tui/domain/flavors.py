"""The rules for flavors on a vCenter cluster: memory in steps of 4 MiB, the biggest host, the size of the image.

The functions check flavors; they do not choose one.
"""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.text import GIB

MEMORY_STEP = 4
"""vSphere refuses a virtual machine whose memory in MiB is not a multiple of this number."""


@dataclass(frozen=True)
class Size:
    """The resources that a flavor needs, or that the biggest host or datastore can give (Placement's max_unit)."""

    vcpus: int
    ram: int
    """Memory in MiB."""
    disk: int
    """The root disk in GiB. 0 in a flavor means: as large as the image."""


def memory_trouble(ram: int) -> str:
    """Returns why vSphere refuses a virtual machine with `ram` MiB (RG07); empty if vSphere accepts it."""
    if ram % MEMORY_STEP == 0:
        return ""
    return f"{ram} MiB of memory is not a multiple of {MEMORY_STEP} MiB; {nearest_memory(ram)} MiB is"


def nearest_memory(ram: int) -> int:
    """Returns the next larger amount of memory in MiB that vSphere accepts."""
    return -(-ram // MEMORY_STEP) * MEMORY_STEP


def fit_trouble(flavor: Size, biggest: Size) -> str:
    """Returns why no single host or datastore has room for a server of this flavor (RG06); empty if one has room.

    A 0 in `biggest` means that the size is not known.
    """
    rows = (
        (flavor.vcpus, biggest.vcpus, "the flavor needs {} processors, the biggest host has {}"),
        (flavor.ram, biggest.ram, "the flavor needs {} MiB of memory, the biggest host has {}"),
        (flavor.disk, biggest.disk, "the flavor needs {} GiB of disk, the largest datastore has {}"),
    )
    return "; ".join(
        text.format(needed, available) for needed, available, text in rows if available and needed > available
    )


def min_disk(virtual_size: int) -> int:
    """Returns the image's min_disk: the size in whole GiB of a root disk for an image of `virtual_size` bytes."""
    return -(-virtual_size // GIB)


def disk_trouble(root_disk: int, virtual_size: int) -> str:
    """Returns why an image of `virtual_size` bytes does not fit on `root_disk` GiB (IM06); empty if it fits."""
    needed = min_disk(virtual_size)
    if root_disk == 0 or root_disk >= needed:
        return ""
    return f"the root disk has {root_disk} GiB, but the image needs {needed} GiB"
