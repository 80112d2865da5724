"""The answers of the page `image`: the file, and its name and properties in Glance."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass

DISK_TYPES = ("auto", "sparse", "streamOptimized", "preallocated", "thin", "thick", "eagerZeroedThick")
CONVERSIONS = ("auto", "qemu-img")
VISIBILITIES = ("private", "shared", "community", "public")


@dataclass(frozen=True)
class ImageAnswers:
    """The table [image] of the answer file."""

    source: str = answer_field(
        "The image file: qcow2, raw, vmdk, vhd(x), vdi or ova, also in gzip, xz, bzip2 or zstd. The content decides.",
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
    conversion: str = answer_field(
        "How the file is converted. auto: during the upload if mhv-tui can, else before the upload by qemu-img.",
        "auto",
        kind="choice",
        choices=CONVERSIONS,
        advanced=True,
    )
