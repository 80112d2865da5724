"""What an operator does about an existing image, with the values that are possible and the command that writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from mhv_tui.core.openstack import Image
from mhv_tui.domain.hypervisors import HypervisorKind
from mhv_tui.domain.image_meta import VMWARE, disk_types
from mhv_tui.domain.releases import Release
from mhv_tui.domain.tables import read

SAVE = "openstack image save --file FILE {image}"


def set_property(image: str, name: str, value: str) -> str:
    """The command that sets a property of the image with this name."""
    return f"openstack image set --property {name}={value} {quote(image)}"


def disk_type_remedy(image: str, name: str, release: Release) -> str:
    """How to read the type of an image's file, and how to set it as the property `name` of nova of `release`.

    qemu-img shows createType of a VMDK file as "create type", and "raw" as the file format of bare data.
    """
    rows: Mapping[str, Mapping[str, Any]] = read("images")["disk_types"]
    types: dict[str, list[str]] = {}
    for disk_type in disk_types(release):
        for subtype in rows[disk_type]["subtypes"]:
            types.setdefault(subtype, []).append(disk_type)
    values = "; ".join(f"{' or '.join(names)} for {kind}" for kind, names in types.items())
    saved = SAVE.format(image=quote(image))
    shows = f"{saved}, then qemu-img info FILE shows its create type (raw has none)"
    read_type = f"mhv-tui does not read the data of this image: {shows}"
    return f"Run {set_property(image, name, 'TYPE')}. TYPE is {values}. {read_type}"


def tag_remedy(image: Image, able: Mapping[str, HypervisorKind], kinds: Sequence[HypervisorKind]) -> str:
    """How to set the tag of an image without hypervisor_type.

    `able`: the types of the hypervisors that boot it, `kinds`: all hypervisors of the cloud.
    """
    if not able:
        formats = " or ".join(dict.fromkeys(kind.formats[0] for kind in kinds))
        return f"Convert the disk to {formats}, and upload it as another image. Then delete this image."
    tags = dict.fromkeys(kind.tag for kind in able.values())
    shown = {tag: " or ".join(name for name, kind in able.items() if kind.tag == tag) for tag in tags}
    values = "; ".join(f"{tag} for {names}" for tag, names in shown.items())
    return f"Run {set_property(image.name, 'hypervisor_type', 'TAG')}. TAG is {values}."


def format_remedy(image: Image, kinds: Sequence[HypervisorKind]) -> str:
    """What to do about an image for VMware with a disk_format that vCenter does not boot. `kinds`: the hypervisors."""
    save = SAVE.format(image=quote(image.name))
    convert = f"For vCenter: {save}, then set image.source to this file: mhv-tui converts and uploads it"
    tags = list(dict.fromkeys(k.tag for k in kinds if k.tag != VMWARE and image.disk_format in k.formats))
    if not tags:
        return f"{convert}."
    unset = "".join(f" --property {name}" for name in sorted(image.properties) if name.startswith(VMWARE))
    more = f", then openstack image unset{unset} {quote(image.name)}" if unset else ""
    other = " or ".join(set_property(image.name, "hypervisor_type", tag) for tag in tags)
    return f"{convert}. For another hypervisor: {other}{more}."
