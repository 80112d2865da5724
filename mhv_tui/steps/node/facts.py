"""The facts of the page `node`: a survey of the node, nova.conf of the machine to copy from, and the cloud's records.

The probe only reads, and reads everything from a machine in one SSH call if possible.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import PurePosixPath

from mhv_tui.changes.files import decoded
from mhv_tui.changes.masking import remember_secrets
from mhv_tui.changes.packages import job_name, packages_id
from mhv_tui.core.context import Context, Trial
from mhv_tui.core.machine import Package, RemoteFile, SshHost, Survey, SurveyRequest
from mhv_tui.core.openstack import Hypervisor, Service
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed
from mhv_tui.core.steps import PageView
from mhv_tui.core.text import host_port
from mhv_tui.domain import node_commands, nova_bugs, nova_copy, packages
from mhv_tui.domain.certificates import public_part
from mhv_tui.steps.cloud.answers import CloudAnswers, cloud_login
from mhv_tui.steps.cloud.facts import CloudFacts
from mhv_tui.steps.cluster.facts import ClusterFacts
from mhv_tui.steps.network.facts import NetworkFacts
from mhv_tui.steps.network.trial import try_port
from mhv_tui.steps.node.answers import NodeAnswers, ssh_host
from mhv_tui.steps.node.endpoints import databases, queues, services, system_verified
from mhv_tui.steps.node.nova_conf import NovaConf
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login
from mhv_tui.steps.vcenter.facts import VcenterFacts

NOVA_CONF = "/etc/nova/nova.conf"
COMPUTE_CONF = "/etc/nova/nova-compute.conf"
COMPUTE_IDS = ("/etc/nova/compute_id", "/usr/share/nova/compute_id", "/var/lib/nova/compute_id")
"""Possible paths of the node's UUID: beside each configuration file and in state_path, as the packages have them
(read_local_node_uuid of nova/virt/node.py)."""
CA_FILE = "/etc/nova/mhv-vcenter-ca.pem"
"""The path of vCenter's certificate on the node; nova can read the file, and it is not secret."""

FILES = (NOVA_CONF, COMPUTE_CONF, *COMPUTE_IDS, CA_FILE)

MAX_CA_BYTES = 1 << 20
"""The maximum number of bytes that are read from a local CA file."""

EXTRA_PACKAGES = ("nova-common", "python3-urllib3", "chrony", "ca-certificates")
CLOCKS = ("chrony", "chronyd", "ntp", "ntpd", "ntpsec", "systemd-timesyncd")


@dataclass(frozen=True, kw_only=True)
class NodeFacts:
    """The node as it is now, and the data that apply will write to it."""

    survey: Survey
    password: Revealed
    """The password of the vCenter account, which nova.conf needs."""
    source: RemoteFile | None = None
    """nova.conf of the machine named in copy_settings_from."""
    authorities: Mapping[str, str] = field(default_factory=dict)
    """Path -> certificates of each file with authorities that nova.conf of that machine names, as that machine has it.
    """
    ca: str = ""
    """The certificate in PEM that nova will trust; empty if nova uses the node's own authorities."""
    skew: float = 0.0
    """Seconds that the node's clock is ahead of this machine's clock; negative if it is behind."""
    services: tuple[Service, ...] = ()
    hypervisors: tuple[Hypervisor, ...] = ()
    offers: Mapping[str, Package] = field(default_factory=dict)
    trial: Trial | None = None
    """How Neutron bound a trial port on this node; None if this page tried none."""

    @property
    def installing(self) -> bool:
        """Whether mhv-tui's own installation runs on the node or was interrupted; the plan completes it."""
        return any(job.running or job.code is None for job in self.survey.jobs.values())

    def text(self, path: str) -> str:
        """Returns the text of a file on the node; "" if the file is absent."""
        file = self.survey.files.get(path)
        return decoded(file.content) if file else ""

    def matching_files(self, patterns: Iterable[str]) -> tuple[str, ...]:
        """The node's files that match one of the patterns, in the order of the patterns, sorted for each."""
        present = sorted(path for path, file in self.survey.files.items() if file)
        return tuple(path for pattern in patterns for path in present if PurePosixPath(path).match(pattern))

    @cached_property
    def confs(self) -> Mapping[str, NovaConf]:
        """nova's configuration files by path, in the order in which nova-compute reads them: the last value wins.

        Contains nova.conf even if it is absent.
        """
        packaging = packages.packaging_of(self.offers)
        main = [NOVA_CONF, *([COMPUTE_CONF] if self.survey.files.get(COMPUTE_CONF) else [])]
        others = self.matching_files(packages.directory_patterns())
        paths = [*main, *others] if packaging and packaging.directories_win else [*others, *main]
        return {path: NovaConf(self.text(path)) for path in paths}

    @property
    def later_confs(self) -> tuple[str, ...]:
        """The configuration files that are read after nova.conf and override it."""
        paths = tuple(self.confs)
        return paths[paths.index(NOVA_CONF) + 1 :]

    def setting(self, section: str, option: str) -> str:
        """The value that wins among all files; "" if none sets it."""
        return next(filter(None, (conf.last(section, option) for conf in reversed(tuple(self.confs.values())))), "")

    @property
    def nova_conf(self) -> NovaConf:
        """The node's nova.conf."""
        return self.confs[NOVA_CONF]

    @cached_property
    def source_conf(self) -> NovaConf:
        """nova.conf of the machine named in copy_settings_from."""
        return NovaConf(decoded(self.source.content) if self.source else "")

    @property
    def service_host(self) -> str:
        """The name under which nova-compute registers: nova's `host`, else the machine's host name."""
        return self.setting("DEFAULT", "host") or self.survey.hostname

    def service(self, binary: str = "nova-compute") -> Service | None:
        """Returns the cloud's record of this node's service; None if there is none."""
        return next((s for s in self.services if (s.binary, s.host) == (binary, self.service_host)), None)

    @property
    def own_hypervisors(self) -> tuple[Hypervisor, ...]:
        """The cloud's hypervisors behind this node's nova-compute: up to Kilo one for each cluster that it serves."""
        return tuple(h for h in self.hypervisors if h.service_host == self.service_host)

    @property
    def identity_files(self) -> tuple[str, ...]:
        """Every path where nova on this node may store the UUID of the node."""
        path = self.setting("DEFAULT", "state_path")
        own = f"{path.rstrip('/')}/compute_id"
        return tuple(dict.fromkeys((*COMPUTE_IDS, own))) if path.startswith("/") and "$" not in path else COMPUTE_IDS


