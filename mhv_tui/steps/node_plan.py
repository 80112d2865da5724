"""What the page `node` wants on the node, and the changes that are missing: packages, files, services, in that order.

Refuses to plan an option that the release does not know, or a package that the node's tool does not offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mhv_tui.changes.files import EditConfig, Setting, WriteFile, decoded, edited, encoded
from mhv_tui.changes.masking import is_secret
from mhv_tui.changes.packages import InstallPackages
from mhv_tui.changes.services import StartService
from mhv_tui.core.answers import Answers
from mhv_tui.core.machine import RemoteFile
from mhv_tui.core.secret import Revealed
from mhv_tui.core.steps import Change, Look
from mhv_tui.domain import nova, nova_copy, packages
from mhv_tui.domain.releases import Release
from mhv_tui.steps import cloud, vcenter
from mhv_tui.steps.checks import seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.datastore_facts import DatastoreFacts
from mhv_tui.steps.network_facts import NetworkAnswers
from mhv_tui.steps.node_asks import NodeAnswers, driver_options, host_of
from mhv_tui.steps.node_facts import CA_FILE, COMPUTE_CONF, NOVA_CONF, NodeFacts, last, values
from mhv_tui.steps.node_left import Place, given_up, traps
from mhv_tui.steps.node_services import is_up, runs

NodeLook = Look[NodeAnswers, NodeFacts]


@dataclass(frozen=True)
class Surroundings:
    """What the earlier pages settled."""

    release: Release
    networking: nova.Networking
    cluster: str
    regex: str
    pages: Answers
    nova_network_elsewhere: bool = False

    @property
    def vcenter(self) -> vcenter.VcenterAnswers:
        """The answers of the page vcenter."""
        return self.pages.of("vcenter", vcenter.VcenterAnswers)

    @property
    def network(self) -> NetworkAnswers:
        """The answers of the page network."""
        return self.pages.of("network", NetworkAnswers)


def surroundings(look: NodeLook) -> Surroundings | None:
    """None where an earlier page is not settled, or a value is such that nova.conf cannot be written at all."""
    around = settled(look)
    return None if around is None or unwritable(look, around) else around


def unwritable(look: NodeLook, around: Surroundings) -> dict[str, str]:
    """The answers that nova.conf has no way to hold, and what in them it is."""
    page = around.vcenter
    given = {"vcenter.username": page.username, "vcenter.password": look.facts.password.value}
    given |= {"cluster.path": around.cluster, "datastore.datastore_regex": around.regex}
    given |= {f"node.{name}": value for name, value in driver_options(look.asked).items()}
    return {name: why for name, value in given.items() if (why := nova.cannot_hold(value))}


def settled(look: NodeLook) -> Surroundings | None:
    """None where an earlier page is not settled: no release, or no cluster."""
    of_cloud = seen(look.earlier, "cloud", cloud.CloudFacts)
    of_cluster = seen(look.earlier, "cluster", ClusterFacts)
    of_datastore = seen(look.earlier, "datastore", DatastoreFacts)
    if not (of_cloud and of_cloud.release and of_cluster and of_cluster.cluster and of_datastore):
        return None
    networking: nova.Networking = "neutron" if of_cloud.networking == "neutron" else "nova-network"
    others = [s for s in look.facts.services if s.binary == "nova-network" and s.host != look.facts.service_host]
    return Surroundings(
        of_cloud.release,
        networking,
        of_cluster.cluster.name,
        of_datastore.regex,
        look.answers,
        any(s.state == "up" for s in others),
    )


def runs_nova_network(around: Surroundings) -> bool:
    """nova-network belongs on this node where each node serves its own guests, or where no other node serves them."""
    if around.networking != "nova-network" or around.release.nova_network == "no":
        return False
    return around.network.multi_host or not around.nova_network_elsewhere


def network_road(look: NodeLook, around: Surroundings) -> packages.NetworkRoad | None:
    """nova-network's packages and units, where they belong on this node."""
    return packages.network_road(around.release, look.facts.offers) if runs_nova_network(around) else None


def ca_path(look: NodeLook, around: Surroundings) -> str:
    """nova's ca_file: the operator's, else ours where there is a certificate to trust; "" else."""
    if not nova.OPTIONS["vmware/ca_file"].known_in(around.release):
        return ""
    return look.asked.ca_file or (CA_FILE if look.facts.ca else "")


