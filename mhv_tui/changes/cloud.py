"""Changes in the cloud: map a host to its cell, put a host into an availability zone, set properties of an image.

Undo removes only aggregates, hosts and properties that are still as the change left them.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Effect, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError, StillUsed
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import Aggregate, CloudLogin, Image
from mhv_tui.core.ports import Cloud
from mhv_tui.core.text import as_lines, join_names
from mhv_tui.domain.catalogue import finding

COMMAND_WITHIN = 300.0
"""Seconds within which nova-manage must end."""

MAPPED_WITHIN = 30.0
"""Seconds to wait until the API lists the hypervisor of a newly mapped host."""


def discover_id(cloud: CloudLogin, service_host: str) -> str:
    """The id of the change that maps a host to its cell; the same on every controller."""
    return change_id("discover", cloud.system, service_host)


@dataclass(frozen=True, kw_only=True)
class DiscoverHosts(Change):
    """Runs `nova-manage cell_v2 discover_hosts` on the controller, which maps a host to its cell."""

    controller: SshHost
    command: str
    service_host: str
    cloud: CloudLogin

    @property
    def id(self) -> str:
        return discover_id(self.cloud, self.service_host)

    @property
    def shared(self) -> str:
        """The cell: nova-manage fails if it maps the same host twice at once."""
        return change_id("cell", self.cloud.system)

    @property
    def summary(self) -> str:
        return f"map {self.service_host} to its cell with nova-manage on {self.controller}"

    def undo_summary(self, receipt: Receipt) -> str:
        if version := receipt.get("kept_by"):
            return f"keep the host mapping of {self.service_host}: nova {version} does not delete it; it is harmless"
        return f"delete the cell mapping of {self.service_host}: nova does it with the service record (see below)"

    def undo_effect(self, receipt: Receipt) -> Effect:
        return "keep" if receipt.get("kept_by") else "delete"

    @property
    def argv(self) -> list[str]:
        return [*shlex.split(self.command), "cell_v2", "discover_hosts", "--verbose"]

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        return as_lines(f"on {self.controller}: {shlex.join(self.argv)}")

    def before(self, ctx: Context) -> Receipt:
        return {"listed": self._listed(ctx)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Runs discover_hosts and waits until the API lists the hypervisor."""
        ctx.on_progress(0, int(COMMAND_WITHIN), "seconds", f"waiting until nova-manage on {self.controller} has ended")
        done = ctx.backend.node(self.controller).run(self.argv, timeout=COMMAND_WITHIN)
        lines = (done.err or done.out).strip().splitlines() or ["no output"]
        ctx.on_log(f"nova-manage on {self.controller}", lines)
        if done.code:
            detail = f"{shlex.join(self.argv)}: {lines[-1]}"
            raise FindingError(finding("RG01", "failure", detail, subject=self.service_host))
        waited = 0.0
        while not self._listed(ctx):
            if waited >= MAPPED_WITHIN:
                detail = (
                    f"the hypervisor of {self.service_host} is not listed {waited:.0f} s after discover_hosts; "
                    f"the last line of its output is: {lines[-1]}"
                )
                raise FindingError(finding("RG01", "failure", detail, subject=self.service_host))
            note = f"waiting until nova lists the hypervisor of {self.service_host}"
            ctx.on_progress(int(waited), int(MAPPED_WITHIN), "seconds", note)
            ctx.backend.sleep(2.0)
            waited += 2.0
        return self._kept_mapping(ctx)

    def _kept_mapping(self, ctx: Context) -> Receipt:
        """The receipt for a nova release that keeps the host mapping of a deleted service; {} for other releases."""
        try:
            output = ctx.backend.node(self.controller).run([*shlex.split(self.command), "--version"])
        except FindingError:  # The host is mapped; the version is only needed for a hint.
            return {}
        # Python 2 prints the version on stderr, among warnings.
        version = next(iter(re.findall(r"^[0-9]+(?:\.[0-9]+){2}", f"{output.out}\n{output.err}", re.MULTILINE)), "")
        if not keeps_mapping(version):
            return {}
        note = f"nova {version} keeps the host mapping if undo deletes the service; the mapping is harmless"
        ctx.on_progress(0, 0, "", note)
        return {"kept_by": version}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Does nothing, as `undo_summary` says. Some of the releases that keep the mapping lack `delete_host`."""

    def _listed(self, ctx: Context) -> bool:
        return any(h.service_host == self.service_host for h in ctx.backend.cloud(self.cloud).hypervisors())


def keeps_mapping(version: str) -> bool:
    """True if this nova version keeps the host mapping of a deleted service: before 15.1.5, 16.1.5, 17.0.5, 18.0.0."""
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    return any((series,) <= numbers < (series, *fixed) for series, fixed in ((15, (1, 5)), (16, (1, 5)), (17, (0, 5))))


@dataclass(frozen=True, kw_only=True)
class JoinZone(Change):
    """Puts a host into the aggregate of an availability zone; creates the aggregate if it is missing."""

    cloud: CloudLogin
    zone: str
    service_host: str
    detects_all_effects: ClassVar[bool] = True
    undoes: ClassVar[str] = "remove {service_host} from availability zone {zone}"

    @property
    def id(self) -> str:
        return change_id("zone", self.cloud.system, self.zone, self.service_host)

    @property
    def shared(self) -> str:
        return change_id("aggregate", self.cloud.system, self.zone)

    @property
    def summary(self) -> str:
        return f"put {self.service_host} into availability zone {self.zone}"

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        aggregate = f"aggregate {self.zone} with availability zone {self.zone}, created if missing"
        return as_lines(aggregate, f"  host {self.service_host}")

    def before(self, ctx: Context) -> Receipt:
        """The id of the zone's aggregate, and whether the aggregate contains the host already."""
        aggregate = self._aggregate(ctx.backend.cloud(self.cloud))
        return {
            "aggregate": aggregate.id if aggregate else None,
            "joined": aggregate is not None and self.service_host in aggregate.hosts,
        }

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        cloud = ctx.backend.cloud(self.cloud)
        aggregate = self._aggregate(cloud)
        aggregate_id = aggregate.id if aggregate else cloud.create_aggregate(self.zone, self.zone)
        if aggregate is None or self.service_host not in aggregate.hosts:
            cloud.add_to_aggregate(aggregate_id, self.service_host)
        return {"made": aggregate_id}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Removes the host from the aggregate. Deletes the aggregate if this change created it and it is empty."""
        cloud = ctx.backend.cloud(self.cloud)
        aggregate = self._aggregate(cloud)
        self._raise_if_renamed(cloud, receipt)
        if aggregate is None:
            return
        if receipt.get("made") not in (None, aggregate.id):
            if self.service_host not in aggregate.hosts:
                return
            detail = f"the aggregate {aggregate.name} has the id {aggregate.id} now, not {receipt['made']} as before"
            remedy = f"remove the host {self.service_host} from the aggregate by hand"
            raise FindingError(finding("RG04", "failure", detail, subject=self.zone, remedy=remedy))
        if not receipt["joined"] and self.service_host in aggregate.hosts:
            cloud.remove_from_aggregate(aggregate.id, self.service_host)
        if receipt["aggregate"] is not None:
            return
        others = [host for host in aggregate.hosts if host != self.service_host]
        if others:
            detail = f"the aggregate {aggregate.name} is kept, because it contains {join_names(others)} now"
            remedy = f"delete the aggregate {aggregate.name} by hand when it is empty"
            raise StillUsed(finding("RG04", "failure", detail, subject=self.zone, remedy=remedy))
        cloud.delete_aggregate(aggregate.id)

    def _raise_if_renamed(self, cloud: Cloud, receipt: Receipt) -> None:
        """Raises FindingError if the aggregate that this change used has another zone now."""
        used = next((a for a in cloud.aggregates() if a.id == receipt.get("made")), None)
        if used is not None and used.availability_zone != self.zone:
            zone = f"zone {used.availability_zone}" if used.availability_zone else "no zone"
            detail = f"the aggregate {used.name} ({used.id}) has {zone} now, not {self.zone}, so it is kept"
            remedy = f"give it the zone {self.zone} and undo again, or remove the host by hand"
            raise FindingError(finding("RG04", "failure", detail, subject=self.zone, remedy=remedy))

    def _aggregate(self, cloud: Cloud) -> Aggregate | None:
        return aggregate_of(cloud.aggregates(), self.zone)


def aggregate_of(aggregates: tuple[Aggregate, ...], zone: str) -> Aggregate | None:
    """The aggregate of an availability zone; None if the zone has no aggregate."""
    return next((a for a in aggregates if a.availability_zone == zone), None)


@dataclass(frozen=True)
class Property:
    """A property of an image and its new value; the value None removes the property."""

    name: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class TagImage(Change):
    """Sets properties of an existing image."""

    cloud: CloudLogin
    image_id: str
    image: str
    properties: tuple[Property, ...]
    verb: str = "tag"
    """The verb in the id and the summary of this change: "tag" or "repair"."""
    detects_all_effects: ClassVar[bool] = True
    undoes: ClassVar[str] = "restore the earlier properties of image {image}"

    @property
    def id(self) -> str:
        return change_id(self.verb, self.cloud.system, self.image_id)

    @property
    def shared(self) -> str:
        return self.id

    @property
    def summary(self) -> str:
        rows = ", ".join(f"{p.name}={p.value}" if p.value is not None else f"remove {p.name}" for p in self.properties)
        return f"{self.verb} image {self.image}: {rows}"

    @property
    def effect(self) -> Effect:
        return "edit"

    @property
    def consequence(self) -> str:
        kind = next((p.value for p in self.properties if p.name == "hypervisor_type" and p.value), "")
        return (
            f"nova boots new servers of {self.image} only on hypervisors of the type {kind}; existing servers stay."
            if kind
            else ""
        )

    def preview(self) -> str:
        rows = (f"  {p.name} = {p.value}" if p.value is not None else f"  {p.name} removed" for p in self.properties)
        return as_lines(f"image {self.image} ({self.image_id})", *rows)

    def before(self, ctx: Context) -> Receipt:
        current = self._image(ctx).properties
        return {"was": {p.name: current.get(p.name) for p in self.properties}}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        ctx.backend.cloud(self.cloud).set_image_properties(self.image_id, {p.name: p.value for p in self.properties})
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Restores the earlier properties. Raises FindingError if one was changed after this change."""
        cloud = ctx.backend.cloud(self.cloud)
        image = next((i for i in cloud.images() if i.id == self.image_id), None)
        if image is None:
            return
        was, current = receipt["was"], image.properties
        changed = [p.name for p in self.properties if current.get(p.name) not in (p.value, was[p.name])]
        if changed:
            detail = f"the image {self.image} has properties that were edited after this change: {join_names(changed)}"
            remedy = f"set the properties of the image {self.image} by hand"
            raise FindingError(finding("IM05", "failure", detail, subject=self.image, remedy=remedy))
        earlier = {name: value for name, value in was.items() if current.get(name) != value}
        if earlier:
            cloud.set_image_properties(self.image_id, earlier)

    def _image(self, ctx: Context) -> Image:
        image = next((i for i in ctx.backend.cloud(self.cloud).images() if i.id == self.image_id), None)
        if image is None:
            remedy = "check again"
            raise FindingError(
                finding(
                    "IM05", "failure", f"the image {self.image} no longer exists", subject=self.image, remedy=remedy
                )
            )
        return image
