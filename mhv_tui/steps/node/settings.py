"""Every setting that nova.conf of the node needs, and how a file differs from them.

Options that the release does not know are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from mhv_tui.changes.files import ConfOption
from mhv_tui.changes.masking import is_plain
from mhv_tui.core.answers import Answers
from mhv_tui.core.secret import Revealed
from mhv_tui.domain import nova, nova_copy
from mhv_tui.domain.releases import Release
from mhv_tui.steps.network.answers import NetworkAnswers
from mhv_tui.steps.node.answers import NodeAnswers, driver_options
from mhv_tui.steps.node.facts import CA_FILE, NodeView
from mhv_tui.steps.node.nova_conf import NovaConf, without_comments
from mhv_tui.steps.vcenter.answers import VcenterAnswers


def ca_path(view: NodeView, release: Release) -> str:
    """Returns nova's ca_file: the answered path, else mhv-tui's path if it writes a certificate; else ""."""
    if not nova.OPTIONS["vmware/ca_file"].known_in(release):
        return ""
    return view.answers.ca_file or (CA_FILE if view.facts.ca else "")


def all_settings(
    view: NodeView, release: Release, networking: nova.Networking, cluster: str, regex: str
) -> tuple[ConfOption, ...]:
    """Returns the copied settings, followed by the settings for vCenter and this node."""
    own = nova.vmware_settings(release, _vmware(view, release, networking, cluster, regex))
    own_names = {(section, name) for section, name, _ in own}
    source = without_comments(view.facts.source_conf.text)
    copied = [row for row in nova_copy.copied(source, release, networking) if row[:2] not in own_names]
    return (*map(_copied_option, nova.by_option(copied)), *_conf_options(own))


def _vmware(
    view: NodeView, release: Release, networking: nova.Networking, cluster: str, regex: str
) -> nova.VmwareSettings:
    return answered_settings(
        view.all_answers,
        release,
        networking,
        password=view.facts.password,
        clusters=_cluster_names(view, release, cluster, view.answers_of(VcenterAnswers).host),
        regex=regex,
        ca_file=ca_path(view, release),
    )


def answered_settings(
    answers: Answers,
    release: Release,
    networking: nova.Networking,
    *,
    password: Revealed,
    clusters: tuple[str, ...],
    regex: str,
    ca_file: str,
) -> nova.VmwareSettings:
    """Returns the settings for vCenter and this node that the answers determine; `regex` and `ca_file` may be ""."""
    vcenter, network, node = answers.of(VcenterAnswers), answers.of(NetworkAnswers), answers.of(NodeAnswers)
    extra = driver_options(node)
    extra.pop("ca_file", None)
    if network.integration_bridge and networking == "neutron":
        extra["integration_bridge"] = network.integration_bridge
    return nova.VmwareSettings(
        host_ip=vcenter.host,
        host_username=vcenter.username,
        host_password=password,
        cluster_names=clusters,
        datastore_regex=regex or None,
        host_port=vcenter.port,
        ca_file=ca_file or None,
        insecure=vcenter.trust.kind == "insecure",
        vmware=extra,
        reserved_host_memory_mb=node.reserved_host_memory_mb,
        nova_network=_nova_network(release, networking, network),
    )


def _cluster_names(view: NodeView, release: Release, cluster: str, vcenter: str) -> tuple[str, ...]:
    """Returns the cluster's name; up to Kilo also the names of the clusters that this node already serves."""
    conf = view.facts.nova_conf
    if not nova.OPTIONS["vmware/cluster_name"].repeats_in(release):
        return (cluster,)
    if conf.last("vmware", "host_ip").partition(":")[0] != vcenter:
        return (cluster,)
    current = [nova.unescape(name) for name in conf.values("vmware", "cluster_name")]
    return tuple(dict.fromkeys((*current, cluster)))


def _nova_network(
    release: Release, networking: nova.Networking, network: NetworkAnswers
) -> nova.NovaNetworkSettings | None:
    if networking != "nova-network" or release.nova_network == "no":
        return None
    return nova.NovaNetworkSettings(
        flat_network_bridge=network.port_group,
        network_manager=network.network_manager,
        flat_interface=network.flat_interface or None,
        multi_host=network.multi_host or None,
    )


def _conf_options(rows: Iterable[nova.OptionValue]) -> Iterator[ConfOption]:
    """Yields the settings grouped by option."""
    for section, option, values in nova.by_option(rows):
        texts = tuple(value for value in values if isinstance(value, str))
        if len(texts) < len(values):
            yield ConfOption(section, option, secrets=_revealed(values))
        else:
            yield ConfOption(section, option, texts)


def _copied_option(row: tuple[str, str, tuple[str | Revealed, ...]]) -> ConfOption:
    """Returns a copied setting. The journal has none of its values, as any of them may be a secret."""
    section, option, values = row
    secrets = _revealed(values)
    return ConfOption(section, option, secrets=secrets, plain=all(is_plain(option, row.value) for row in secrets))


def _revealed(values: Iterable[str | Revealed]) -> tuple[Revealed, ...]:
    return tuple(value if isinstance(value, Revealed) else Revealed(value) for value in values)


def named_files(settings: Iterable[ConfOption]) -> dict[str, list[str]]:
    """Returns each file that the copied settings name -> the options that name it, as `[section] option`."""
    options: dict[str, list[str]] = {}
    for row in settings:
        for path in filter(None, (nova_copy.file_of(row.option, value) for value in row.written)):
            if row.section != "vmware":
                options.setdefault(path, []).append(f"[{row.section}] {row.option}")
    return options


def differing(conf: NovaConf, settings: Iterable[ConfOption]) -> tuple[ConfOption, ...]:
    """Returns the settings that the file lacks or sets to another value."""
    return tuple(row for row in settings if not _is_set(conf, row))


def overridden(conf: NovaConf, settings: Iterable[ConfOption]) -> tuple[ConfOption, ...]:
    """Returns the settings that the file sets to another value."""
    return tuple(row for row in settings if conf.values(row.section, row.option) and not _is_set(conf, row))


def _is_set(conf: NovaConf, row: ConfOption) -> bool:
    values = conf.values(row.section, row.option)
    return (values[-1:] if len(row.written) == 1 else values) == row.written
