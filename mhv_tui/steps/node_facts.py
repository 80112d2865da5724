"""What the page `node` sees: one survey of the node, one of the machine whose settings it copies, and the cloud's rows.

Reads only; each machine is asked once, however much there is to ask.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from urllib.parse import urlsplit

from mhv_tui.changes.files import decoded
from mhv_tui.changes.packages import job_name, packages_id
from mhv_tui.core.context import Context
from mhv_tui.core.machine import Package, RemoteFile, SshHost, Survey, SurveyRequest
from mhv_tui.core.openstack import Hypervisor, Service
from mhv_tui.core.paths import expanded
from mhv_tui.core.secret import Revealed
from mhv_tui.domain import ini, nova_copy, packages
from mhv_tui.domain.certificates import public_part
from mhv_tui.steps import cloud, vcenter
from mhv_tui.steps.checks import seen
from mhv_tui.steps.cluster_facts import ClusterFacts
from mhv_tui.steps.network import trial
from mhv_tui.steps.network_facts import NetworkFacts, Trial
from mhv_tui.steps.node_asks import NodeAnswers, host_of

NOVA_CONF = "/etc/nova/nova.conf"
COMPUTE_CONF = "/etc/nova/nova-compute.conf"
GLANCE_CLIENT = "/usr/lib/python3/dist-packages/nova/image/glance.py"
"""Debian's and Ubuntu's place of the code that reads images; absent elsewhere, and then not judged."""
COMPUTE_IDS = ("/etc/nova/compute_id", "/usr/share/nova/compute_id", "/var/lib/nova/compute_id")
"""Where the node's UUID may lie: beside each configuration file and in state_path, as the packages have them
(read_local_node_uuid of nova/virt/node.py)."""
CA_FILE = "/etc/nova/mhv-vcenter-ca.pem"
"""Where vCenter's certificate is written on the node; readable by nova, no secret."""

FILES = (NOVA_CONF, COMPUTE_CONF, *COMPUTE_IDS, GLANCE_CLIENT, CA_FILE)

MOST = 1 << 20
"""Bytes of a local CA file that are read at most."""

EXTRA_PACKAGES = ("nova-common", "python3-urllib3", "chrony", "ca-certificates")
CLOCKS = ("chrony", "chronyd", "ntp", "ntpd", "ntpsec", "systemd-timesyncd")


@dataclass(frozen=True)
class NodeFacts:
    """The node as it is now, and what there is to write on it."""

    survey: Survey
    password: Revealed
    """vCenter's, which nova.conf has to hold."""
    source: RemoteFile | None = None
    """nova.conf of the machine named in copy_settings_from."""
    ca: str = ""
    """The certificate that is to be trusted, PEM; empty where the node's own store decides."""
    skew: float = 0.0
    """The node's clock ahead of ours, seconds."""
    services: tuple[Service, ...] = ()
    hypervisors: tuple[Hypervisor, ...] = ()
    offers: Mapping[str, Package] = field(default_factory=dict)
    trial: Trial | None = None
    """What Neutron makes of a port on this node, where the page of the port group could not know the node's name."""

    @property
    def installing(self) -> bool:
        """True while our own installation runs there, or was killed in the middle: the plan finishes it."""
        return any(job.running or job.code is None for job in self.survey.jobs.values())

    def text(self, path: str) -> str:
        """A file of the node as text; "" where it is not there."""
        held = self.survey.files.get(path)
        return decoded(held.content) if held else ""

    @property
    def service_host(self) -> str:
        """The name under which nova-compute registers: nova's `host`, else the machine's host name."""
        return last(self.text(COMPUTE_CONF), "DEFAULT", "host") or own_host(self) or self.survey.hostname

    def service(self, binary: str = "nova-compute") -> Service | None:
        """The cloud's record of a service of this node."""
        return next((s for s in self.services if (s.binary, s.host) == (binary, self.service_host)), None)

    @property
    def own_hypervisors(self) -> tuple[Hypervisor, ...]:
        """The cloud's hypervisors behind this node's nova-compute: up to Kilo one for each cluster that it serves."""
        return tuple(h for h in self.hypervisors if h.service_host == self.service_host)

    @property
    def identity_files(self) -> tuple[str, ...]:
        """Every place where nova of this node looks for its UUID."""
        texts = (self.text(COMPUTE_CONF), self.text(NOVA_CONF))
        path = next(filter(None, (last(text, "DEFAULT", "state_path") for text in texts)), "")
        own = f"{path.rstrip('/')}/compute_id"
        return tuple(dict.fromkeys((*COMPUTE_IDS, own))) if path.startswith("/") and "$" not in path else COMPUTE_IDS


