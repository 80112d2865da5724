"""The objects of a vCenter that the checks need, as frozen dataclasses. Ids are moIds ("domain-c7").

Different vCenters may use the same moId for different objects.
"""

from __future__ import annotations

from datetime import datetime

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import ABSENT, SecretRef
from mhv_tui.core.text import host_port


@dataclass(frozen=True)
class Certificate:
    """The certificate of a TLS port. `sha256` is its fingerprint AA:BB:...; `problem` is "" if it is accepted."""

    sha256: str
    pem: str
    names: tuple[str, ...] = ()
    issuer: str = ""
    not_after: datetime | None = None
    problem: str = ""
    """Why the certificate is not accepted: "untrusted", "name" or "expired"; "" if it is accepted."""
    self_signed: bool = False
    """True if the certificate is its own issuer; nova accepts only such a certificate as its own authority."""


@dataclass(frozen=True)
class About:
    """The product and its version (ServiceInstance.content.about); `api_type` is VirtualCenter or HostAgent (ESXi)."""

    name: str
    version: str
    build: str
    api_type: str
    instance_uuid: str


@dataclass(frozen=True)
class Nic:
    """A physical NIC of a host."""

    name: str
    link_mbit: int | None = None


@dataclass(frozen=True)
class Switch:
    """A standard switch of one host; `pnics` are the device names of its uplinks."""

    name: str
    pnics: tuple[str, ...] = ()
    mtu: int = 1500


@dataclass(frozen=True)
class HostPortGroup:
    """A standard port group on one host."""

    name: str
    switch: str
    vlan_id: int = 0


@dataclass(frozen=True)
class Host:
    """An ESXi host. `state` is connected, disconnected or notResponding; memory is in bytes."""

    id: str
    name: str
    cluster_id: str
    version: str = ""
    state: str = "connected"
    maintenance: bool = False
    cpu_threads: int = 0
    memory: int = 0
    switches: tuple[Switch, ...] = ()
    port_groups: tuple[HostPortGroup, ...] = ()
    nics: tuple[Nic, ...] = ()


@dataclass(frozen=True)
class Cluster:
    """A cluster; `path` is its inventory path (/DC0/host/DC0_C0). An unset DRS behaviour counts as fullyAutomated."""

    id: str
    name: str
    path: str
    datacenter: str
    host_ids: tuple[str, ...] = ()
    datastore_ids: tuple[str, ...] = ()
    network_ids: tuple[str, ...] = ()
    drs_enabled: bool = False
    drs_behavior: str = "fullyAutomated"
    ha_enabled: bool | None = None
    resource_pool_id: str = ""


@dataclass(frozen=True)
class Mount:
    """The mount of a datastore on one host."""

    host_id: str
    accessible: bool = True
    read_only: bool = False


@dataclass(frozen=True)
class Datastore:
    """A datastore; sizes are in bytes. `shared` is summary.multipleHostAccess, None if vCenter does not report it."""

    id: str
    name: str
    type: str
    capacity: int
    free: int
    datacenter: str = ""
    accessible: bool = True
    maintenance: str = "normal"
    shared: bool | None = None
    mounts: tuple[Mount, ...] = ()
    url: str = ""


@dataclass(frozen=True)
class Dvs:
    """A distributed switch, and the hosts that use it."""

    id: str
    name: str
    datacenter: str = ""
    host_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Network:
    """A network of a cluster. `kind` is standard, distributed or opaque; `binding` is earlyBinding, ephemeral, ..."""

    id: str
    name: str
    kind: str
    datacenter: str = ""
    dvs_id: str = ""
    binding: str = ""
    vlan_id: int | None = None
    """None if it has several VLANs (a trunk), a private one, or the login cannot read it."""
    host_ids: tuple[str, ...] = ()
    uplink: bool = False
    trunk: bool = False


@dataclass(frozen=True)
class Inventory:
    """The objects of a vCenter, read at one time."""

    about: About
    clusters: tuple[Cluster, ...] = ()
    hosts: tuple[Host, ...] = ()
    datastores: tuple[Datastore, ...] = ()
    networks: tuple[Network, ...] = ()
    switches: tuple[Dvs, ...] = ()

    def hosts_of(self, cluster: Cluster) -> tuple[Host, ...]:
        """The hosts of a cluster, sorted by name."""
        return tuple(sorted((h for h in self.hosts if h.id in cluster.host_ids), key=lambda h: h.name))

    def datastores_of(self, cluster: Cluster) -> tuple[Datastore, ...]:
        """The datastores that a cluster can use, sorted by name."""
        return tuple(sorted((d for d in self.datastores if d.id in cluster.datastore_ids), key=lambda d: d.name))

    def networks_of(self, cluster: Cluster) -> tuple[Network, ...]:
        """The networks that a cluster can use, sorted by name."""
        return tuple(sorted((n for n in self.networks if n.id in cluster.network_ids), key=lambda n: n.name))


@dataclass(frozen=True)
class VirtualMachine:
    """A VM; `openstack` is True if its extraConfig has nvp.vm-uuid, which nova sets."""

    id: str
    name: str
    power: str
    host_id: str
    openstack: bool = False
    network_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class VcenterLogin:
    """The login to a vCenter. `trust_kind` and `trust_value` are the fields of `core.answers.Trust`."""

    host: str
    port: int
    username: str
    trust_kind: str = "system"
    """How the certificate is verified: system, ca_file, sha256 or insecure."""
    trust_value: str = ""
    password: SecretRef = ABSENT

    @property
    def system(self) -> str:
        """The name of this vCenter in ids of changes: the host, and the port if it is not 443."""
        host = self.host.lower().rstrip(".")
        return host if self.port == 443 else host_port(host, self.port)
