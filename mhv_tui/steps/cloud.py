"""The page of the OpenStack cloud: who we are there, which release it is, and what serves its networks.

Refuses to guess a release where two fit: the operator says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mhv_tui.core import openstack
from mhv_tui.core.answers import ask
from mhv_tui.core.secret import SecretRef
from mhv_tui.domain import tables

if TYPE_CHECKING:
    from mhv_tui.domain.releases import Release


def release_names() -> tuple[str, ...]:
    """What `cloud.release` may be: every release by name, and by number since numbers are the names (2023.1)."""
    rows = tables.read("releases")
    numbers = (row["id"] for row in rows.values() if int(row["id"].split(".")[0]) >= 2023)
    return ("auto", *rows, *numbers)


@dataclass(frozen=True)
class CloudAnswers:
    """The table [cloud]."""

    name: str = ask(
        "The cloud's entry in clouds.yaml. Leave it out to give auth_url and the rest here.", example="prod"
    )
    auth_url: str = ask(
        "Keystone's address, where no clouds.yaml is used.", example="https://cloud.example.org:5000/v3"
    )
    username: str = ask("A user who may administer compute: hypervisors, services, aggregates.", example="admin")
    password: SecretRef | None = ask(
        "The user's password, as a reference; not needed with clouds.yaml.", None, kind="secret"
    )
    project_name: str = ask("The project to work in.", example="admin")
    user_domain_name: str = ask("The domain of the user.", "Default", advanced=True)
    project_domain_name: str = ask("The domain of the project.", "Default", advanced=True)
    region_name: str = ask("The region, where the cloud has several.", example="RegionOne", advanced=True)
    ca_file: str = ask("A file with the authority that signed the cloud's certificates.", kind="path", advanced=True)
    release: str = ask(
        "The cloud's OpenStack release; auto tells it from the API. Two releases may look alike there: then name it.",
        "auto",
        kind="choice",
        choices=release_names(),
    )
    networking: str = ask(
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
        password=asked.password,
    )
