"""What the page `node` wants on the node, and the changes that are missing: packages, files, services, in that order.

Refuses to plan an option that the release does not know, or a package that the node's tool does not offer.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from mhv_tui.changes.files import ConfOption, EditConfig, WriteFile, decoded, edited, encoded
from mhv_tui.changes.packages import InstallPackages
from mhv_tui.changes.services import StartService
from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.machine import RemoteFile
from mhv_tui.core.secret import Revealed, SecretRef
from mhv_tui.core.steps import PageView
from mhv_tui.domain import nova, nova_copy, packages
from mhv_tui.domain.releases import Release
from mhv_tui.steps import cloud, vcenter
from mhv_tui.steps.checks import seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.datastore_facts import DatastoreFacts
from mhv_tui.steps.network_facts import NetworkAnswers
from mhv_tui.steps.node_asks import NodeAnswers, driver_options, host_of
from mhv_tui.steps.node_facts import CA_FILE, COMPUTE_CONF, NOVA_CONF, NodeFacts, last, values
from mhv_tui.steps.node_left import OptionName, given_up, traps
from mhv_tui.steps.node_services import is_up, runs

NodeView = PageView[NodeAnswers, NodeFacts]


@dataclass(frozen=True)
class NodeInputs:
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
    def password(self) -> SecretRef:
        """The reference of the vCenter's password."""
        return vcenter.login_of(self.vcenter).password

    @property
    def network(self) -> NetworkAnswers:
        """The answers of the page network."""
        return self.pages.of("network", NetworkAnswers)


def surroundings(view: NodeView) -> NodeInputs | None:
    """None where an earlier page is not settled, or a value is such that nova.conf cannot be written at all."""
    inputs = settled(view)
    return None if inputs is None or unwritable(view, inputs) else inputs


def unwritable(view: NodeView, inputs: NodeInputs) -> dict[str, str]:
    """The answers that nova.conf has no way to hold, and what in them it is."""
    page = inputs.vcenter
    given: dict[str, str | Revealed] = {"vcenter.username": page.username}
    given |= {inputs.password.label: view.facts.password}
    given |= {"cluster.path": inputs.cluster, "datastore.datastore_regex": inputs.regex}
    given |= {f"node.{name}": value for name, value in driver_options(view.asked).items()}
    return {name: why for name, value in given.items() if (why := nova.cannot_hold(value))}


def settled(view: NodeView) -> NodeInputs | None:
    """None where an earlier page is not settled: no release, or no cluster."""
    of_cloud = seen(view.earlier, "cloud", cloud.CloudFacts)
    of_cluster = seen(view.earlier, "cluster", ClusterFacts)
    of_datastore = seen(view.earlier, "datastore", DatastoreFacts)
    if not (of_cloud and of_cloud.release and of_cluster and of_cluster.cluster and of_datastore):
        return None
    networking: nova.Networking = "neutron" if of_cloud.networking == "neutron" else "nova-network"
    others = [s for s in view.facts.services if s.binary == "nova-network" and s.host != view.facts.service_host]
    return NodeInputs(
        of_cloud.release,
        networking,
        of_cluster.cluster.name,
        of_datastore.regex,
        view.answers,
        any(s.state == "up" for s in others),
    )


def runs_nova_network(inputs: NodeInputs) -> bool:
    """nova-network belongs on this node where each node serves its own guests, or where no other node serves them."""
    if inputs.networking != "nova-network" or inputs.release.nova_network == "no":
        return False
    return inputs.network.multi_host or not inputs.nova_network_elsewhere


def nova_network_packages(view: NodeView, inputs: NodeInputs) -> packages.NovaNetworkPackages | None:
    """nova-network's packages and units, where they belong on this node."""
    return packages.nova_network_packages(inputs.release, view.facts.offers) if runs_nova_network(inputs) else None


def ca_path(view: NodeView, inputs: NodeInputs) -> str:
    """nova's ca_file: the operator's, else ours where there is a certificate to trust; "" else."""
    if not nova.OPTIONS["vmware/ca_file"].known_in(inputs.release):
        return ""
    return view.asked.ca_file or (CA_FILE if view.facts.ca else "")


def settings(view: NodeView, inputs: NodeInputs) -> tuple[ConfOption, ...]:
    """Every setting that nova.conf has to have, vCenter's and this node's after those that are copied."""
    own = nova.vmware_settings(inputs.release, _wanted(view, inputs))
    mine = {(section, name) for section, name, _ in own}
    source = view.facts.source
    copied = _copied(decoded(source.content), inputs.release, inputs.networking) if source else ()
    foreign = [row for row in copied if row[:2] not in mine]
    return (*_grouped(foreign, secret=True), *_grouped(own))