def own_host(facts: NodeFacts) -> str:
    """nova's `host` as nova.conf of the node sets it; "" where it does not."""
    return last(facts.text(NOVA_CONF), "DEFAULT", "host")


@lru_cache(maxsize=16)
def _index(text: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    """Every option's values; parsed once and not for each option, as such a file has thousands of lines."""
    bare = "".join(line for line in text.splitlines(keepends=True) if line.strip() and line[0] not in "#;")
    found: dict[tuple[str, str], list[str]] = {}
    for line in ini.parse(bare):
        place = (_section(line.section), line.key)
        if line.kind == "setting":
            found.setdefault(place, []).append(line.value)
        elif line.kind == "more":
            found[place][-1] += f"\n{line.value}"
    return {place: tuple(values) for place, values in found.items()}


def _section(name: str) -> str:
    return name if name == "DEFAULT" else name.lower()


def values(text: str, section: str, option: str) -> tuple[str, ...]:
    """Every value of an option in one file, in its order, as oslo.config reads it."""
    return _index(text).get((_section(section), option), ())


def options_in(text: str, section: str) -> tuple[str, ...]:
    """The options that a section of one file sets."""
    return tuple(option for name, option in _index(text) if name == _section(section))


def last(text: str, section: str, option: str) -> str:
    """The value that wins within one file; "" where it is not set."""
    return (values(text, section, option) or ("",))[-1]


def probe(ctx: Context, asked: NodeAnswers) -> NodeFacts:
    """One survey of the node, and before it one of the machine to copy from: its settings say what must be reached."""
    answers = ctx.answers.of("vcenter", vcenter.VcenterAnswers)
    password = ctx.backend.reveal(vcenter.login_of(answers).password)
    source = _source(ctx, asked.copy_settings_from)
    request = SurveyRequest(
        packages=tuple(dict.fromkeys((*packages.everything(), *EXTRA_PACKAGES))),
        units=tuple(dict.fromkeys((*packages.units(), *CLOCKS))),
        files=tuple(dict.fromkeys(filter(None, (*FILES, asked.ca_file, *_named_files(source))))),
        targets=tuple(dict.fromkeys(_targets(ctx, answers, source))),
        modules=("oslo_vmware", "suds"),
        jobs=(job_name(ctx.session, packages_id(host_of(asked))),),
    )
    node = ctx.backend.node(host_of(asked))
    survey = node.survey(request)
    there = ctx.backend.cloud(cloud.login_of(ctx.answers.of("cloud", cloud.CloudAnswers)))
    facts = NodeFacts(
        survey,
        password,
        source,
        _certificate(ctx, answers),
        survey.now - ctx.backend.now().timestamp() if survey.now else 0.0,
        there.services(),
        there.hypervisors(),
        survey.packages,
    )
    elsewhere = tuple(path for path in facts.identity_files if path not in request.files)
    if elsewhere:
        files = {**survey.files, **node.survey(SurveyRequest(files=elsewhere)).files}
        facts = replace(facts, survey=replace(survey, files=files))
    return replace(facts, trial=_trial(ctx, facts.service_host))


def _trial(ctx: Context, service_host: str) -> Trial | None:
    """A port on the node by its own name, unless the page of the port group has tried one."""
    network_facts = seen(ctx.earlier, "network", NetworkFacts)
    cloud_facts = seen(ctx.earlier, "cloud", cloud.CloudFacts)
    if network_facts is None or network_facts.trial or cloud_facts is None:
        return None
    return trial(ctx, cloud_facts, service_host)


def _source(ctx: Context, host: SshHost | None) -> RemoteFile | None:
    if host is None:
        return None
    return ctx.backend.node(host).survey(SurveyRequest(files=(NOVA_CONF,))).files.get(NOVA_CONF)


def _named_files(source: RemoteFile | None) -> Iterator[str]:
    """Every file that the settings to copy may name, authorities and the like."""
    held = _index(decoded(source.content)) if source else {}
    for (_, option), there in held.items():
        yield from filter(None, (nova_copy.file_of(option, value) for value in there))


def _certificate(ctx: Context, answers: vcenter.VcenterAnswers) -> str:
    """What nova is to trust: the CA file's certificates and nothing else of it, as the node's file is for everybody to
    read and stands in plan and journal; or the pinned certificate itself."""
    if answers.trust.kind == "ca_file":
        return public_part(ctx.backend.local.head(expanded(answers.trust.value), MOST).decode("ascii", "replace"))
    facts = seen(ctx.earlier, "vcenter", vcenter.VcenterFacts)
    return facts.certificate.pem if facts and answers.trust.kind == "sha256" else ""


def _targets(ctx: Context, answers: vcenter.VcenterAnswers, source: RemoteFile | None) -> Iterator[str]:
    yield target(answers.host, answers.port)
    facts = seen(ctx.earlier, "cluster", ClusterFacts)
    if facts and facts.cluster:
        yield from (target(host.name, 443) for host in facts.inventory.hosts_of(facts.cluster))
    text = decoded(source.content) if source else ""
    yield from (row for rows in (queues(text), services(text), databases(text)) for row in rows)


def target(host: str, port: int) -> str:
    """host:port as a survey wants it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


_PORTS = {"http": 80, "https": 443, "rabbit": 5672, "amqp": 5672, "mysql": 3306, "postgresql": 5432}
_URL = re.compile(r"[a-z0-9+]+://[^\s,]+")


def queues(text: str) -> tuple[str, ...]:
    """host:port of every message queue that a nova.conf names."""
    if url := last(text, "DEFAULT", "transport_url"):
        scheme = url.partition("://")[0].partition("+")[0]
        hosts = url.partition("://")[2].partition("/")[0].split(",")
        return tuple(filter(None, (_endpoint(f"{scheme}://{host}") for host in hosts)))
    for section in ("DEFAULT", "oslo_messaging_rabbit"):
        if several := last(text, section, "rabbit_hosts"):
            return tuple(filter(None, (_endpoint(f"rabbit://{host.strip()}") for host in several.split(","))))
        if host := last(text, section, "rabbit_host"):
            return (target(host, int(last(text, section, "rabbit_port") or 5672)),)
    return ()


SERVICES = (
    ("keystone_authtoken", "auth_url"),
    ("keystone_authtoken", "www_authenticate_uri"),
    ("keystone_authtoken", "auth_uri"),
    ("placement", "auth_url"),
    ("placement", "endpoint_override"),
    ("neutron", "auth_url"),
    ("neutron", "url"),
    ("neutron", "endpoint_override"),
    ("glance", "api_servers"),
    ("glance", "endpoint_override"),
    ("DEFAULT", "glance_api_servers"),
    ("DEFAULT", "neutron_url"),
)
"""Options whose URLs nova-compute calls."""


def services(text: str) -> tuple[str, ...]:
    """host:port of every service of the cloud that a nova.conf names."""
    return tuple(dict.fromkeys(_urls(last(text, section, option) for section, option in SERVICES)))


def databases(text: str) -> tuple[str, ...]:
    """host:port of every database that a nova.conf names; a file on the node (SQLite) is none."""
    options = (("database", "connection"), ("DEFAULT", "sql_connection"), ("api_database", "connection"))
    return tuple(dict.fromkeys(_urls(last(text, section, option) for section, option in options)))


def _urls(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        yield from filter(None, (_endpoint(url) for url in _URL.findall(value)))


def _endpoint(url: str) -> str:
    """host:port of a URL; "" where it names no host, or its host is an option's name."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme.partition("+")[0], 0)
    except ValueError:
        return ""
    return target(parts.hostname, port) if parts.hostname and port and "$" not in parts.hostname else ""
