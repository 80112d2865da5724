"""What is done in the cloud beside servers and services: a host mapped, an aggregate joined, an image tagged or made.

Refuses to take away what it did not make: aggregates, hosts and properties are compared with what was left.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import ClassVar

from mhv_tui.core.changes import Change, Receipt, change_id
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import Aggregate, CloudLogin, Image
from mhv_tui.core.ports import Cloud
from mhv_tui.domain.catalogue import finding

MAPPED_WITHIN = 30.0
"""Seconds until a mapped host's hypervisor is listed."""


def discover_id(cloud: CloudLogin, service_host: str) -> str:
    """The id of the mapping of a host, whichever controller makes it."""
    return change_id("discover", cloud.system, service_host)


@dataclass(frozen=True, kw_only=True)
class DiscoverHosts(Change):
    """`nova-manage cell_v2 discover_hosts` on the controller. Most novas drop the mapping with the service's record."""

    controller: SshHost
    command: str
    service_host: str
    cloud: CloudLogin

    @property
    def id(self) -> str:
        return discover_id(self.cloud, self.service_host)

    @property
    def summary(self) -> str:
        return f"map {self.service_host} to its cell, on {self.controller}"

    @property
    def argv(self) -> list[str]:
        """The command with its arguments."""
        return [*shlex.split(self.command), "cell_v2", "discover_hosts", "--verbose"]

    def preview(self) -> str:
        return f"on {self.controller}: {shlex.join(self.argv)}\n"

    def before(self, ctx: Context) -> Receipt:
        """Whether its hypervisor is listed."""
        return {"listed": self._listed(ctx)}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Runs it and waits until the hypervisor is listed."""
        done = ctx.backend.node(self.controller).run(self.argv, timeout=300.0)
        said = (done.err or done.out).strip().splitlines()[-1:] or ["no word"]
        if done.code:
            raise FindingError(
                finding("RG01", "failure", f"{shlex.join(self.argv)}: {said[0]}", subject=self.service_host)
            )
        waited = 0.0
        while not self._listed(ctx):
            if waited >= MAPPED_WITHIN:
                detail = f"its hypervisor is not listed {waited:.0f} s after discover_hosts, which said: {said[0]}"
                raise FindingError(finding("RG01", "failure", detail, subject=self.service_host))
            ctx.stop()
            ctx.backend.sleep(2.0)
            waited += 2.0
        return self._kept(ctx)

    def _kept(self, ctx: Context) -> Receipt:
        """Says so where this nova will keep the mapping after the service's record has gone."""
        try:
            said = ctx.backend.node(self.controller).run([*shlex.split(self.command), "--version"])
        except FindingError:  # The mapping is made; which nova keeps it is a hint.
            return {}
        # Python 2 tells it on stderr, among warnings.
        version = next(iter(re.findall(r"^[0-9]+(?:\.[0-9]+){2}", f"{said.out}\n{said.err}", re.MULTILINE)), "")
        if not keeps_mapping(version):
            return {}
        ctx.on_progress(0, 0, "", f"nova {version} keeps this mapping when the service is taken back; it does no harm")
        return {"kept_by": version}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Nothing: most novas drop the mapping with the service's record, which is taken back after this; one that
        keeps it is named in the receipt, and not all of those have a delete_host.
        """

    def _listed(self, ctx: Context) -> bool:
        return any(h.service_host == self.service_host for h in ctx.backend.cloud(self.cloud).hypervisors())


def keeps_mapping(version: str) -> bool:
    """Whether that nova leaves the host mapping when it deletes a service: before 15.1.5, 16.1.5, 17.0.5 and 18.0.0."""
    numbers = tuple(int(part) for part in version.split(".") if part.isdigit())
    return any((series,) <= numbers < (series, *fixed) for series, fixed in ((15, (1, 5)), (16, (1, 5)), (17, (0, 5))))


@dataclass(frozen=True, kw_only=True)
class JoinZone(Change):
    """A host in the aggregate that makes its availability zone; the aggregate is made where there is none."""

    cloud: CloudLogin
    zone: str
    service_host: str
    detects_all_effects: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return change_id("zone", self.cloud.system, self.zone, self.service_host)

    @property
    def summary(self) -> str:
        return f"put {self.service_host} into availability zone {self.zone}"

    def preview(self) -> str:
        return (
            f"aggregate {self.zone} with availability zone {self.zone}, made if missing\n  host {self.service_host}\n"
        )

    def before(self, ctx: Context) -> Receipt:
        """The zone's aggregate, and whether the host is in it."""
        there = self._aggregate(ctx.backend.cloud(self.cloud))
        return {
            "aggregate": there.id if there else None,
            "joined": there is not None and self.service_host in there.hosts,
        }

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Makes the aggregate if need be, and adds the host."""
        cloud = ctx.backend.cloud(self.cloud)
        there = self._aggregate(cloud)
        made = there.id if there else cloud.create_aggregate(self.zone, self.zone)
        if there is None or self.service_host not in there.hosts:
            cloud.add_to_aggregate(made, self.service_host)
        return {"made": made}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Takes the host out, and the aggregate away if it came with us and is empty."""
        cloud = ctx.backend.cloud(self.cloud)
        there = self._aggregate(cloud)
        if there is None:
            return
        if receipt.get("made") not in (None, there.id):
            if self.service_host not in there.hosts:
                return
            detail = f"the aggregate {there.name} ({there.id}) is not the one that was made, {receipt['made']}"
            raise FindingError(
                finding("RG04", "failure", detail, subject=self.zone, remedy="take the host out by hand")
            )
        if not receipt["joined"] and self.service_host in there.hosts:
            cloud.remove_from_aggregate(there.id, self.service_host)
        if receipt["aggregate"] is not None:
            return
        others = [host for host in there.hosts if host != self.service_host]
        if others:
            detail = f"the aggregate {there.name} holds {', '.join(others)} now, so it is kept"
            remedy = "delete it by hand once it is empty"
            raise FindingError(finding("RG04", "failure", detail, subject=self.zone, remedy=remedy))
        cloud.delete_aggregate(there.id)

    def _aggregate(self, cloud: Cloud) -> Aggregate | None:
        return aggregate_of(cloud.aggregates(), self.zone)


