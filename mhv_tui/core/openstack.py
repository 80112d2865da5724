"""The objects of an OpenStack cloud, as frozen dataclasses with the ids of the API."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import field
from datetime import datetime
from types import MappingProxyType

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.text import count, join_names

EMPTY: Mapping[str, str] = MappingProxyType({})

ENVIRONMENT_CLOUD = "envvars"
"""The name that openstacksdk gives to the login in the variables OS_AUTH_URL, OS_USERNAME, ... of the environment."""


@dataclass(frozen=True)
class CloudEntry:
    """A cloud that this machine has a login for."""

    name: str
    auth_url: str
    """"" if the entry does not have it itself."""
    source: str
    """The file of the entry, or "environment (OS_*)"."""


@dataclass(frozen=True)
class CloudEntries:
    """The clouds that `cloud.name` can name on this machine."""

    entries: tuple[CloudEntry, ...]
    file: str
    """The path of clouds.yaml; "" if there is none."""
    searched: tuple[str, ...]
    """The directories in which clouds.yaml is searched."""

    @property
    def sentence(self) -> str:
        """The names in clouds.yaml, or the places in which there is none; and the login of the environment, if any."""
        names = [entry.name for entry in self.entries if entry.source == self.file]
        others = [
            f"; {entry.name} is the login of the environment" for entry in self.entries if entry.name not in names
        ]
        if not self.file:
            return f"there is no clouds.yaml in {join_names(self.searched)}{''.join(others)}"
        listed = f"{count(len(names), 'cloud')}: {join_names(names)}" if names else "no clouds"
        return f"{self.file} has {listed}{''.join(others)}"

    @property
    def remedy(self) -> str:
        """What to do if `cloud.name` names none of them. An empty name lets `cloud.auth_url` count."""
        if self.entries:
            return "Set cloud.name to one of these clouds, or clear it and set cloud.auth_url."
        return "Clear cloud.name and set cloud.auth_url, or create a clouds.yaml that has this name."


@dataclass(frozen=True)
class CloudLogin:
    """The login to a cloud: the name of an entry in clouds.yaml, or the values of such an entry."""

    name: str = ""
    auth_url: str = ""
    username: str = ""
    project_name: str = ""
    user_domain_name: str = "Default"
    project_domain_name: str = "Default"
    region_name: str = ""
    ca_file: str = ""
    password: SecretRef | None = None
    """The reference to the password; None if clouds.yaml contains the password."""

    @property
    def system(self) -> str:
        """The name of this cloud in ids of changes: its entry in clouds.yaml or its host, and the region if set."""
        host = self.auth_url.rpartition("://")[2].partition("/")[0].rpartition("@")[2].lower()
        cloud = self.name or host.removesuffix(":5000").removesuffix(":443")
        return f"{cloud}/{self.region_name}" if self.region_name else cloud


@dataclass(frozen=True)
class Identity:
    """The user, the project and the roles of a login to the cloud."""

    username: str
    project: str
    roles: tuple[str, ...]
    auth_url: str
    region: str = ""


@dataclass(frozen=True)
class Versions:
    """The highest API versions ("2.93", or ""), and whether Neutron exists; together they identify the release."""

    compute_max: str
    image_max: str = ""
    volume_max: str = ""
    neutron: bool = True


@dataclass(frozen=True)
class Hypervisor:
    """A hypervisor, as os-hypervisors lists it."""

    id: str
    hostname: str
    type: str
    version: int = 0
    state: str = "up"
    status: str = "enabled"
    service_host: str = ""


@dataclass(frozen=True)
class Service:
    """A compute service, as os-services lists it."""

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
    """An agent, as Neutron lists it."""

    id: str
    type: str
    host: str
    alive: bool


@dataclass(frozen=True)
class Image:
    """A Glance image; `properties` has the custom properties, such as hypervisor_type and vmware_disktype."""

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
    """A flavor; `ram` is in MiB, `disk` in GiB."""

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
    """A host aggregate; `hosts` are the names of compute services."""

    id: str
    name: str
    availability_zone: str = ""
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Port:
    """A Neutron port with the result of its binding."""

    id: str
    vif_type: str
    vif_details: Mapping[str, str] = field(default_factory=lambda: EMPTY)


@dataclass(frozen=True)
class Server:
    """A server; `fault` is nova's message if the status is ERROR.

    `task_state` is the present step of nova's work on the server, such as spawning; "" if nova has no work with it.
    """

    id: str
    name: str
    status: str
    host: str = ""
    hypervisor_hostname: str = ""
    fault: str = ""
    task_state: str = ""


@dataclass(frozen=True)
class NewImage:
    """An image to create. Its id is chosen before the upload, so that an interrupted upload can be found."""

    id: str
    name: str
    disk_format: str
    container_format: str = "bare"
    visibility: str = "private"
    min_disk: int = 0
    properties: Mapping[str, str] = field(default_factory=lambda: EMPTY)


INCOMPLETE = frozenset(("queued", "saving", "uploading", "importing", "killed"))
"""The statuses of an image without its data; an upload keeps an image in any other status."""


def ids_of(image_id: str) -> tuple[str, ...]:
    """The ids that one upload tries in this order, because Glance refuses the id of a deleted image.

    The other ids are derived from the first one, so that the first id is enough to find the image.
    """
    return (image_id, *(str(uuid.uuid5(uuid.NAMESPACE_OID, f"{image_id} {number}")) for number in range(2, 10)))


@dataclass(frozen=True)
class NewServer:
    """A server that a smoke test boots."""

    name: str
    image_id: str
    flavor_id: str
    port_id: str = ""
    availability_zone: str = ""
    metadata: Mapping[str, str] = field(default_factory=lambda: EMPTY)
