"""The answers of the page `image`: the file, its name in Glance, and its kind there."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field

DISK_TYPES = ("auto", "sparse", "streamOptimized", "preallocated", "thin", "thick", "eagerZeroedThick")
VISIBILITIES = ("private", "shared", "community", "public")


@dataclass(frozen=True)
class ImageAnswers:
    """The table [image] of the answer file."""

    source: str = answer_field(
        "The image on this machine: qcow2, raw, vmdk, vhd, vhdx or vdi; the format is read from its bytes.",
        kind="path",
        required=True,
        example="ubuntu.qcow2",
    )
    name: str = answer_field("Its name in Glance.", required=True, example="ubuntu-vmware")
    disk_type: str = answer_field(
        "What it is uploaded as (vmware_disktype); auto: from the release, the datastore and the node.",
        "auto",
        kind="choice",
        choices=DISK_TYPES,
    )
    visibility: str = answer_field("Who may use it.", "private", kind="choice", choices=VISIBILITIES)
    vmware_ostype: str = answer_field(
        "The guest's vSphere guestId (vmware_ostype); empty: otherGuest, which boots everything.",
        example="ubuntu64Guest",
        advanced=True,
    )
