"""The answers of the page `cloud`: the login, and two facts that the API may not show."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.answers import answer_field, secret_of
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.hosts import url_rule
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.domain import tables

if TYPE_CHECKING:
    from mhv_tui.core import openstack

ACCOUNT = Account(
    "cloud", ("name", "auth_url"), ("user_domain_name", "username"), ("project_name", "project_domain_name")
)


def release_names() -> tuple[str, ...]:
    """The values that `cloud.release` accepts: auto, names of releases, and numbers such as 2013.2 or 2023.1."""
    rows = tables.read("releases")
    return ("auto", *rows, *(row["id"] for row in rows.values() if "." in row["id"]))


@dataclass(frozen=True)
class CloudAnswers:
    """The table [cloud] of the answer file."""

    name: str = answer_field(
        "The cloud's name in clouds.yaml; or envvars: OS_AUTH_URL and the other variables of an openrc file, loaded "
        "before mhv-tui starts. If empty, fill in auth_url and the login.",
        example="prod",
    )
    auth_url: str = answer_field(
        "The URL of Keystone; not needed with clouds.yaml.",
        example="https://cloud.example.org:5000/v3",
        rule=url_rule,
        only_if=("name", ""),
    )
    username: str = answer_field(
        "A user who may manage hypervisors, compute services and aggregates.",
        example="admin",
        only_if=("name", ""),
    )
    password: SecretRef | None = answer_field(
        'The password of the user, if it is given here; in the answer file a reference such as { env = "NAME" }.',
        None,
        kind="secret",
        account=ACCOUNT,
        only_if=("name", ""),
    )
    project_name: str = answer_field("The project of the login.", example="admin", only_if=("name", ""))
    user_domain_name: str = answer_field("The user's domain in Keystone.", "Default", advanced=True)
    project_domain_name: str = answer_field("The project's domain in Keystone.", "Default", advanced=True)
    region_name: str = answer_field("The cloud's region, if it has several.", example="RegionOne", advanced=True)
    ca_file: str = answer_field(
        "A PEM file of the CA that signed the cloud's certificates.",
        kind="path",
        example="/etc/ssl/certs/cloud-ca.pem",
        advanced=True,
    )
    release: str = answer_field(
        "The cloud's OpenStack release. auto detects it by the API; name it if the API fits several.",
        "auto",
        kind="choice",
        choices=release_names,
    )
    networking: str = answer_field(
        "The service that provides the servers' networks; auto reads it from the service catalogue.",
        "auto",
        kind="choice",
        choices=("auto", "nova-network", "neutron"),
        advanced=True,
    )


def login_source(answers: CloudAnswers) -> str:
    """Returns where the login that cloud.name names comes from, for a sentence."""
    from mhv_tui.core import openstack

    return "the environment" if answers.name == openstack.ENVIRONMENT_CLOUD else f"{answers.name} in clouds.yaml"


def cloud_login(answers: CloudAnswers) -> openstack.CloudLogin:
    """Returns the login from the answers; its password is a reference that is not read yet."""
    from mhv_tui.core import openstack

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