@lru_cache(maxsize=4)
def _copied(text: str, release: Release, networking: nova.Networking) -> tuple[nova_copy.CopiedOption, ...]:
    """What the source's file gives; its comments, which may be most of it, are passed over."""
    bare = "".join(line for line in text.splitlines(keepends=True) if line.strip() and line[0] not in "#;")
    return tuple(nova_copy.copied(bare, release, networking))


def _wanted(view: NodeView, inputs: NodeInputs) -> nova.VmwareSettings:
    page = inputs.vcenter
    extra = driver_options(view.asked)
    extra.pop("ca_file", None)
    if inputs.network.integration_bridge and inputs.networking == "neutron":
        extra["integration_bridge"] = inputs.network.integration_bridge
    return nova.VmwareSettings(
        host_ip=page.host,
        host_username=page.username,
        host_password=view.facts.password,
        cluster_names=_clusters(view, inputs),
        datastore_regex=inputs.regex or None,
        host_port=page.port,
        ca_file=ca_path(view, inputs) or None,
        insecure=page.trust.kind == "insecure",
        vmware=extra,
        reserved_host_memory_mb=view.asked.reserved_host_memory_mb,
        nova_network=_nova_network(inputs),
    )


def _clusters(view: NodeView, inputs: NodeInputs) -> tuple[str, ...]:
    """The cluster; up to Kilo together with those that this node serves already."""
    text = view.facts.text(NOVA_CONF)
    if not nova.OPTIONS["vmware/cluster_name"].repeats_in(inputs.release):
        return (inputs.cluster,)
    if last(text, "vmware", "host_ip").partition(":")[0] != inputs.vcenter.host:
        return (inputs.cluster,)
    there = [nova.unescape(name) for name in values(text, "vmware", "cluster_name")]
    return tuple(dict.fromkeys((*there, inputs.cluster)))


def _nova_network(inputs: NodeInputs) -> nova.NovaNetworkSettings | None:
    if inputs.networking != "nova-network" or inputs.release.nova_network == "no":
        return None
    page = inputs.network
    return nova.NovaNetworkSettings(
        page.port_group, page.network_manager, page.flat_interface or None, page.multi_host or None
    )


def _grouped(rows: Iterable[nova.OptionValue], secret: bool = False) -> Iterator[ConfOption]:
    """Settings by option; with `secret` all of them are secret, as those that are copied from elsewhere."""
    grouped: dict[tuple[str, str], list[str | Revealed]] = {}
    for section, option, value in rows:
        grouped.setdefault((section, option), []).append(value)
    for (section, option), option_values in grouped.items():
        texts = tuple(value for value in option_values if isinstance(value, str))
        if secret or len(texts) < len(option_values):
            secrets = tuple(value if isinstance(value, Revealed) else Revealed(value) for value in option_values)
            yield ConfOption(section, option, secrets=secrets)
        else:
            yield ConfOption(section, option, texts)


def differing(text: str, rows: tuple[ConfOption, ...]) -> tuple[ConfOption, ...]:
    """Those that the text does not have as wanted."""
    return tuple(row for row in rows if not _holds(text, row))


def _holds(text: str, row: ConfOption) -> bool:
    there = values(text, row.section, row.option)
    return (there[-1:] if len(row.written) == 1 else there) == row.written


def overriding(text: str, rows: Sequence[ConfOption]) -> tuple[ConfOption, ...]:
    """Those that a file read later sets otherwise."""
    return tuple(row for row in rows if values(text, row.section, row.option) and not _holds(text, row))


def unwanted(text: str, view: NodeView, inputs: NodeInputs) -> tuple[OptionName, ...]:
    """What stands in one of nova's files and is to be taken out."""
    return (*traps(text), *given_up(text, settings(view, inputs), inputs.release))


def missing_packages(view: NodeView, inputs: NodeInputs) -> tuple[str, ...]:
    """What is wanted and not installed; all of it while our own installation is not over."""
    packaging = packages.packaging_of(view.facts.offers)
    if packaging is None:
        return ()
    rows = packages.wanted(packaging, inputs.release, view.facts.offers, nova_network_packages(view, inputs))
    return tuple(name for name in rows if view.facts.installing or not view.facts.offers[name].installed)


