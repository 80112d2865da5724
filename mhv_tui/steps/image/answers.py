"""The answers of the page `image`: the file, and its name and properties in Glance."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass

DISK_TYPES = ("auto", "sparse", "streamOptimized", "preallocated", "thin", "thick", "eagerZeroedThick")
VISIBILITIES = ("private", "shared", "community", "public")


@dataclass(frozen=True)
class ImageAnswers:
    """The table [image] of the answer file."""

    source: str = answer_field(
        "The image file on this machine: qcow2, raw, vmdk, vhd, vhdx or vdi. The content decides the format.",
        kind="path",
        required=True,
        example="ubuntu.qcow2",
    )
    name: str = answer_field("The image's name in Glance.", required=True, example="ubuntu-vmware")
    disk_type: str = answer_field(
        "The image's vmware_disktype. auto: mhv-tui chooses it for the release, the datastore and the node.",
        "auto",
        kind="choice",
        choices=DISK_TYPES,
    )
    visibility: str = answer_field("Who may use the image in Glance.", "private", kind="choice", choices=VISIBILITIES)
    vmware_ostype: str = answer_field(
        "The vSphere guestId of the operating system (vmware_ostype). Empty: otherGuest, which suits every system.",
        example="ubuntu64Guest",
        advanced=True,
    )
