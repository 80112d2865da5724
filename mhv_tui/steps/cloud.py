"""The page of the OpenStack cloud: who we are there, which release it is, and what serves its networks.

Refuses to guess a release where two fit: the operator says which.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mhv_tui.core import openstack
from mhv_tui.core.answers import answer_field, secret_of
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.findings import Finding
from mhv_tui.core.ports import names
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.domain import releases, tables
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import Release
from mhv_tui.steps.checks import all_checks, seen

ACCOUNT = Account("cloud", ("name", "auth_url"), ("user_domain_name", "username"))


def release_names() -> tuple[str, ...]:
    """What `cloud.release` may be: every release by name, and by number where that is a name (2013.2, 2023.1)."""
    rows = tables.read("releases")
    return ("auto", *rows, *(row["id"] for row in rows.values() if "." in row["id"]))


@dataclass(frozen=True)
class CloudAnswers:
    """The table [cloud]."""

    name: str = answer_field(
        "The cloud's entry in clouds.yaml. Leave it out to give auth_url and the rest here.", example="prod"
    )
    auth_url: str = answer_field(
        "Keystone's address, where no clouds.yaml is used.", example="https://cloud.example.org:5000/v3"
    )
    username: str = answer_field(
        "A user who may administer compute: hypervisors, services, aggregates.", example="admin"
    )
    password: SecretRef | None = answer_field(
        "The user's password, as a reference; not needed with clouds.yaml.", None, kind="secret", account=ACCOUNT
    )
    project_name: str = answer_field("The project to work in.", example="admin")
    user_domain_name: str = answer_field("The domain of the user.", "Default", advanced=True)
    project_domain_name: str = answer_field("The domain of the project.", "Default", advanced=True)
    region_name: str = answer_field("The region, where the cloud has several.", example="RegionOne", advanced=True)
    ca_file: str = answer_field(
        "A file with the authority that signed the cloud's certificates.", kind="path", advanced=True
    )
    release: str = answer_field(
        "The cloud's OpenStack release; auto tells it from the API. Two releases may look alike there: then name it.",
        "auto",
        kind="choice",
        choices=release_names(),
    )
    networking: str = answer_field(
        "What gives servers their networks; auto looks into the service catalogue.",
        "auto",
        kind="choice",
        choices=("auto", "nova-network", "neutron"),
        advanced=True,
    )


@dataclass(frozen=True)
class CloudFacts:
    """What the cloud said of itself."""

    identity: openstack.Identity
    versions: openstack.Versions
    releases: tuple[Release, ...]
    """The candidates that the API's versions leave; empty where they are newer than the table of releases."""
    release: Release | None
    """The one answered, else the only candidate."""
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


def release_of(earlier: Mapping[str, Any]) -> Release | None:
    """The cloud's release, for the pages after this one; None where it is not known."""
    facts = seen(earlier, "cloud", CloudFacts)
    return facts.release if facts else None


def login_of(asked: CloudAnswers) -> openstack.CloudLogin:
    """Which cloud the answers name; the password stays a reference."""
    return openstack.CloudLogin(
        name=asked.name,
        auth_url=asked.auth_url,
        username=asked.username,
        project_name=asked.project_name,
        user_domain_name=asked.user_domain_name,
        project_domain_name=asked.project_domain_name,
        region_name=asked.region_name,
        ca_file=asked.ca_file,
        password=asked.password if asked.name else secret_of(asked, "password"),
    )


def probe(ctx: Context, asked: CloudAnswers) -> CloudFacts:
    """Logs in once and reads everything the later pages ask of the cloud. Trouble where no cloud is named."""
    if not (asked.name or asked.auth_url):
        raise FindingError(finding("WZ08", "skipped", "not answered yet: cloud.name, or cloud.auth_url and its login"))
    cloud = ctx.backend.cloud(login_of(asked))
    versions = cloud.versions()
    candidates = releases.narrow(
        releases.from_microversion(versions.compute_max), cinder=versions.volume_max, glance=versions.image_max
    )
    networking = asked.networking
    if networking == "auto":
        networking = "neutron" if versions.neutron else "nova-network"
    return CloudFacts(
        cloud.identity(),
        versions,
        candidates,
        chosen_release(asked.release, candidates),
        networking,
        cloud.hypervisors(),
        cloud.services(),
        cloud.agents(),
        cloud.images(),
        cloud.flavors(),
        cloud.networks(),
        cloud.aggregates(),
        cloud.zones(),
    )


def chosen_release(answer: str, candidates: tuple[Release, ...]) -> Release | None:
    """The release that was answered, else the only candidate."""
    if answer != "auto":
        return releases.by_name(answer)
    return candidates[0] if len(candidates) == 1 else None


