"""The page `image`: one image that VMware can boot, converted if need be and uploaded."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import ask

DISK_TYPES = ("auto", "sparse", "streamOptimized", "preallocated", "thin", "thick", "eagerZeroedThick")
VISIBILITIES = ("private", "shared", "community", "public")


@dataclass(frozen=True)
class ImageAnswers:
    """The table [image] of the answer file."""

    source: str = ask(
        "The image on this machine: qcow2, raw, vmdk, vhd, vhdx or vdi; what it is is read from its bytes.",
        kind="path",
        required=True,
        example="ubuntu.qcow2",
    )
    name: str = ask("Its name in Glance.", required=True, example="ubuntu-vmware")
    disk_type: str = ask(
        "What it is uploaded as (vmware_disktype); auto: from the release and the datastore.",
        "auto",
        kind="choice",
        choices=DISK_TYPES,
    )
    visibility: str = ask("Who may use it.", "private", kind="choice", choices=VISIBILITIES)
    vmware_ostype: str = ask(
        "The guest's vSphere guestId (vmware_ostype); empty: otherGuest, which boots everything.",
        example="ubuntu64Guest",
        advanced=True,
    )
