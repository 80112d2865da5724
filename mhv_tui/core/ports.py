"""The seams to the outside: what steps and changes may ask of a vCenter, a cloud, a machine and this machine.

Two worlds fill them: the adapters (real parts) and the demo world. Every method raises Trouble with a catalogue
code when the far side says no, has its own time limit, and returns our own frozen values only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from mhv_tui.core import machine, openstack, vsphere
from mhv_tui.core.secret import Revealed, SecretRef

Tick = Callable[[int, int], None]
"""Progress of one call: done and total, in the unit the method's docstring names."""


class Vcenter(Protocol):
    """One logged-in vCenter. Reading never changes anything; each writing method is one API task, waited for."""

    def inventory(self) -> vsphere.Inventory:
        """Everything the checks need, in a bounded number of calls however large the vCenter is."""

    def missing_privileges(self, wanted: Mapping[str, Sequence[str]]) -> Mapping[str, tuple[str, ...]]:
        """`wanted`: object id ("" = root folder) -> privilege ids. Returns those the login lacks, by object."""

    def clock(self) -> datetime:
        """The vCenter's own time (ServiceInstance.CurrentTime), UTC."""

    def extensions(self) -> frozenset[str]:
        """The keys of the registered extensions."""

    def virtual_machines(self, cluster_id: str) -> tuple[vsphere.VirtualMachine, ...]:
        """The VMs of a cluster."""

    def resource_pools(self, cluster_id: str) -> tuple[str, ...]:
        """The names of the resource pools and vApps that were made in a cluster, which live and die with its DRS."""

    def add_port_group(self, host_id: str, name: str, switch: str, vlan_id: int) -> None:
        """A standard port group on one host."""

    def remove_port_group(self, host_id: str, name: str) -> None:
        """Removes a standard port group from one host; NW17 where something uses it."""

    def add_distributed_port_group(self, dvs_id: str, name: str, vlan_id: int) -> str:
        """A distributed port group with ephemeral binding; returns its id."""

    def remove_distributed_port_group(self, network_id: str) -> None:
        """Removes a distributed port group."""

    def set_drs(self, cluster_id: str, enabled: bool, behavior: str) -> None:
        """DRS of a cluster on or off; behaviour fullyAutomated, partiallyAutomated or manual."""


class Cloud(Protocol):
    """One authenticated OpenStack cloud."""

    def identity(self) -> openstack.Identity:
        """Who we are and which roles the token carries."""

    def versions(self) -> openstack.Versions:
        """The version documents' maxima."""

    def hypervisors(self) -> tuple[openstack.Hypervisor, ...]: ...

    def services(self) -> tuple[openstack.Service, ...]:
        """The compute services (os-services)."""

    def agents(self) -> tuple[openstack.Agent, ...]:
        """Neutron's agents; empty under nova-network."""

    def images(self) -> tuple[openstack.Image, ...]: ...

    def flavors(self) -> tuple[openstack.Flavor, ...]: ...

    def networks(self) -> tuple[openstack.CloudNetwork, ...]: ...

    def aggregates(self) -> tuple[openstack.Aggregate, ...]: ...

    def zones(self) -> tuple[str, ...]:
        """The availability zones' names."""

    def create_aggregate(self, name: str, zone: str) -> str:
        """Returns the new aggregate's id."""

    def delete_aggregate(self, aggregate_id: str) -> None: ...

    def add_to_aggregate(self, aggregate_id: str, host: str) -> None: ...

    def remove_from_aggregate(self, aggregate_id: str, host: str) -> None: ...

    def delete_service(self, service: openstack.Service) -> None:
        """Deletes a compute service's record, and with it its compute node, its resource provider and its host mapping.

        Nova keeps the mapping before 15.1.5, 16.1.5, 17.0.5 and 18.0.0; Trouble where the API has no way (Havana).
        """

    def set_service(self, service: openstack.Service, enabled: bool, reason: str = "") -> None: ...

    def set_image_properties(self, image_id: str, properties: Mapping[str, str | None]) -> None:
        """Sets each property; None takes it away."""

    def upload_image(self, image: openstack.NewImage, source: Path, tick: Tick) -> openstack.Image:
        """Creates the image under its own id and uploads the file (bytes). On failure nothing is left behind."""

    def delete_image(self, image_id: str) -> None:
        """Deletes an image; one that is not there is done already."""

    def create_port(self, network_id: str, name: str, host: str = "") -> openstack.Port:
        """A port; with `host`, bound there, so that its vif_type shows what the back end makes of it."""

    def ports(self, name: str) -> tuple[openstack.Port, ...]:
        """The ports of exactly that name; empty under nova-network."""

    def delete_port(self, port_id: str) -> None: ...

    def create_server(self, server: openstack.NewServer) -> openstack.Server: ...

    def server(self, server_id: str) -> openstack.Server | None:
        """None where there is no such server (any more)."""

    def servers(self, name: str) -> tuple[openstack.Server, ...]:
        """The servers of exactly that name, in our project."""

    def servers_on(self, host: str) -> tuple[openstack.Server, ...]:
        """The servers of all projects on a compute service's host."""

    def delete_server(self, server_id: str) -> None:
        """Asks for the deletion; returns at once."""


