"""The matrix of the page `cloud`: the hypervisors that the cloud has now."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from mhv_tui.core import openstack
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix, MatrixCell, MatrixColumn, MatrixRow, natural, short_names
from mhv_tui.core.text import join_names
from mhv_tui.domain.hypervisors import recognise
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.facts import CloudView

CLUSTER = re.compile(r"domain-c\d+(?=[.(])")
"""The beginning of nova's hypervisor_hostname of a cluster: `domain-c7.UUID`, or `domain-c7(NAME)`."""

COLUMNS = ("type", "state", "zone", "image tag", "nova-compute on")


def matrix(view: CloudView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns the hypervisors × type, state, zone and the image tag that selects them. None if there are none."""
    hypervisors = sorted(view.facts.hypervisors, key=lambda h: natural(h.hostname))
    if not hypervisors:
        return None
    services = {s.host: s for s in view.facts.services if s.binary == "nova-compute"}
    names = [_named(*row) for row in zip(hypervisors, short_names([h.hostname for h in hypervisors]), strict=True)]
    rows = [
        MatrixRow(name, _cells(h, name, services, view.facts.release))
        for h, name in zip(hypervisors, names, strict=True)
    ]
    return Matrix("Hypervisors of the cloud", "hypervisor", tuple(map(MatrixColumn, COLUMNS)), tuple(rows))


def _named(hypervisor: openstack.Hypervisor, name: str) -> str:
    """A hypervisor's short name; that of a cluster, which nova names by its moId, after its compute node."""
    cluster = CLUSTER.match(hypervisor.hostname)
    return f"{hypervisor.service_host} ({cluster[0]})" if cluster and hypervisor.service_host else name


def _cells(
    hypervisor: openstack.Hypervisor, name: str, services: Mapping[str, openstack.Service], release: Release | None
) -> tuple[MatrixCell, ...]:
    service, host = services.get(hypervisor.service_host), hypervisor.service_host
    zone = service.zone if service and service.zone else ""
    return (
        _type(hypervisor, name, release),
        _state(hypervisor, name, service),
        MatrixCell(
            zone or "–", f"{name} is in the availability zone {zone}" if zone else f"the zone of {name} is not known"
        ),
        _tag(hypervisor, name, release),
        MatrixCell(
            host or "–", f"nova-compute on {host} serves {name}" if host else f"no host is known to serve {name}"
        ),
    )


def _type(hypervisor: openstack.Hypervisor, name: str, release: Release | None) -> MatrixCell:
    kind = recognise(hypervisor.type, release)
    if kind is None:
        sentence = f"mhv-tui does not know the hypervisor type {hypervisor.type}"
        return MatrixCell(hypervisor.type or "–", sentence, "unknown")
    return MatrixCell(
        hypervisor.type.removesuffix(" Server"), f"{name} reports the type {hypervisor.type}: {kind.title}"
    )


def _state(hypervisor: openstack.Hypervisor, name: str, service: openstack.Service | None) -> MatrixCell:
    if hypervisor.state != "up":
        return MatrixCell(hypervisor.state, f"{name} is {hypervisor.state}: nova places no server there", "warning")
    if hypervisor.status != "enabled":
        reason = f" ({service.disabled_reason})" if service and service.disabled_reason else ""
        return MatrixCell(
            hypervisor.status, f"{name} is {hypervisor.status}{reason}: nova places no server there", "warning"
        )
    return MatrixCell("up", f"{name} is up and enabled")


def _tag(hypervisor: openstack.Hypervisor, name: str, release: Release | None) -> MatrixCell:
    kind = recognise(hypervisor.type, release)
    if kind is None:
        return MatrixCell("not known", f"mhv-tui does not know the tag for the type {hypervisor.type}", "unknown")
    others = [tag for tag in kind.matches if tag != kind.tag]
    also = f"; {join_names(others)} selects it too" if others else ""
    return MatrixCell(kind.tag, f"images with hypervisor_type={kind.tag} boot on {name}{also}")
