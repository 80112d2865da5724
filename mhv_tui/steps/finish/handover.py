"""The hand-over: the map, the command for the cloud's users, and the notes that apply to this cloud."""

from __future__ import annotations

import shlex
from dataclasses import dataclass, field

from mhv_tui.core.handover import Handover
from mhv_tui.core.steps import PageView
from mhv_tui.domain.handover import NoteFacts, esxi_of, notes
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts, release_of
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.finish.cloud_map import FinishView, compute_nodes, map_rows
from mhv_tui.steps.image.answers import ImageAnswers
from mhv_tui.steps.prove.answers import ProveAnswers
from mhv_tui.steps.prove.facts import ProveFacts, ProveView, flavor_of, network_named, uses_ports, vmware_image
from mhv_tui.steps.register.answers import RegisterAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.facts import VcenterFacts


def handover(view: FinishView) -> Handover:
    """Returns the hand-over as far as the facts of all pages show it; what is not known is named, not invented."""
    command, facts = _command(view), _note_facts(view)
    return Handover(
        cloud=_cloud_title(view),
        vcenter=_vcenter_title(view),
        rows=map_rows(view),
        types={node.host: node.type for node in compute_nodes(view)},
        command=command.text,
        command_missing=tuple(command.missing),
        users=notes("users", facts),
        operators=notes("operators", facts),
    )


def _cloud_title(view: FinishView) -> str:
    cloud = view.facts_of(CloudFacts)
    if cloud is None:
        return ""
    release = cloud.release.title if cloud.release else "release not known"
    return f"{cloud_login(view.answers_of(CloudAnswers)).system} ({release})"


def _vcenter_title(view: FinishView) -> str:
    facts = view.facts_of(VcenterFacts)
    return (
        f"{view.answers_of(VcenterAnswers).host} {facts.inventory.about.version}" if facts and facts.inventory else ""
    )


def _note_facts(view: FinishView) -> NoteFacts:
    cloud, cluster, vcenter = view.facts_of(CloudFacts), view.facts_of(ClusterFacts), view.facts_of(VcenterFacts)
    hosts = cluster.inventory.hosts_of(cluster.cluster) if cluster and cluster.cluster else ()
    end = vcenter.certificate.not_after if vcenter else None
    prove = _prove_view(view)
    image = vmware_image(prove) if prove else None
    return NoteFacts(
        image=_image(prove) if prove else "",
        visibility=image.visibility if image else "",
        release=release_of(view.earlier),
        networking=cloud.networking if cloud else "",
        esxi=esxi_of([host.version for host in hosts]),
        certificate_end=end.date().isoformat() if end else "",
    )


@dataclass
class _Command:
    """The command of the users while it is put together."""

    words: list[str] = field(default_factory=lambda: ["openstack", "server", "create"])
    missing: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "" if self.missing else " ".join([*self.words, "--key-name", "KEY", "NAME"])

    def add(self, option: str, value: str, missing: str) -> None:
        """Adds an option, or the sentence about what is missing if it has no value."""
        if value:
            self.words += [option, shlex.quote(value)]
        else:
            self.missing.append(missing)


def _command(view: FinishView) -> _Command:
    command, prove = _Command(), _prove_view(view)
    if prove is None:
        command.missing.append("The page prove was not checked, so the command for users is not known.")
        return command
    command.add("--image", _image(prove), _no_image(prove))
    flavor = flavor_of(prove)
    command.add("--flavor", flavor.name if flavor else "", f"The cloud has no flavor {prove.answers.flavor}.")
    if uses_ports(prove):
        network = network_named(prove, prove.answers.network)
        command.add("--network", network.name if network else "", "The network for servers is not known.")
    zone = view.answers_of(RegisterAnswers).availability_zone
    if zone:
        present = zone if zone in prove.facts.zones else ""
        command.add("--availability-zone", present, f"The cloud has no availability zone {zone} yet.")
    return command


def _prove_view(view: FinishView) -> ProveView | None:
    facts = view.facts_of(ProveFacts)
    return PageView(view.answers_of(ProveAnswers), facts, view.all_answers, view.earlier) if facts else None


def _image(prove: ProveView) -> str:
    """The image's name; its id if several images have the name."""
    image = vmware_image(prove)
    if image is None:
        return ""
    return image.name if sum(i.name == image.name for i in prove.facts.images) == 1 else image.id


def _no_image(prove: ProveView) -> str:
    return f"Glance has no active image {prove.answers_of(ImageAnswers).name} with hypervisor_type=vmware yet."
