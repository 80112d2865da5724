"""Which flavors a vCenter cluster can serve: vSphere's rule for memory, the biggest single host, the image's size.

It only judges flavors; it does not choose one.
"""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.text import GIB

MEMORY_STEP = 4
"""MB; vSphere refuses a virtual machine whose memory is not a multiple of it."""


@dataclass(frozen=True)
class Size:
    """The resources that a flavor needs, or that the biggest host or datastore can give (Placement's max_unit)."""

    vcpus: int
    ram: int
    """MB."""
    disk: int
    """GB of the root disk; 0 in a flavor: as large as the image."""


def memory_trouble(ram: int) -> str:
    """Why vSphere refuses a virtual machine with `ram` MB (RG07); empty if it accepts it."""
    if ram % MEMORY_STEP == 0:
        return ""
    return f"{ram} MB is not a multiple of {MEMORY_STEP}; {nearest_memory(ram)} MB is"


def nearest_memory(ram: int) -> int:
    """The next larger amount of memory, in MB, that vSphere accepts."""
    return -(-ram // MEMORY_STEP) * MEMORY_STEP


def fit_trouble(flavor: Size, biggest: Size) -> str:
    """Why a server of this flavor cannot run on any single host or datastore (RG06); empty if one has room.

    A 0 in `biggest` is a size that is not known.
    """
    rows = (
        (flavor.vcpus, biggest.vcpus, "{} processors; the biggest host has {}"),
        (flavor.ram, biggest.ram, "{} MB of memory; the biggest host has {}"),
        (flavor.disk, biggest.disk, "{} GB of disk; the largest datastore has {}"),
    )
    return "; ".join(
        text.format(needed, available) for needed, available, text in rows if available and needed > available
    )


def min_disk(virtual_size: int) -> int:
    """Whole GB of a root disk for an image of `virtual_size` bytes: the image's min_disk."""
    return -(-virtual_size // GIB)


def disk_trouble(root_disk: int, virtual_size: int) -> str:
    """Why an image of `virtual_size` bytes does not fit on a root disk of so many GB (IM06); empty if it does."""
    needed = min_disk(virtual_size)
    if root_disk == 0 or root_disk >= needed:
        return ""
    return f"the root disk has {root_disk} GB, the image needs {needed}"
