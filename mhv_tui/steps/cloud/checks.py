"""The checks of the page `cloud`: scope and role of the login, the release, and the networking service."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mhv_tui.core.answers import fields_of
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check
from mhv_tui.core.text import be, count, join_names
from mhv_tui.domain import releases
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.checks import check, skipped
from mhv_tui.steps.cloud.answers import CloudAnswers, login_source
from mhv_tui.steps.cloud.facts import CloudFacts, CloudView

CHECKS: list[Check[CloudAnswers, CloudFacts]] = []

LOGIN = ("auth_url", "username", "project_name", "user_domain_name", "project_domain_name")
"""The answers that an entry of clouds.yaml replaces."""

POWERLESS = frozenset({"member", "_member_", "reader", "service", "heat_stack_user", "creator"})
"""OpenStack's default roles that cannot change aggregates; a role of any other name may be an administrator's."""


@check(CHECKS, "WZ17")
def login_comes_from_one_place(view: CloudView) -> Iterator[Finding]:
    """WZ17: no login is answered beside cloud.name, which takes the login from clouds.yaml."""
    rows = [(key, getattr(view.answers, key), default) for key, default, _ in fields_of(view.answers)]
    unused = [f"cloud.{key}" for key, value, default in rows if key in LOGIN and value != default]
    if not view.answers.name:
        yield skipped("WZ17", "cloud.name is empty, so the login comes from the answers in [cloud]")
    elif unused:
        names = join_names(unused)
        detail = f"{names} {be(len(unused))} not used: the login comes from {login_source(view.answers)}"
        remedy = f"Clear {names}, or clear cloud.name to log in with the answers."
        yield finding("WZ17", "warning", detail, subject="cloud.name", remedy=remedy)
    else:
        yield skipped("WZ17", f"the login comes only from {login_source(view.answers)}")


@check(CHECKS, "OS04")
def scope_is_a_project(view: CloudView) -> Iterator[Finding]:
    """OS04: the token is scoped to a project in which the user has at least one role."""
    identity = view.facts.identity
    if not identity.project:
        detail = f"the token of the user {identity.username} is not scoped to a project"
        yield finding("OS04", "failure", detail, subject=identity.username)
    elif not identity.roles:
        detail = f"the user {identity.username} has no role in the project {identity.project}"
        yield finding("OS04", "failure", detail, subject=identity.project)
    else:
        scope = f"the project {identity.project} at {identity.auth_url}"
        detail = f"the user {identity.username} has the {_roles(identity.roles)} in {scope}"
        yield finding("OS04", "ok", detail, subject=identity.project)


def _roles(names: Sequence[str]) -> str:
    return f"{'role' if len(names) == 1 else 'roles'} {join_names(names)}"


@check(CHECKS, "OS07")
def role_administers(view: CloudView) -> Iterator[Finding]:
    """OS07: the user's roles may change aggregates and services. The probe has already listed hypervisors."""
    identity = view.facts.identity
    if not identity.roles:
        yield skipped("OS07", f"the user {identity.username} has no role", identity.username)
        return
    admin_roles = [role for role in identity.roles if "admin" in role.lower()]
    if admin_roles:
        rows = f"{count(len(view.facts.hypervisors), 'hypervisor')} and {count(len(view.facts.services), 'service')}"
        yield finding("OS07", "ok", f"the {_roles(admin_roles)} may list {rows}", subject=identity.username)
        return
    user = f"the user {identity.username}"
    detail = f"{user} has no admin role in the project {identity.project}, only {join_names(identity.roles)}"
    powerless = all(role.lower() in POWERLESS for role in identity.roles)
    yield finding("OS07", "failure" if powerless else "warning", detail, subject=identity.username)


@check(CHECKS, "OS09")
def release_is_known(view: CloudView) -> Iterator[Finding]:
    """OS09: the table of releases contains the compute API's highest microversion."""
    latest = view.facts.versions.compute_max
    if not view.facts.releases:
        newest = releases.newest()
        limit = f"{newest.title}, the newest release that mhv-tui knows, has {newest.microversion}"
        detail = f"the compute API has microversion {latest}, but {limit}"
        yield finding("OS09", "failure", detail, subject=latest)
    elif latest:
        yield finding("OS09", "ok", f"the compute API goes up to microversion {latest}", subject=latest)
    else:
        yield finding("OS09", "ok", "the compute API has no microversions, so the cloud is older than Kilo")


@check(CHECKS, "OS08")
def release_is_identified(view: CloudView) -> Iterator[Finding]:
    """OS08: one release is chosen, and the API does not contradict it."""
    candidates, chosen = view.facts.releases, view.facts.release
    fitting = [release.name for release in candidates]
    evidence = f"compute {view.facts.versions.compute_max or 'without microversions'}"
    if chosen is None and candidates:
        remedy = f"Set cloud.release to {' or '.join(fitting)}. nova-manage --version on a controller shows it."
        detail = f"the API fits several releases: {join_names(fitting)} ({evidence})"
        yield finding("OS08", "failure", detail, remedy=remedy)
    elif chosen and candidates and chosen not in candidates:
        remedy = f"Set cloud.release to {' or '.join(fitting)}, or to auto."
        detail = f"cloud.release is {chosen.name}, but the API is that of {join_names(fitting)} ({evidence})"
        yield finding("OS08", "failure", detail, subject=chosen.name, remedy=remedy)
    elif chosen:
        yield finding("OS08", "ok", f"{chosen.title} ({evidence})", subject=chosen.name)
    else:
        remedy = "Set cloud.release to the newest release that mhv-tui knows, or use a newer mhv-tui."
        yield finding("OS08", "unknown", f"no known release has this API ({evidence})", remedy=remedy)


@check(CHECKS, "OS06")
def networking_is_in_the_catalogue(view: CloudView) -> Iterator[Finding]:
    """OS06: if Neutron provides the networks, it is in the service catalogue."""
    if view.facts.networking != "neutron":
        yield skipped("OS06", "nova-network provides the networks; it has no entry in the service catalogue")
    elif view.facts.versions.neutron:
        yield finding("OS06", "ok", "the service catalogue has the network service of Neutron")
    else:
        remedy = "Set cloud.networking to nova-network, or create Neutron's endpoint in Keystone."
        yield finding(
            "OS06", "failure", "the service catalogue has no network service", subject="network", remedy=remedy
        )