def main_edit(view: NodeView, inputs: NodeInputs) -> EditConfig | None:
    """The change to nova.conf; None where it says everything and nobody else may read it."""
    held = view.facts.survey.files.get(NOVA_CONF)
    text = view.facts.text(NOVA_CONF)
    rows, gone = differing(text, settings(view, inputs)), unwanted(text, view, inputs)
    mode, owner, group = sheltered(held)
    if not rows and not gone and held and (held.mode, held.owner, held.group) == (mode, owner, group):
        return None
    return _edit(view, inputs, NOVA_CONF, rows, gone, RemoteFile(b"", mode, owner, group))


def sheltered(held: RemoteFile | None) -> tuple[int, str, str]:
    """Mode, owner and group of a file with secrets: as they are, unless others may read it."""
    if held is None or held.mode & 0o007:
        return 0o640, "root", "nova"
    return held.mode, held.owner, held.group


def later_edit(view: NodeView, inputs: NodeInputs) -> EditConfig | None:
    """The change to nova-compute.conf, which is read last: it must not say otherwise, and gets no secret."""
    packaging = packages.packaging_of(view.facts.offers)
    held = view.facts.survey.files.get(COMPUTE_CONF)
    if packaging is None or (held is None and COMPUTE_CONF not in packaging.order):
        return None
    text = view.facts.text(COMPUTE_CONF)
    wanted = settings(view, inputs)
    driver = tuple(row for row in wanted if row.option == "compute_driver")
    others = [row for row in overriding(text, wanted) if row not in driver]
    rows = (*differing(text, driver), *(row for row in others if not row.secrets))
    gone = (*unwanted(text, view, inputs), *((row.section, row.option) for row in others if row.secrets))
    if not rows and not gone:
        return None
    return _edit(view, inputs, COMPUTE_CONF, rows, gone, held or RemoteFile(b"", 0o644, "root", "root"))


def _edit(
    view: NodeView,
    inputs: NodeInputs,
    path: str,
    rows: tuple[ConfOption, ...],
    gone: tuple[tuple[str, str], ...],
    form: RemoteFile,
) -> EditConfig:
    packaging = packages.packaging_of(view.facts.offers)
    current = Revealed(view.facts.text(path)) if view.facts.survey.files.get(path) else None
    return EditConfig(
        host=host_of(view.asked),
        path=path,
        settings=rows,
        removals=gone,
        mode=form.mode,
        owner=form.owner,
        group=form.group,
        unit=packaging.unit if packaging else "",
        current=current,
    )


def certificate_file(view: NodeView, inputs: NodeInputs) -> WriteFile | None:
    """vCenter's certificate on the node, where ours is the one that nova is to trust."""
    if ca_path(view, inputs) != CA_FILE:
        return None
    held = view.facts.survey.files.get(CA_FILE)
    if held and held.content == encoded(view.facts.ca) and not held.mode & 0o022 and held.mode & 0o004:
        return None
    return WriteFile(host=host_of(view.asked), path=CA_FILE, content=view.facts.ca)


def starts(view: NodeView, inputs: NodeInputs, changed: bool) -> Iterator[StartService]:
    """The services that do not run, or run with what stood in their files before; nova-compute last."""
    host, login = host_of(view.asked), cloud.login_of(inputs.pages.of("cloud", cloud.CloudAnswers))
    side = nova_network_packages(view, inputs)
    for unit in side.units if side else ():
        if changed or not runs(view.facts, unit):
            yield StartService(host=host, unit=unit)
    packaging = packages.packaging_of(view.facts.offers)
    if packaging and (changed or not is_up(view.facts, packaging.unit)):
        yield StartService(
            host=host, unit=packaging.unit, binary="nova-compute", service_host=view.facts.service_host, cloud=login
        )


def plan(view: NodeView) -> tuple[Change, ...]:
    """Only what is missing, in the order in which it has to be done."""
    inputs = surroundings(view)
    if inputs is None:
        return ()
    missing = missing_packages(view, inputs)
    changes: list[Change] = [InstallPackages(host=host_of(view.asked), packages=missing)] if missing else []
    files = (certificate_file(view, inputs), main_edit(view, inputs), later_edit(view, inputs))
    changes += [file for file in files if file is not None]
    return (*changes, *starts(view, inputs, bool(changes)))


def after_edit(view: NodeView, inputs: NodeInputs) -> str:
    """nova.conf as it will be."""
    text = view.facts.text(NOVA_CONF)
    return _after(text, settings(view, inputs), unwanted(text, view, inputs))


@lru_cache(maxsize=4)
def _after(text: str, rows: tuple[ConfOption, ...], gone: tuple[OptionName, ...]) -> str:
    return edited(text, differing(text, rows), gone)
