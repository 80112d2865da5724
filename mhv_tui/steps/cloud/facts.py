"""The facts of the page `cloud`. The probe logs in once and reads everything about the cloud that later pages need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mhv_tui.core import openstack
from mhv_tui.core.context import Context, facts_of
from mhv_tui.core.errors import FindingError
from mhv_tui.core.steps import PageView
from mhv_tui.domain import releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login


@dataclass(frozen=True, kw_only=True)
class CloudFacts:
    """The cloud as its APIs describe it."""

    identity: openstack.Identity
    versions: openstack.Versions
    releases: tuple[Release, ...]
    """The releases that fit the API's versions; empty if the cloud is newer than the table of releases."""
    release: Release | None
    """The answered release, else the only one that fits the API; None if several fit."""
    networking: str
    """neutron or nova-network."""
    hypervisors: tuple[openstack.Hypervisor, ...] = ()
    services: tuple[openstack.Service, ...] = ()
    agents: tuple[openstack.Agent, ...] = ()
    images: tuple[openstack.Image, ...] = ()
    flavors: tuple[openstack.Flavor, ...] = ()
    networks: tuple[openstack.CloudNetwork, ...] = ()
    aggregates: tuple[openstack.Aggregate, ...] = ()
    zones: tuple[str, ...] = ()

    @property
    def release_title(self) -> str:
        """The usual name of the cloud's release, such as Zed; "" if it is not known."""
        return self.release.title if self.release else ""


CloudView = PageView[CloudAnswers, CloudFacts]


def release_of(earlier: Mapping[str, Any]) -> Release | None:
    """Returns the cloud's release from the facts of earlier pages; None if it is not known."""
    facts = facts_of(earlier, CloudFacts)
    return facts.release if facts else None


def probe(ctx: Context, answers: CloudAnswers) -> CloudFacts:
    """Logs in once and reads all facts. Raises FindingError if the answers name no cloud."""
    if not (answers.name or answers.auth_url):
        sentence = ctx.backend.local.cloud_entries().sentence
        detail = f"neither cloud.name nor cloud.auth_url is answered yet; {sentence}"
        raise FindingError(finding("WZ08", "skipped", detail))
    cloud = ctx.backend.cloud(cloud_login(answers))
    versions = cloud.versions()
    candidates = releases.narrow(
        releases.from_microversion(versions.compute_max), cinder=versions.volume_max, glance=versions.image_max
    )
    networking = answers.networking
    if networking == "auto":
        networking = "neutron" if versions.neutron else "nova-network"
    return CloudFacts(
        identity=cloud.identity(),
        versions=versions,
        releases=candidates,
        release=chosen_release(answers.release, candidates),
        networking=networking,
        hypervisors=cloud.hypervisors(),
        services=cloud.services(),
        agents=cloud.agents(),
        images=cloud.images(),
        flavors=cloud.flavors(),
        networks=cloud.networks(),
        aggregates=cloud.aggregates(),
        zones=cloud.zones(),
    )


def chosen_release(answer: str, candidates: tuple[Release, ...]) -> Release | None:
    """Returns the answered release, else the only candidate; None if there are several."""
    if answer != "auto":
        return releases.by_name(answer)
    return candidates[0] if len(candidates) == 1 else None
