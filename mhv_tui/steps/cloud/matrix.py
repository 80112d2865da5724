"""The matrix of the page `cloud`: the hypervisors that the cloud has now."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core import openstack
from mhv_tui.core.findings import Finding
from mhv_tui.core.matrix import Matrix, MatrixCell, MatrixColumn, MatrixRow, natural, short_names
from mhv_tui.core.text import join_names
from mhv_tui.domain.hypervisors import recognise
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.facts import CloudView

COLUMNS = ("type", "state", "zone", "image tag", "nova-compute on")


def matrix(view: CloudView, findings: Sequence[Finding]) -> Matrix | None:
    """Returns the hypervisors × type, state, zone and the image tag that selects them. None if there are none."""
    hypervisors = sorted(view.facts.hypervisors, key=lambda h: natural(h.hostname))
    if not hypervisors:
        return None
    services = {s.host: s for s in view.facts.services if s.binary == "nova-compute"}
    names = short_names([h.hostname for h in hypervisors])
    rows = [
        MatrixRow(name, _cells(h, name, services, view.facts.release))
        for h, name in zip(hypervisors, names, strict=True)
    ]
    return Matrix("Hypervisors of the cloud", "hypervisor", tuple(map(MatrixColumn, COLUMNS)), tuple(rows))


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