def settings(look: NodeLook, around: Surroundings) -> tuple[Setting, ...]:
    """Every setting that nova.conf has to have, vCenter's and this node's after those that are copied."""
    own = nova.vmware_settings(around.release, _wanted(look, around))
    mine = {(section, name) for section, name, _ in own}
    source = look.facts.source
    copied = _copied(decoded(source.content), around.release, around.networking) if source else ()
    foreign = [row for row in copied if row[:2] not in mine]
    return (*_grouped(foreign, secret=True), *_grouped(own))


@lru_cache(maxsize=4)
def _copied(text: str, release: Release, networking: nova.Networking) -> tuple[nova.Setting, ...]:
    """What the source's file gives; its comments, which may be most of it, are passed over."""
    bare = "".join(line for line in text.splitlines(keepends=True) if line.strip() and line[0] not in "#;")
    return tuple(nova_copy.copied(bare, release, networking))


def _wanted(look: NodeLook, around: Surroundings) -> nova.VmwareSettings:
    page = around.vcenter
    extra = driver_options(look.asked)
    extra.pop("ca_file", None)
    if around.network.integration_bridge and around.networking == "neutron":
        extra["integration_bridge"] = around.network.integration_bridge
    return nova.VmwareSettings(
        host_ip=page.host,
        host_username=page.username,
        host_password=look.facts.password.value,
        cluster_names=_clusters(look, around),
        datastore_regex=around.regex or None,
        host_port=page.port,
        ca_file=ca_path(look, around) or None,
        insecure=page.trust.kind == "insecure",
        vmware=extra,
        reserved_host_memory_mb=look.asked.reserved_host_memory_mb,
        nova_network=_nova_network(around),
    )


def _clusters(look: NodeLook, around: Surroundings) -> tuple[str, ...]:
    """The cluster; up to Kilo together with those that this node serves already."""
    text = look.facts.text(NOVA_CONF)
    if not nova.OPTIONS["vmware/cluster_name"].repeats_in(around.release):
        return (around.cluster,)
    if last(text, "vmware", "host_ip").partition(":")[0] != around.vcenter.host:
        return (around.cluster,)
    there = [nova.unescape(name) for name in values(text, "vmware", "cluster_name")]
    return tuple(dict.fromkeys((*there, around.cluster)))


def _nova_network(around: Surroundings) -> nova.NovaNetwork | None:
    if around.networking != "nova-network" or around.release.nova_network == "no":
        return None
    page = around.network
    return nova.NovaNetwork(page.port_group, page.network_manager, page.flat_interface or None, page.multi_host or None)


def _grouped(rows: Iterable[nova.Setting], secret: bool = False) -> Iterator[Setting]:
    """Settings by option; those that come from elsewhere are secret whatever they are called."""
    grouped: dict[tuple[str, str], list[str]] = {}
    for section, option, value in rows:
        grouped.setdefault((section, option), []).append(value)
    for (section, option), held in grouped.items():
        if secret or is_secret(option):
            yield Setting(section, option, secrets=tuple(Revealed(value) for value in held))
        else:
            yield Setting(section, option, tuple(held))


def differing(text: str, rows: tuple[Setting, ...]) -> tuple[Setting, ...]:
    """Those that the text does not have as wanted."""
    return tuple(row for row in rows if not _holds(text, row))


def _holds(text: str, row: Setting) -> bool:
    there = values(text, row.section, row.option)
    return (there[-1:] if len(row.written) == 1 else there) == row.written


def overriding(text: str, rows: Sequence[Setting]) -> tuple[Setting, ...]:
    """Those that a file read later sets otherwise."""
    return tuple(row for row in rows if values(text, row.section, row.option) and not _holds(text, row))


def unwanted(text: str, look: NodeLook, around: Surroundings) -> tuple[Place, ...]:
    """What stands in one of nova's files and is to be taken out."""
    return (*traps(text), *given_up(text, settings(look, around), around.release))


def missing_packages(look: NodeLook, around: Surroundings) -> tuple[str, ...]:
    """What is wanted and not installed; all of it while our own installation is not over."""
    road = packages.road_of(look.facts.offers)
    if road is None:
        return ()
    rows = packages.wanted(road, around.release, look.facts.offers, network_road(look, around))
    return tuple(name for name in rows if look.facts.installing or not look.facts.offers[name].installed)


