"""The plan of the page `register`: mapping, zone and tags; its fixes and choices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.changes.cloud import DiscoverHosts, JoinZone, Property, TagImage
from mhv_tui.core import openstack
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.machine import SshHost
from mhv_tui.core.steps import Choice
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.node.plan import pinned_hosts
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.register.facts import (
    RegisterView,
    delete_service,
    disabled_by_driver,
    enable_service,
    in_zone,
    is_mapped,
    stale_services,
    untagged_images,
)


def plan(view: RegisterView) -> Sequence[Change]:
    """Returns the missing changes: cell mapping, availability zone and image tags."""
    tags = (_tag(view, image, tag) for image, tag in untagged_images(view) if tag)
    return (*_mapping(view), *_zone(view), *tags)


def _login(view: RegisterView) -> openstack.CloudLogin:
    return cloud_login(view.answers_of(CloudAnswers))


def _mapping(view: RegisterView) -> Sequence[Change]:
    release, controller, mapped = release_of(view.earlier), view.answers.controller, is_mapped(view)
    if release is None or not release.cells_v2 or not isinstance(controller, SshHost):
        return ()
    # If the list does not show the mapping, the zone does: it is joined right after the mapping, which may be repeated.
    if mapped or (mapped is None and view.answers.availability_zone and in_zone(view)):
        return ()
    change = DiscoverHosts(
        controller=controller,
        command=view.answers.nova_manage,
        service_host=view.facts.service_host,
        cloud=_login(view),
    )
    return (change,)


def _zone(view: RegisterView) -> Sequence[Change]:
    if not view.answers.availability_zone or in_zone(view):
        return ()
    zone = view.answers.availability_zone
    return (JoinZone(cloud=_login(view), zone=zone, service_host=view.facts.service_host),)


def _tag(view: RegisterView, image: openstack.Image, tag: str) -> TagImage:
    properties = (Property("hypervisor_type", tag),)
    return TagImage(cloud=_login(view), image_id=image.id, image=image.name, properties=properties)


def fixes(view: RegisterView) -> Sequence[Change]:
    """Returns the fixes: enable a disabled service, and delete stale records."""
    service = disabled_by_driver(view)
    enable = [enable_service(view, service)] if service else []
    return (*enable, *(delete_service(view, s) for s in stale_services(view) if s.id))


def choices(view: RegisterView) -> Mapping[str, Sequence[Choice]]:
    """Returns the existing availability zones and the default zone as choices."""
    zones = sorted({a.availability_zone for a in view.facts.aggregates if a.availability_zone} | {"vmware"})
    return {"availability_zone": [Choice(zone, zone) for zone in zones]}


def choices_on_error(ctx: Context, answers: RegisterAnswers, machine: str) -> Mapping[str, Sequence[Choice]]:
    """Returns the controller with the host key that it shows now, if it is `machine`."""
    return {"controller": pinned_hosts(ctx, answers.controller, machine)}
