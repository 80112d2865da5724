"""Filters for images of Glance, as the module openstack.cloud.resources lists them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypedDict

ATTRIBUTES = ("hypervisor_type", "vmware_adaptertype", "vmware_ostype")
"""The properties that openstacksdk lists beside `properties`."""

SOURCE = "mhv_source"
"""The property that identifies the source file of an image; an image without it was uploaded by others."""

Properties = Mapping[str, str]


class ImageRow(TypedDict, total=False):
    """The fields of a listed image that the filters read."""

    name: str
    status: str
    disk_format: str
    properties: dict[str, str] | None
    hypervisor_type: str | None
    vmware_adaptertype: str | None
    vmware_ostype: str | None
    tag: str


class HypervisorKind(TypedDict):
    """A kind of hypervisor: the types that it shows, its hypervisor_type, and the disk formats that it boots."""

    types: list[str]
    tag: str
    formats: list[str]


def properties_of(image: ImageRow) -> dict[str, str]:
    """The properties of an image with the names that nova reads."""
    attributes = {name: str(value) for name in ATTRIBUTES if (value := image.get(name))}
    return {**(image.get("properties") or {}), **attributes}


def image_repairs(image: ImageRow, properties: Properties) -> dict[str, str]:
    """The properties to correct. An image that others uploaded gets only its hypervisor_type."""
    current = properties_of(image)
    names = list(properties) if SOURCE in current else ["hypervisor_type"]
    return {name: properties[name] for name in names if name != SOURCE and current.get(name) != properties[name]}


def images_to_tag(
    images: Sequence[ImageRow], hypervisor_types: Sequence[str], kinds: Sequence[HypervisorKind]
) -> list[ImageRow]:
    """The active images without hypervisor_type that exactly one kind of hypervisor boots, each with this `tag`."""
    rows: list[ImageRow] = []
    for image in images:
        properties = properties_of(image)
        if image["status"] == "active" and not properties.get("hypervisor_type", properties.get("img_hv_type")):
            tag = tag_of(image["disk_format"], properties, hypervisor_types, kinds)
            rows += [{**image, "tag": tag}] if tag else []
    return rows


def tag_of(
    disk_format: str, properties: Properties, hypervisor_types: Sequence[str], kinds: Sequence[HypervisorKind]
) -> str:
    """The hypervisor_type for an image; "" if several kinds of hypervisors of this cloud can boot it."""
    if any(name.startswith("vmware") for name in properties):
        return "vmware"
    if any(kind["tag"] == "vmware" and disk_format in kind["formats"] for kind in kinds):
        return ""
    own = [kind for kind in kinds if kind["tag"] != "vmware" and set(kind["types"]) & set(hypervisor_types)]
    tags = {str(kind["tag"]) for kind in own if disk_format in kind["formats"]}
    return tags.pop() if len(tags) == 1 else ""


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., object]]:
        return {"image_repairs": image_repairs, "images_to_tag": images_to_tag}