def main_edit(look: NodeLook, around: Surroundings) -> EditConfig | None:
    """The change to nova.conf; None where it says everything and nobody else may read it."""
    held = look.facts.survey.files.get(NOVA_CONF)
    text = look.facts.text(NOVA_CONF)
    rows, gone = differing(text, settings(look, around)), unwanted(text, look, around)
    mode, owner, group = sheltered(held)
    if not rows and not gone and held and (held.mode, held.owner, held.group) == (mode, owner, group):
        return None
    return _edit(look, around, NOVA_CONF, rows, gone, RemoteFile(b"", mode, owner, group))


def sheltered(held: RemoteFile | None) -> tuple[int, str, str]:
    """Mode, owner and group of a file with secrets: as they are, unless others may read it."""
    if held is None or held.mode & 0o007:
        return 0o640, "root", "nova"
    return held.mode, held.owner, held.group


def later_edit(look: NodeLook, around: Surroundings) -> EditConfig | None:
    """The change to nova-compute.conf, which is read last: it must not say otherwise, and gets no secret."""
    road = packages.road_of(look.facts.offers)
    held = look.facts.survey.files.get(COMPUTE_CONF)
    if road is None or (held is None and COMPUTE_CONF not in road.order):
        return None
    text = look.facts.text(COMPUTE_CONF)
    wanted = settings(look, around)
    driver = tuple(row for row in wanted if row.option == "compute_driver")
    others = [row for row in overriding(text, wanted) if row not in driver]
    rows = (*differing(text, driver), *(row for row in others if not row.secrets))
    gone = (*unwanted(text, look, around), *((row.section, row.option) for row in others if row.secrets))
    if not rows and not gone:
        return None
    return _edit(look, around, COMPUTE_CONF, rows, gone, held or RemoteFile(b"", 0o644, "root", "root"))


def _edit(
    look: NodeLook,
    around: Surroundings,
    path: str,
    rows: tuple[Setting, ...],
    gone: tuple[tuple[str, str], ...],
    form: RemoteFile,
) -> EditConfig:
    road = packages.road_of(look.facts.offers)
    current = Revealed(look.facts.text(path)) if look.facts.survey.files.get(path) else None
    return EditConfig(
        host_of(look.asked), path, rows, gone, form.mode, form.owner, form.group, road.unit if road else "", current
    )


def certificate_file(look: NodeLook, around: Surroundings) -> WriteFile | None:
    """vCenter's certificate on the node, where ours is the one that nova is to trust."""
    if ca_path(look, around) != CA_FILE:
        return None
    held = look.facts.survey.files.get(CA_FILE)
    if held and held.content == encoded(look.facts.ca) and not held.mode & 0o022 and held.mode & 0o004:
        return None
    return WriteFile(host_of(look.asked), CA_FILE, look.facts.ca)


def starts(look: NodeLook, around: Surroundings, changed: bool) -> Iterator[StartService]:
    """The services that do not run, or run with what stood in their files before; nova-compute last."""
    host, login = host_of(look.asked), cloud.login_of(around.pages.of("cloud", cloud.CloudAnswers))
    side = network_road(look, around)
    for unit in side.units if side else ():
        if changed or not runs(look.facts, unit):
            yield StartService(host, unit)
    road = packages.road_of(look.facts.offers)
    if road and (changed or not is_up(look.facts, road.unit)):
        yield StartService(host, road.unit, "nova-compute", look.facts.service_host, login)


def plan(look: NodeLook) -> tuple[Change, ...]:
    """Only what is missing, in the order in which it has to be done."""
    around = surroundings(look)
    if around is None:
        return ()
    missing = missing_packages(look, around)
    changes: list[Change] = [InstallPackages(host_of(look.asked), missing)] if missing else []
    files = (certificate_file(look, around), main_edit(look, around), later_edit(look, around))
    changes += [file for file in files if file is not None]
    return (*changes, *starts(look, around, bool(changes)))


def after_edit(look: NodeLook, around: Surroundings) -> str:
    """nova.conf as it will be."""
    text = look.facts.text(NOVA_CONF)
    return _after(text, settings(look, around), unwanted(text, look, around))


@lru_cache(maxsize=4)
def _after(text: str, rows: tuple[Setting, ...], gone: tuple[Place, ...]) -> str:
    return edited(text, differing(text, rows), gone)
