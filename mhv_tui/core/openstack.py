"""What a cloud answers, in our own frozen words. Ids are the API's own."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType

from mhv_tui.core.secret import SecretRef

EMPTY: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True)
class CloudLogin:
    """Which cloud: an entry of clouds.yaml, or the values themselves."""

    name: str = ""
    auth_url: str = ""
    username: str = ""
    project_name: str = ""
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    region_name: str = ""
    ca_file: str = ""
    password: SecretRef | None = None
    """None if clouds.yaml has it."""

    @property
    def system(self) -> str:
        """The cloud as ids of changes name it: its entry in clouds.yaml or auth_url's host, and the region if given."""
        host = self.auth_url.rpartition("://")[2].partition("/")[0].rpartition("@")[2].lower()
        cloud = self.name or host.removesuffix(":5000").removesuffix(":443")
        return f"{cloud}/{self.region_name}" if self.region_name else cloud


@dataclass(frozen=True)
class Identity:
    """Who we are there."""

    username: str
    project: str
    roles: tuple[str, ...]
    auth_url: str
    region: str = ""


@dataclass(frozen=True)
class Versions:
    """What tells the release: maxima of the version documents ("2.93", or ""), and what serves networks."""

    compute_max: str
    image_max: str = ""
    volume_max: str = ""
    neutron: bool = True


@dataclass(frozen=True)
class Hypervisor:
    """A row of os-hypervisors."""

    id: str
    hostname: str
    type: str
    version: int = 0
    state: str = "up"
    status: str = "enabled"
    service_host: str = ""


@dataclass(frozen=True)
class Service:
    """A row of os-services."""

    id: str
    binary: str
    host: str
    state: str
    status: str
    zone: str = ""
    disabled_reason: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True)
class Agent:
    """A Neutron agent."""

    id: str
    type: str
    host: str
    alive: bool


@dataclass(frozen=True)
class Image:
    """A Glance image; `properties` are the free ones, with hypervisor_type and the vmware_ ones among them."""

    id: str
    name: str
    status: str
    disk_format: str = ""
    container_format: str = ""
    size: int = 0
    min_disk: int = 0
    checksum: str = ""
    hash_algo: str = ""
    hash_value: str = ""
    visibility: str = "private"
    properties: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class Flavor:
    """A flavor; RAM in MiB, disk in GiB."""

    id: str
    name: str
    ram: int
    vcpus: int
    disk: int


@dataclass(frozen=True)
class CloudNetwork:
    """A Neutron (or nova-network) network."""

    id: str
    name: str
    subnet_ids: tuple[str, ...] = ()
    provider_type: str = ""
    physical_network: str = ""


@dataclass(frozen=True)
class Aggregate:
    """A host aggregate."""

    id: str
    name: str
    availability_zone: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """A port with what the binding made of it."""

    id: str
    vif_type: str
    vif_details: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class Server:
    """A server; `fault` is nova's message where the status is ERROR."""

    id: str
    name: str
    status: str
    host: str = ""
    hypervisor_hostname: str = ""
    fault: str = ""


@dataclass(frozen=True)
class NewImage:
    """An image to be made; the id is chosen by us, so that an interrupted upload is known again."""

    id: str
    name: str
    disk_format: str
    container_format: str = "bare"
    visibility: str = "private"
    min_disk: int = 0
    properties: Mapping[str, str] = field(default_factory=lambda: EMPTY)


def ids_of(image_id: str) -> tuple[str, ...]:
    """The ids that one upload may use, in this order. Glance accepts no id twice, not even a deleted image's.

    The later ids are derived from the first, so that the first one suffices to find the image.
    """
    return (image_id, *(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{image_id} {number}")) for number in range(2, 10)))


@dataclass(frozen=True)
class NewServer:
    """A server to be booted for a proof."""

    name: str
    image_id: str
    flavor_id: str
    port_id: str = ""
    availability_zone: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: EMPTY)
