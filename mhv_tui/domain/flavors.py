"""Which flavors a vCenter cluster can serve: vSphere's rule for memory, the biggest single host, the image's size.

Chooses no flavor.
"""

from __future__ import annotations

from dataclasses import dataclass

MEMORY_STEP = 4
"""MB; vSphere refuses a machine whose memory is no multiple of it."""
GIB = 1 << 30


@dataclass(frozen=True)
class Size:
    """What a flavor asks for, or what the biggest host or datastore has left (placement's max_unit)."""

    vcpus: int
    ram: int
    """MB."""
    disk: int
    """GB of the root disk; 0 as a flavor: as large as the image."""


def memory_trouble(ram: int) -> str:
    """Why vSphere refuses a machine with `ram` MB (RG07); empty where it takes it."""
    if ram % MEMORY_STEP == 0:
        return ""
    return f"{ram} MB is no multiple of {MEMORY_STEP}; {nearest_memory(ram)} MB would be"


def nearest_memory(ram: int) -> int:
    """The next larger amount of memory, in MB, that vSphere takes."""
    return -(-ram // MEMORY_STEP) * MEMORY_STEP


def fit_trouble(wanted: Size, biggest: Size) -> str:
    """Why a server of this flavor cannot run on any single host or datastore (RG06); empty if one has room.

    A 0 in `biggest` is a size that is not known.
    """
    rows = (
        (wanted.vcpus, biggest.vcpus, "{} processors; the biggest host has {}"),
        (wanted.ram, biggest.ram, "{} MB of memory; the biggest host has {}"),
        (wanted.disk, biggest.disk, "{} GB of disk; the largest datastore has {}"),
    )
    return "; ".join(text.format(want, have) for want, have, text in rows if have and want > have)


def min_disk(virtual_size: int) -> int:
    """Whole GB of a root disk that holds an image of `virtual_size` bytes: the image's min_disk."""
    return -(-virtual_size // GIB)


def disk_trouble(root_disk: int, virtual_size: int) -> str:
    """Why an image of `virtual_size` bytes does not fit on a root disk of so many GB (IM06); empty where it does."""
    needed = min_disk(virtual_size)
    if root_disk == 0 or root_disk >= needed:
        return ""
    return f"the root disk has {root_disk} GB, the image needs {needed}"
