"""The facts of the page `register`: the cloud's records now, and the controller's nova.conf if one is named.

The checks and the plan use the functions below.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mhv_tui.changes.cloud import aggregate_of, discover_id
from mhv_tui.changes.files import decoded
from mhv_tui.changes.masking import remember_secrets
from mhv_tui.changes.records import DeleteService, EnableService
from mhv_tui.core import openstack
from mhv_tui.core.context import Context
from mhv_tui.core.machine import SshHost, SurveyRequest
from mhv_tui.core.steps import PageView
from mhv_tui.domain import images
from mhv_tui.domain.image_meta import nova_image
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.node.facts import NOVA_CONF, NodeFacts
from mhv_tui.steps.node.nova_conf import NovaConf
from mhv_tui.steps.register.answers import RegisterAnswers

DRIVER_REASON = "set by vmwareapi host_state"
"""The end of the reason that nova's driver writes when it disables its service, as vCenter does not answer."""

STALE_DAYS = 7


@dataclass(frozen=True, kw_only=True)
class RegisterFacts:
    """The cloud's records now, and the controller's nova.conf if it could be read."""

    service_host: str
    hypervisors: tuple[openstack.Hypervisor, ...] = ()
    services: tuple[openstack.Service, ...] = ()
    images: tuple[openstack.Image, ...] = ()
    flavors: tuple[openstack.Flavor, ...] = ()
    aggregates: tuple[openstack.Aggregate, ...] = ()
    controller: NovaConf | None = None
    """nova.conf of the controller; None if no controller is named or it has no such file."""
    now: datetime | None = None
    discovered: bool = False
    """Whether this session has mapped the node and has not undone the mapping."""

    @property
    def listed(self) -> bool:
        """Whether nova lists the new node's hypervisor."""
        return any(h.service_host == self.service_host for h in self.hypervisors)

    @property
    def service(self) -> openstack.Service | None:
        """The cloud's record of nova-compute on the new node; None if there is none."""
        return next((s for s in self.services if (s.binary, s.host) == ("nova-compute", self.service_host)), None)


RegisterView = PageView[RegisterAnswers, RegisterFacts]


def probe(ctx: Context, answers: RegisterAnswers) -> RegisterFacts:
    """Reads the cloud's records again, and the controller's nova.conf if a controller is named."""
    node = ctx.facts_of(NodeFacts)
    service_host = node.service_host if node else ""
    login = cloud_login(ctx.answers_of(CloudAnswers))
    cloud = ctx.backend.cloud(login)
    file = None
    if isinstance(answers.controller, SshHost):
        file = ctx.backend.node(answers.controller).survey(SurveyRequest(files=(NOVA_CONF,))).files.get(NOVA_CONF)
    controller = NovaConf(decoded(file.content)) if file else None
    remember_secrets(controller.text if controller else "")
    return RegisterFacts(
        service_host=service_host,
        hypervisors=cloud.hypervisors(),
        services=cloud.services(),
        images=cloud.images(),
        flavors=cloud.flavors(),
        aggregates=cloud.aggregates(),
        controller=controller,
        now=ctx.backend.now(),
        discovered=discover_id(login, service_host) in ctx.completed_ids,
    )


def is_mapped(view: RegisterView) -> bool | None:
    """Returns whether the new node is mapped to its cell; None if this is not known.

    Some releases also list unmapped hypervisors; with these only a mapping by this session is known.
    """
    release = release_of(view.earlier)
    if view.facts.listed and release and release.cells_v2 and not release.hides_unmapped:
        return True if view.facts.discovered else None
    return view.facts.listed


def in_zone(view: RegisterView) -> bool:
    """Whether the new node is in the answered zone."""
    aggregate = aggregate_of(view.facts.aggregates, view.answers.availability_zone)
    return aggregate is not None and view.facts.service_host in aggregate.hosts


def aggregate_with_that_name(view: RegisterView) -> openstack.Aggregate | None:
    """Returns the aggregate that prevents a new zone: it has the zone's name but another zone or none; else None."""
    if aggregate_of(view.facts.aggregates, view.answers.availability_zone):
        return None
    return next((a for a in view.facts.aggregates if a.name == view.answers.availability_zone), None)


def other_zone(view: RegisterView) -> str:
    """Returns another availability zone that the node is in, or ""; a host can be in one zone only."""
    zones = [a.availability_zone for a in view.facts.aggregates if view.facts.service_host in a.hosts]
    return next((zone for zone in zones if zone and zone != view.answers.availability_zone), "")


def untagged_images(view: RegisterView) -> list[tuple[openstack.Image, str]]:
    """Returns each active image without hypervisor_type and its tag; "" if several hypervisors could boot it."""
    release = release_of(view.earlier)
    if release is None or not view.answers.tag_images:
        return []
    untagged = [
        image
        for image in view.facts.images
        if image.status == "active" and not nova_image(image.properties, release).hypervisor
    ]
    types = {h.type for h in view.facts.hypervisors if h.service_host != view.facts.service_host}
    return [(image, images.tag_of(image, types, release)) for image in untagged]


def stale_services(view: RegisterView) -> list[openstack.Service]:
    """Compute services that have been down for a week, except the new node's own."""
    now = view.facts.now
    down = [s for s in view.facts.services if s.binary == "nova-compute" and s.state != "up"]
    return [
        s
        for s in down
        if s.host != view.facts.service_host and now and s.updated_at and (now - s.updated_at).days >= STALE_DAYS
    ]


def disabled_by_driver(view: RegisterView) -> openstack.Service | None:
    """The new node's service if nova's driver has disabled it."""
    service = view.facts.service
    disabled = service and service.status == "disabled" and service.disabled_reason.endswith(DRIVER_REASON)
    return service if disabled else None


def enable_service(view: RegisterView, service: openstack.Service) -> EnableService:
    """Returns the change that fixes VC15: it enables the compute service again."""
    login = cloud_login(view.answers_of(CloudAnswers))
    return EnableService(cloud=login, service_id=service.id, service_host=service.host)


def delete_service(view: RegisterView, service: openstack.Service) -> DeleteService:
    """Returns the change that fixes RG09: it deletes the record of the compute service."""
    login = cloud_login(view.answers_of(CloudAnswers))
    return DeleteService(cloud=login, service_id=service.id, service_host=service.host)