CloudView = PageView[CloudAnswers, CloudFacts]

POWERLESS = frozenset({"member", "_member_", "reader", "service", "heat_stack_user", "creator"})
"""Roles of a stock cloud that may look at most; a role of any other name may be the operator's own administrator."""


def scope_is_a_project(view: CloudView) -> Iterator[Finding]:
    """OS04: the token is for a project, with at least one role in it."""
    who = view.facts.identity
    if not who.project:
        yield finding("OS04", "failure", f"the token of {who.username} is not for a project", subject=who.username)
    elif not who.roles:
        yield finding("OS04", "failure", f"{who.username} has no role in {who.project}", subject=who.project)
    else:
        detail = f"{who.username} in {who.project} at {who.auth_url} with {names(who.roles)}"
        yield finding("OS04", "ok", detail, subject=who.project)


def role_administers(view: CloudView) -> Iterator[Finding]:
    """OS07: the roles let us change aggregates and services; hypervisors could be listed, or we were not here."""
    who = view.facts.identity
    if not who.roles:
        return
    wanted = [role for role in who.roles if "admin" in role.lower()]
    if wanted:
        rows = f"{len(view.facts.hypervisors)} hypervisors and {len(view.facts.services)} services are listed"
        yield finding("OS07", "ok", f"as {names(wanted)}: {rows}", subject=who.username)
        return
    detail = f"{who.username} has no admin role in {who.project}, only {names(who.roles)}"
    powerless = all(role.lower() in POWERLESS for role in who.roles)
    yield finding("OS07", "failure" if powerless else "warning", detail, subject=who.username)


def release_is_known(view: CloudView) -> Iterator[Finding]:
    """OS09: the compute API's highest microversion is one of the table of releases."""
    latest = view.facts.versions.compute_max
    if not view.facts.releases:
        newest = releases.newest()
        detail = f"the compute API has {latest}; the newest known release, {newest.title}, has {newest.microversion}"
        yield finding("OS09", "failure", detail, subject=latest)
    elif latest:
        yield finding("OS09", "ok", f"the compute API goes up to microversion {latest}", subject=latest)
    else:
        yield finding("OS09", "ok", "the compute API has no microversions: older than Kilo")


def release_is_told(view: CloudView) -> Iterator[Finding]:
    """OS08: one release is chosen, and the API does not contradict it."""
    candidates, chosen = view.facts.releases, view.facts.release
    fitting = [release.name for release in candidates]
    evidence = f"compute {view.facts.versions.compute_max or 'without microversions'}"
    if chosen is None and candidates:
        remedy = f"set cloud.release to {' or '.join(fitting)}; nova-manage --version on a controller shows it"
        yield finding(
            "OS08",
            "failure",
            f"the cloud is one of {names(fitting)}, which have the same API ({evidence})",
            remedy=remedy,
        )
    elif chosen and candidates and chosen not in candidates:
        remedy = f"set cloud.release to {' or '.join(fitting)}, or to auto"
        detail = f"cloud.release is {chosen.name}, but the API is that of {names(fitting)} ({evidence})"
        yield finding("OS08", "failure", detail, subject=chosen.name, remedy=remedy)
    elif chosen:
        yield finding("OS08", "ok", f"{chosen.title} ({evidence})", subject=chosen.name)


def networking_is_what_was_answered(view: CloudView) -> Iterator[Finding]:
    """OS06: where Neutron is to serve the networks, it is in the catalogue."""
    if view.facts.networking != "neutron":
        return
    if view.facts.versions.neutron:
        yield finding("OS06", "ok", "compute, image and network services are in the catalogue")
    else:
        remedy = "set cloud.networking to nova-network, or have Neutron's endpoint created"
        yield finding("OS06", "failure", "no network service is in the catalogue", subject="network", remedy=remedy)


CHECKS = (
    scope_is_a_project,
    role_administers,
    networking_is_what_was_answered,
    release_is_known,
    release_is_told,
)


def choices(view: CloudView) -> Mapping[str, Sequence[Choice]]:
    """The releases that the API's versions leave."""
    rows = [Choice("auto", "auto")] if len(view.facts.releases) == 1 else []
    return {"release": [*rows, *(Choice(r.name, f"{r.title}") for r in view.facts.releases)]}


STEP: Step[CloudAnswers, CloudFacts] = Step(
    id="cloud",
    title="OpenStack cloud",
    intro="The cloud that runs already. It is only read here: its release decides every option that is written later.",
    answers=CloudAnswers,
    probe=probe,
    preconditions=all_checks(*CHECKS),
    choices=choices,
)
