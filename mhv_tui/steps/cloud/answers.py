"""The answers of the page `cloud`: how to log in, and the two things that the API may not reveal."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core import openstack
from mhv_tui.core.answers import answer_field, secret_of
from mhv_tui.core.hosts import url_rule
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.domain import tables

ACCOUNT = Account("cloud", ("name", "auth_url"), ("user_domain_name", "username"))


def release_names() -> tuple[str, ...]:
    """What `cloud.release` may be: every release by name, and those named after a date by number (2013.2, 2023.1)."""
    rows = tables.read("releases")
    return ("auto", *rows, *(row["id"] for row in rows.values() if "." in row["id"]))


@dataclass(frozen=True)
class CloudAnswers:
    """The table [cloud]."""

    name: str = answer_field(
        "The cloud's entry in clouds.yaml. Leave it out to give auth_url and the rest here.", example="prod"
    )
    auth_url: str = answer_field(
        "Keystone's address, if no clouds.yaml is used.", example="https://cloud.example.org:5000/v3", rule=url_rule
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
    region_name: str = answer_field("The region, if the cloud has several.", example="RegionOne", advanced=True)
    ca_file: str = answer_field(
        "A file with the authority that signed the cloud's certificates.", kind="path", advanced=True
    )
    release: str = answer_field(
        "The cloud's OpenStack release; auto detects it by the API. If two releases look alike there, name it.",
        "auto",
        kind="choice",
        choices=release_names(),
    )
    networking: str = answer_field(
        "What provides the servers' networks; auto reads it from the service catalogue.",
        "auto",
        kind="choice",
        choices=("auto", "nova-network", "neutron"),
        advanced=True,
    )


def cloud_login(answers: CloudAnswers) -> openstack.CloudLogin:
    """The login that the answers describe; the password stays a reference."""
    return openstack.CloudLogin(
        name=answers.name,
        auth_url=answers.auth_url,
        username=answers.username,
        project_name=answers.project_name,
        user_domain_name=answers.user_domain_name,
        project_domain_name=answers.project_domain_name,
        region_name=answers.region_name,
        ca_file=answers.ca_file,
        password=answers.password if answers.name else secret_of(answers, "password"),
    )