def aggregate_of(aggregates: tuple[Aggregate, ...], zone: str) -> Aggregate | None:
    """The aggregate that makes a zone."""
    return next((a for a in aggregates if a.availability_zone == zone), None)


@dataclass(frozen=True)
class Property:
    """A property of an image as it is to be; None takes it away."""

    name: str
    value: str | None


@dataclass(frozen=True, kw_only=True)
class TagImage(Change):
    """Properties of an image that is there already."""

    cloud: CloudLogin
    image_id: str
    image: str
    properties: tuple[Property, ...]
    verb: str = "tag"
    """tag, or repair: what the change is called."""
    detects_all_effects: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return change_id(self.verb, self.cloud.system, self.image_id)

    @property
    def summary(self) -> str:
        rows = ", ".join(f"{p.name}={p.value}" if p.value is not None else f"no {p.name}" for p in self.properties)
        return f"{self.verb} image {self.image}: {rows}"

    def preview(self) -> str:
        rows = "".join(
            f"  {p.name} = {p.value}\n" if p.value is not None else f"  {p.name} removed\n" for p in self.properties
        )
        return f"image {self.image} ({self.image_id})\n{rows}"

    def before(self, ctx: Context) -> Receipt:
        """What they are now."""
        held = self._image(ctx).properties
        return {"was": {p.name: held.get(p.name) for p in self.properties}}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        """Sets them; setting them twice does no harm."""
        ctx.backend.cloud(self.cloud).set_image_properties(self.image_id, {p.name: p.value for p in self.properties})
        return {}

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        """Sets back each that is still as we left it; Trouble where somebody changed one since."""
        cloud = ctx.backend.cloud(self.cloud)
        image = next((i for i in cloud.images() if i.id == self.image_id), None)
        if image is None:
            return
        was, held = receipt["was"], image.properties
        other = [p.name for p in self.properties if held.get(p.name) not in (p.value, was[p.name])]
        if other:
            detail = f"{', '.join(other)} of {self.image} changed since"
            remedy = "set the image's properties by hand"
            raise FindingError(finding("IM05", "failure", detail, subject=self.image, remedy=remedy))
        back = {name: value for name, value in was.items() if held.get(name) != value}
        if back:
            cloud.set_image_properties(self.image_id, back)

    def _image(self, ctx: Context) -> Image:
        image = next((i for i in ctx.backend.cloud(self.cloud).images() if i.id == self.image_id), None)
        if image is None:
            remedy = "look again"
            raise FindingError(
                finding("IM05", "failure", f"{self.image} is no longer there", subject=self.image, remedy=remedy)
            )
        return image
