"""The ports: what steps and changes can do with a vCenter, a cloud, a machine over SSH and this machine.

Two packages implement them: `adapters` for real systems and `demo` for simulated ones. If the remote side refuses a
call, the method raises FindingError with a code of the catalogue. Each method has its own time limit and returns frozen
values of `core` only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mhv_tui.core import machine, openstack, vsphere
    from mhv_tui.core.local import Local
    from mhv_tui.core.secret import Revealed, SecretRef
    from mhv_tui.core.streams import ByteStream

OnProgress = Callable[[int, int], None]
"""A callback with the amount done and the total; the docstring of each method names the unit."""

OnUpload = Callable[[int, int, str], None]
"""A callback with the bytes sent, the total, and why the upload began again ("" in the first try)."""


class Vcenter(Protocol):
    """One logged-in vCenter. Each method that changes something runs one API task and waits for its end."""

    def inventory(self) -> vsphere.Inventory:
        """All objects that the checks need. The number of calls does not grow with the size of the vCenter."""

    def missing_privileges(self, required: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """Object id -> privileges that the login lacks on this object.

        `required` has object id -> required privilege ids; the id "" is the root folder.
        """

    def clock(self) -> datetime:
        """The current time of the vCenter (ServiceInstance.CurrentTime), in UTC."""

    def extensions(self) -> frozenset[str]:
        """The keys of the extensions that are registered in the vCenter."""

    def virtual_machines(self, cluster_id: str) -> tuple[vsphere.VirtualMachine, ...]: ...

    def resource_pools(self, cluster_id: str) -> tuple[str, ...]:
        """The names of the resource pools and vApps in a cluster. vCenter deletes them if DRS is switched off."""

    def add_port_group(self, host_id: str, name: str, switch: str, vlan_id: int) -> None:
        """Adds a standard port group to one host."""

    def remove_port_group(self, host_id: str, name: str) -> None:
        """Removes a standard port group from one host. Raises FindingError NW17 if it is in use."""

    def add_distributed_port_group(self, dvs_id: str, name: str, vlan_id: int) -> str:
        """Adds a distributed port group with ephemeral binding and returns its id."""

    def remove_distributed_port_group(self, network_id: str) -> None: ...

    def set_drs(self, cluster_id: str, enabled: bool, behavior: str) -> None:
        """Switches DRS of a cluster on or off. `behavior` is fullyAutomated, partiallyAutomated or manual."""


class Cloud(Protocol):
    """One authenticated OpenStack cloud."""

    def identity(self) -> openstack.Identity:
        """The user, the project and the roles of the login."""

    def versions(self) -> openstack.Versions:
        """The highest API versions that the services offer."""

    def hypervisors(self) -> tuple[openstack.Hypervisor, ...]: ...

    def services(self) -> tuple[openstack.Service, ...]:
        """The compute services (os-services)."""

    def agents(self) -> tuple[openstack.Agent, ...]:
        """The agents of Neutron; empty if the cloud uses nova-network."""

    def images(self) -> tuple[openstack.Image, ...]: ...

    def flavors(self) -> tuple[openstack.Flavor, ...]: ...

    def networks(self) -> tuple[openstack.CloudNetwork, ...]: ...

    def aggregates(self) -> tuple[openstack.Aggregate, ...]: ...

    def zones(self) -> tuple[str, ...]:
        """The names of the availability zones."""

    def create_aggregate(self, name: str, zone: str) -> str:
        """Creates a host aggregate with an availability zone; returns its id."""

    def delete_aggregate(self, aggregate_id: str) -> None: ...

    def add_to_aggregate(self, aggregate_id: str, host: str) -> None: ...

    def remove_from_aggregate(self, aggregate_id: str, host: str) -> None: ...

    def delete_service(self, service: openstack.Service) -> None:
        """Deletes the record of a compute service, with its compute node, resource provider and host mapping.

        Nova before 15.1.5, 16.1.5, 17.0.5 and 18.0.0 keeps the host mapping. Raises FindingError if the API cannot
        delete services (Havana).
        """

    def set_service(self, service: openstack.Service, enabled: bool, reason: str = "") -> None: ...

    def set_image_properties(self, image_id: str, properties: Mapping[str, str | None]) -> None:
        """Sets properties of an image; the value None removes a property."""

    def upload_image(self, image: openstack.NewImage, source: ByteStream, on_upload: OnUpload) -> openstack.Image:
        """Creates an image with the id in `image`, or another one of its `ids_of`, and uploads its bytes.

        Tries again after a failure that may pass. Whatever `on_upload` raises ends the upload. Failures leave no image.
        """

    def delete_image(self, image_id: str) -> None:
        """Deletes an image. A missing image is not an error."""

    def create_port(self, network_id: str, name: str, host: str = "") -> openstack.Port:
        """Creates a port. If `host` is set, Neutron binds the port to this host; its vif_type shows the result."""

    def ports(self, name: str) -> tuple[openstack.Port, ...]:
        """The ports with exactly this name; empty if the cloud uses nova-network."""

    def delete_port(self, port_id: str) -> None: ...

    def create_server(self, server: openstack.NewServer) -> openstack.Server: ...

    def server(self, server_id: str) -> openstack.Server | None:
        """A server by its id; None if it does not exist."""

    def servers(self, name: str) -> tuple[openstack.Server, ...]:
        """The servers with exactly this name in the project of the login."""

    def servers_on(self, host: str) -> tuple[openstack.Server, ...]:
        """The servers of all projects on the host of a compute service."""

    def delete_server(self, server_id: str) -> None:
        """Requests the deletion of a server and returns at once."""


class Node(Protocol):
    """One machine over SSH. Commands run as root if needed; the adapter chooses the scripts and the package tool."""

    def survey(self, request: machine.SurveyRequest) -> machine.Survey:
        """Reads all requested facts in one round trip. Changes nothing."""

    def read(self, path: str) -> machine.RemoteFile | None:
        """The content, mode, owner and group of a file; None if the file does not exist."""

    def write(self, path: str, file: machine.RemoteFile) -> None:
        """Writes a file atomically with exactly this mode, owner and group. Creates missing directories (0755)."""

    def copy(self, source: str, target: str) -> None:
        """Copies a file on the machine, with mode and owner, as a backup."""

    def remove(self, path: str) -> None:
        """Removes a file. A missing file is not an error."""

    def installed(self) -> Mapping[str, str]:
        """The version of each installed package, half-configured ones included."""

    def install(self, job: str, packages: Sequence[str], on_progress: Callable[[int, str], None]) -> None:
        """Installs packages in a detached job with the name `job`, or attaches to the running job with this name.

        `on_progress` receives the percentage and the new lines of output. The installation starts no services. Raises
        FindingError with the last lines of the package tool if the installation fails.
        """

    def unpacked_packages(self, job: str) -> frozenset[str] | None:
        """The packages that all runs of a job unpacked, also interrupted runs; without packages that others installed.

        None if one of the runs kept no record of its packages, as in earlier versions of mhv-tui.
        """

    def discard_job(self, job: str) -> None:
        """Discards a finished job after its packages were removed, so that its name can be reused."""

    def purge(self, packages: Sequence[str]) -> None:
        """Purges these packages and no other packages."""

    def refresh_packages(self) -> None:
        """Updates the package lists of the machine."""

    def unit(self, name: str, verb: str) -> None:
        """Runs `systemctl VERB NAME`: enable, disable, start, stop, restart, reset-failed, daemon-reload (no name)."""

    def journal(self, unit: str, lines: int = 200) -> str:
        """The last lines of a unit's journal, and of the unit's log under /var/log/nova, if any."""

    def run(self, argv: Sequence[str], *, stdin: Revealed | None = None, timeout: float = 120.0) -> machine.Completed:
        """Runs one command as root. The adapter quotes `argv`. Pass secrets in `stdin`, never in `argv`."""


class Backend(Protocol):
    """Access to all remote systems and to this machine. Each connection is opened once and kept for the run.

    A refused login is tried again only after `allow_login_retry`.
    """

    @property
    def local(self) -> Local:
        """This machine."""

    def certificate(self, host: str, port: int, ca_file: str = "") -> vsphere.Certificate:
        """The certificate of a TLS port, checked with the authorities of this machine or `ca_file`; does not log in."""

    def vcenter(self, login: vsphere.VcenterLogin) -> Vcenter: ...

    def cloud(self, login: openstack.CloudLogin) -> Cloud: ...

    def node(self, host: machine.SshHost) -> Node: ...

    def reveal(self, ref: SecretRef) -> Revealed:
        """The value of a secret that must be written to a machine, such as vCenter's password in nova.conf.

        Raises SecretMissing if it is not available.
        """

    def host_key(self, host: machine.SshHost) -> str:
        """The current SSH host key of a machine as SHA256:...; does not log in."""

    def allow_login_retry(self) -> None:
        """Allows one more attempt for each refused login. Call it only for the operator: attempts can lock accounts."""

    def now(self) -> datetime:
        """The current time of this machine, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Waits; in a simulation, sets the simulated clock forward instead."""

    def close(self) -> None:
        """Closes all connections to remote systems, and removes the temporary files of killed runs on this machine."""
