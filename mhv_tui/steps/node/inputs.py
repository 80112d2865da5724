"""The inputs of the page `node`: what the earlier pages and the survey determine, resolved once for checks and plan."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from mhv_tui.changes.files import ConfOption, edited
from mhv_tui.core.secret import Revealed
from mhv_tui.domain import nova, packages
from mhv_tui.domain.ini import UnreadableLine
from mhv_tui.domain.packages import NovaNetworkPackages, Packaging
from mhv_tui.domain.releases import Release
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.cluster.facts import ClusterFacts, hypervisor_names
from mhv_tui.steps.datastore.facts import DatastoreFacts
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.node.answers import driver_options
from mhv_tui.steps.node.facts import NOVA_CONF, NodeView
from mhv_tui.steps.node.nova_conf import NovaConf, without_comments
from mhv_tui.steps.node.obsolete_options import OptionName, obsolete_options
from mhv_tui.steps.node.settings import all_settings, differing
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login

NO_INPUTS = "the release, the cluster or a value of nova.conf is not known yet"
"""The reason why a check without inputs is skipped; OS08 or VC11 reports which input is missing."""


@dataclass(frozen=True, kw_only=True)
class NodeInputs:
    """Everything that the checks and the plan of the page need beside its own answers and facts."""

    release: Release
    networking: nova.Networking
    cluster: str
    """The cluster's name."""
    hypervisor_names: tuple[str, str]
    """The names that the cluster's hypervisor may have in nova."""
    runs_nova_network: bool
    """Whether nova-network will run on this node."""
    nova_network: NovaNetworkPackages | None
    """nova-network's packages and units; None if it will not run on this node or is not offered."""
    packaging: Packaging | None
    """How the node's system packages nova; None if its repositories offer no known packaging."""
    packages: tuple[str, ...]
    """Every package that the node needs, installed or not."""
    missing_packages: tuple[str, ...]
    """The packages to install; all needed ones until mhv-tui's own installation is complete."""
    settings: tuple[ConfOption, ...]
    """Every setting that nova.conf needs."""
    obsolete: Mapping[str, tuple[OptionName, ...]]
    """Path of a configuration file -> the options to remove from it."""
    unreadable: Mapping[str, UnreadableLine]
    """Path of a configuration file that nova cannot read -> its first wrong line. The plan never writes such a file."""
    nova_conf: NovaConf
    """nova.conf as it is after the plan, without comments; unchanged if nova cannot read it."""


def resolve(view: NodeView) -> NodeInputs | None:
    """Returns the inputs; None if the release or cluster is not known, or if nova.conf cannot contain a value."""
    cloud, cluster, datastore = (
        view.facts_of(CloudFacts),
        view.facts_of(ClusterFacts),
        view.facts_of(DatastoreFacts),
    )
    if not (cloud and cloud.release and cluster and cluster.cluster and datastore) or unwritable_values(view):
        return None
    release = cloud.release
    networking: nova.Networking = "neutron" if cloud.networking == "neutron" else "nova-network"
    runs_nova_network = _runs_nova_network(view, release, networking)
    offers = view.facts.offers
    nova_network = packages.nova_network_packages(release, offers) if runs_nova_network else None
    packaging = packages.packaging_of(offers)
    needed = packages.wanted(packaging, release, offers, nova_network) if packaging else ()
    settings = all_settings(view, release, networking, cluster.cluster.name, datastore.regex)
    confs = view.facts.confs
    obsolete = {path: obsolete_options(conf, settings, release) for path, conf in confs.items()}
    python = packages.python_of(release, offers)
    unreadable = {path: problem for path, conf in confs.items() if (problem := conf.problem(python))}
    return NodeInputs(
        release=release,
        networking=networking,
        cluster=cluster.cluster.name,
        hypervisor_names=hypervisor_names(cluster.inventory, cluster.cluster),
        runs_nova_network=runs_nova_network,
        nova_network=nova_network,
        packaging=packaging,
        packages=needed,
        missing_packages=tuple(n for n in needed if view.facts.installing or not offers[n].installed),
        settings=settings,
        obsolete=obsolete,
        unreadable=unreadable,
        nova_conf=confs[NOVA_CONF] if NOVA_CONF in unreadable else planned(confs[NOVA_CONF], settings, obsolete),
    )


def planned(
    conf: NovaConf, settings: tuple[ConfOption, ...], obsolete: Mapping[str, tuple[OptionName, ...]]
) -> NovaConf:
    """Returns nova.conf as it is after the plan, without comments."""
    return NovaConf(edited(without_comments(conf.text), differing(conf, settings), obsolete[NOVA_CONF]))


def _runs_nova_network(view: NodeView, release: Release, networking: nova.Networking) -> bool:
    """Returns whether nova-network runs on this node: if every node serves its own servers, or if no other does."""
    if networking != "nova-network" or release.nova_network == "no":
        return False
    others = [s for s in view.facts.services if s.binary == "nova-network" and s.host != view.facts.service_host]
    return view.answers_of(NetworkAnswers).multi_host or not any(s.state == "up" for s in others)


def unwritable_values(view: NodeView) -> dict[str, str]:
    """Returns answer -> the part of its value that nova.conf cannot contain; answers without such a part are absent."""
    vcenter, cluster, datastore = (
        view.answers_of(VcenterAnswers),
        view.facts_of(ClusterFacts),
        view.facts_of(DatastoreFacts),
    )
    values: dict[str, str | Revealed] = {"vcenter.username": vcenter.username}
    values[vcenter_login(vcenter).password.label] = view.facts.password
    values["cluster.path"] = cluster.cluster.name if cluster and cluster.cluster else ""
    values["datastore.datastore_regex"] = datastore.regex if datastore else ""
    values |= {f"node.{name}": value for name, value in driver_options(view.answers).items()}
    return {name: part for name, value in values.items() if (part := nova.cannot_hold(value))}
