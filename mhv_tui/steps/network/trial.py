"""A trial port shows how Neutron binds ports on the node. It is deleted at once, and created only if allowed."""

from __future__ import annotations

from mhv_tui.core import openstack
from mhv_tui.core.context import Context, Trial
from mhv_tui.core.ports import Cloud
from mhv_tui.domain.releases import by_name
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.prove.answers import ProveAnswers


def try_port(ctx: Context, cloud: CloudFacts, node: str) -> Trial | None:
    """Creates a port on the node and deletes it at once; if that is not allowed, returns the last trial of this kind.

    Returns None if there is none, or if no port is needed or possible.
    """
    old = cloud.release is not None and cloud.release < by_name("mitaka")
    network = trial_network(cloud, ctx.answers_of(ProveAnswers).network)
    if cloud.networking != "neutron" or old or not node or network is None:
        return None
    login = cloud_login(ctx.answers_of(CloudAnswers))
    key = ("port", login.system, network.id, node)
    if not ctx.trial_allowed:
        return ctx.past_trials.get(key) or ctx.trials.get(key)
    session = ctx.backend.cloud(login)
    name = _name(ctx)
    delete_ports(session, name)
    try:
        port = session.create_port(network.id, name, node)
    finally:
        delete_ports(session, name)
    trial = Trial(network.name, node, port.vif_type, port.vif_details)
    ctx.trials[key] = trial
    return trial


def clear_trial(ctx: Context) -> None:
    """Deletes the trial port that a killed apply of this session left. Raises FindingError."""
    delete_ports(ctx.backend.cloud(cloud_login(ctx.answers_of(CloudAnswers))), _name(ctx))


def _name(ctx: Context) -> str:
    return "-".join(filter(None, ("mhv-tui-trial", ctx.session, ctx.target.id)))


def delete_ports(cloud: Cloud, name: str) -> None:
    """Deletes the ports with this name, including those that an interrupted probe left."""
    for port in cloud.ports(name):
        cloud.delete_port(port.id)


def trial_network(cloud: CloudFacts, preferred: str) -> openstack.CloudNetwork | None:
    """Returns the network for the trial port: the preferred one (name or id), else a flat or VLAN one, else any."""

    def rank(network: openstack.CloudNetwork) -> tuple[bool, bool, str]:
        is_preferred = bool(preferred) and preferred in (network.name, network.id)
        return not is_preferred, network.provider_type not in ("flat", "vlan"), network.name

    return min(cloud.networks, key=rank, default=None)