class Node(Protocol):
    """One machine over SSH, in verbs, as root where needed; scripts and package tools are the adapter's business."""

    def survey(self, question: machine.Question) -> machine.Survey:
        """Everything asked, in one round trip. Read-only."""

    def read(self, path: str) -> machine.RemoteFile | None:
        """A file with mode and owner; None where there is none."""

    def write(self, path: str, file: machine.RemoteFile) -> None:
        """Writes a file atomically with exactly that mode, owner and group; makes missing parents (0755)."""

    def copy(self, source: str, target: str) -> None:
        """Copies a file there with mode and owner (a backup; 0600 root where `source` is secret is kept by -p)."""

    def remove(self, path: str) -> None:
        """Removes a file; one that is not there is done already."""

    def installed(self) -> Mapping[str, str]:
        """Every package that is there and its version, half-configured ones among them."""

    def install(self, job: str, packages: Sequence[str], heard: Callable[[int, str], None]) -> None:
        """Installs detached from us under the job's name, or re-attaches to it; `heard` gets percent and last line.

        Services are not started by the installation. Trouble with the package tool's own last words on failure.
        """

    def brought(self, job: str) -> frozenset[str] | None:
        """The packages that the installations of that job unpacked, killed ones among them; what others did is not.

        None where one of them kept no record, as those of earlier versions did.
        """

    def forget(self, job: str) -> None:
        """What a job that is over installed has been taken back: the next of that name is a new one."""

    def purge(self, packages: Sequence[str]) -> None:
        """Purges these packages, and only these."""

    def refresh_packages(self) -> None:
        """Brings the package lists up to date."""

    def unit(self, name: str, verb: str) -> None:
        """systemctl VERB: enable, disable, start, stop, restart, reset-failed, daemon-reload ("" as name)."""

    def journal(self, unit: str, lines: int = 200) -> str:
        """The last lines of a unit's journal, and of its log under /var/log/nova where it has one."""

    def run(self, argv: Sequence[str], *, stdin: Revealed | None = None, timeout: float = 120.0) -> machine.Completed:
        """Runs one command as root, quoted by us; secrets go by stdin, never by argv."""


class Local(Protocol):
    """This machine: the image to convert and the tool that converts it."""

    def stat(self, path: Path) -> tuple[int, float] | None:
        """Size in bytes and mtime; None where there is no such file."""

    def opened(self, path: Path) -> AbstractContextManager[Path]:
        """A path that leads to this very file until the end, whatever is put in its place meanwhile."""

    def head(self, path: Path, count: int) -> bytes:
        """The first `count` bytes of a regular file; any other is a Trouble, never a wait."""

    def tail(self, path: Path, count: int) -> bytes:
        """The last `count` bytes; b"" if they are not known (simulated files)."""

    def free_space(self, directory: Path) -> int:
        """Bytes free for us there."""

    def qemu_img(self) -> str:
        """Its version ("7.2.22"), or "" where there is none."""

    def convert(self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, tick: Tick) -> None:
        """qemu-img convert to VMDK; ticks in percent. The target is complete or absent.

        Judges the file right before: raises Trouble if it is not of that format or could lead to another file.
        """

    def sha256(self, path: Path, tick: Tick) -> str:
        """Hex digest of a file; ticks in bytes."""

    def scratch(self) -> AbstractContextManager[Path]:
        """A directory of ours that is gone afterwards."""


class Backend(Protocol):
    """All of the outside. Connections are kept for the run; a refused login is tried again only once forgiven."""

    local: Local

    def certificate(self, host: str, port: int, ca_file: str = "") -> vsphere.Certificate:
        """What the port shows, and whether the system (or `ca_file`) accepts it. No login."""

    def vcenter(self, login: vsphere.VcenterLogin) -> Vcenter: ...

    def cloud(self, login: openstack.CloudLogin) -> Cloud: ...

    def node(self, host: machine.SshHost) -> Node: ...

    def reveal(self, ref: SecretRef) -> Revealed:
        """A secret of the answers that has to be written on the far side, such as vCenter's password in nova.conf.

        Raises SecretMissing.
        """

    def host_key(self, host: machine.SshHost) -> str:
        """SHA256:... of the key the machine shows now, before any login."""

    def forgive(self) -> None:
        """Refused logins may be tried once more: only where the operator asked for it, for tries lock accounts."""

    def now(self) -> datetime:
        """This machine's time, UTC."""

    def sleep(self, seconds: float) -> None:
        """Waits; the simulated world's clock jumps instead."""

    def close(self) -> None:
        """Ends every connection."""


def names(things: Iterable[object]) -> str:
    """`a, b and c`, for sentences."""
    words = [str(t) for t in things]
    return words[0] if len(words) == 1 else ", ".join(words[:-1]) + " and " + words[-1] if words else "none"