NodeView = PageView[NodeAnswers, NodeFacts]


def probe(ctx: Context, answers: NodeAnswers) -> NodeFacts:
    """Surveys the machine to copy from, then the node: the copied settings name the endpoints to test."""
    vcenter = ctx.answers_of(VcenterAnswers)
    password = ctx.backend.reveal(vcenter_login(vcenter).password)
    source = _source(ctx, answers.copy_settings_from)
    conf = NovaConf(decoded(source.content) if source else "")
    remember_secrets(conf.text)
    request = SurveyRequest(
        packages=tuple(dict.fromkeys((*packages.everything(), *EXTRA_PACKAGES))),
        units=tuple(dict.fromkeys((*packages.units(), *CLOCKS))),
        files=tuple(dict.fromkeys(filter(None, (*FILES, answers.ca_file, *_named_files(conf))))),
        patterns=packages.directory_patterns(),
        targets=tuple(dict.fromkeys(_targets(ctx, vcenter, conf))),
        tls_targets=system_verified(conf),
        modules=("oslo_vmware", "suds"),
        jobs=(job_name(ctx.session, packages_id(ssh_host(answers))),),
        sources=tuple(bug.file for bug in nova_bugs.BUGS.values()),
        commands=node_commands.tests(),
    )
    node = ctx.backend.node(ssh_host(answers))
    survey = node.survey(request)
    cloud = ctx.backend.cloud(cloud_login(ctx.answers_of(CloudAnswers)))
    facts = NodeFacts(
        survey=survey,
        password=password,
        source=source,
        authorities=_authorities(ctx, answers.copy_settings_from, conf),
        ca=_certificate(ctx, vcenter),
        skew=survey.now - ctx.backend.now().timestamp() if survey.now else 0.0,
        services=cloud.services(),
        hypervisors=cloud.hypervisors(),
        offers=survey.packages,
    )
    remember_secrets(facts.text(NOVA_CONF))
    more_files = tuple(path for path in facts.identity_files if path not in request.files)
    if more_files:
        files = {**survey.files, **node.survey(SurveyRequest(files=more_files)).files}
        facts = replace(facts, survey=replace(survey, files=files))
    return replace(facts, trial=_trial(ctx, facts.service_host))


def _trial(ctx: Context, service_host: str) -> Trial | None:
    """Tries a port on the node by the node's own name, unless the page `network` has tried one."""
    network, cloud = ctx.facts_of(NetworkFacts), ctx.facts_of(CloudFacts)
    if network is None or network.trial or cloud is None:
        return None
    return try_port(ctx, cloud, service_host)


def _source(ctx: Context, host: SshHost | None) -> RemoteFile | None:
    if host is None:
        return None
    return ctx.backend.node(host).survey(SurveyRequest(files=(NOVA_CONF,))).files.get(NOVA_CONF)


def _authorities(ctx: Context, host: SshHost | None, conf: NovaConf) -> Mapping[str, str]:
    """Returns path -> certificates; a file without a certificate, or that cannot be read, is left out."""
    settings = ((option, value) for (_, option), values in conf.options.items() for value in values)
    paths = tuple(dict.fromkeys(filter(None, (nova_copy.authority_of(*setting) for setting in settings))))
    files = ctx.backend.node(host).survey(SurveyRequest(files=paths)).files if host and paths else {}
    texts = {path: public_part(decoded(file.content)) for path, file in files.items() if file}
    return {path: text for path, text in texts.items() if text}


def _named_files(conf: NovaConf) -> Iterator[str]:
    """Yields the path of every file, such as a CA file, that the copied settings may name."""
    for (_, option), values in conf.options.items():
        yield from filter(None, (nova_copy.file_of(option, value) for value in values))


def _certificate(ctx: Context, vcenter: VcenterAnswers) -> str:
    """Returns the certificate that nova will trust: the certificates in the CA file, or the pinned certificate.

    Anything else in the CA file is left out, because all users can read the node's copy.
    """
    if vcenter.trust.kind == "ca_file":
        content = ctx.backend.local.head(expanded(vcenter.trust.value), MAX_CA_BYTES)
        return public_part(content.decode("ascii", "replace"))
    facts = ctx.facts_of(VcenterFacts)
    return facts.certificate.pem if facts and vcenter.trust.kind == "sha256" else ""


def _targets(ctx: Context, vcenter: VcenterAnswers, conf: NovaConf) -> Iterator[str]:
    yield host_port(vcenter.host, vcenter.port)
    facts = ctx.facts_of(ClusterFacts)
    if facts and facts.cluster:
        yield from (host_port(host.name, 443) for host in facts.inventory.hosts_of(facts.cluster))
    yield from (*queues(conf), *services(conf), *databases(conf))
