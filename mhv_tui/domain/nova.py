"""nova.conf of a compute node for vCenter: which option each release reads, and the settings that a node needs.

Never writes an option that the release does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import field
from typing import Literal

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port
from mhv_tui.domain import ini
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import LazyTable, read

Networking = Literal["nova-network", "neutron"]
OptionValue = tuple[str, str, str | Revealed]
"""Section, name and value of an option. The name of a list option occurs several times. A secret is a Revealed."""

DRIVER = "vmwareapi.VMwareVCDriver"

TRUE = ("true", "1", "on", "yes")
"""The texts that oslo.config reads as true (oslo_config/types.py)."""

FALSE = ("false", "0", "off", "no")
"""The texts that it reads as false; it refuses any other."""


@dataclass(frozen=True)
class Option:
    """One option of nova.conf and the releases that read it."""

    section: str
    name: str
    since: Release
    until: Release | None
    kind: str
    """The type of the value: text, bool, int, float, port, uri or host."""
    checked: Release
    """The release from which on nova refuses a value of another kind."""
    minimums: tuple[tuple[Release, int], ...]
    schemes: tuple[str, ...]
    """Of a URI; empty if any is accepted."""
    means: str
    """The name that all spellings of a renamed option share; for other options the option's own name."""
    multi_until: Release | None
    """The last release in which the option may be repeated and collects its values."""
    defaults: tuple[tuple[Release, str], ...]
    help: str

    def known_in(self, release: Release) -> bool:
        """Returns True if nova of `release` reads the option."""
        return self.since <= release and (self.until is None or release <= self.until)

    def default(self, release: Release) -> str | None:
        """Returns nova's default in `release`; None if the option has no default."""
        values = [value for since, value in self.defaults if since <= release]
        return (values[-1] or None) if values and self.known_in(release) else None

    def checked_in(self, release: Release) -> bool:
        """Whether nova of `release` reads it and refuses a value of another kind."""
        return self.known_in(release) and self.checked <= release

    def least(self, release: Release) -> int | None:
        """The least number that nova of `release` accepts."""
        return next((least for since, least in reversed(self.minimums) if since <= release), None)

    def is_default(self, value: str, release: Release) -> bool:
        """Returns True if a value from nova.conf equals nova's default in `release`."""
        default = self.default(release) or ""
        if self.kind == "bool":
            return value.lower() in (TRUE if default.lower() in TRUE else FALSE)
        return unescape(value).strip() == default

    def repeats_in(self, release: Release) -> bool:
        """Returns True if nova of `release` collects several values of the option."""
        return self.multi_until is not None and release <= self.multi_until


def _option(key: str, row: Mapping[str, object]) -> Option:
    section, name = key.split("/")
    until, multi = row.get("until"), row.get("multi_until")
    defaults, minimums, schemes = row.get("default", {}), row.get("min", {}), row.get("schemes", [])
    assert isinstance(defaults, dict) and isinstance(minimums, dict) and isinstance(schemes, list)
    return Option(
        section=section,
        name=name,
        since=by_name(str(row["since"])),
        until=by_name(str(until)) if until else None,
        kind=str(row.get("kind", "text")),
        checked=by_name(str(row.get("checked", row["since"]))),
        minimums=tuple((by_name(since), int(value)) for since, value in minimums.items()),
        schemes=tuple(schemes),
        means=str(row.get("means", name)),
        multi_until=by_name(str(multi)) if multi else None,
        defaults=tuple((by_name(since), str(value)) for since, value in defaults.items()),
        help=str(row["help"]),
    )


#: Every option of the table by `section/name`.
OPTIONS: LazyTable[Option] = LazyTable(lambda: {key: _option(key, row) for key, row in read("nova_options").items()})


def options(release: Release, section: str | None = None) -> list[Option]:
    """Returns the options that nova of `release` reads, in the order of the table."""
    return [o for o in OPTIONS.values() if o.known_in(release) and section in (None, o.section)]


def spelling(means: str, release: Release, section: str | None = None) -> Option | None:
    """Returns the option of `release` for a setting such as `vnc_listen`; None if the release has no such option."""
    return next((o for o in options(release, section) if o.means == means), None)


@dataclass(frozen=True)
class NovaNetworkSettings:
    """The settings of nova-network on the node. None means nova's default."""

    flat_network_bridge: str
    """The name of the bridge, and of the port group."""
    network_manager: str = "nova.network.manager.FlatDHCPManager"
    flat_interface: str | None = None
    multi_host: bool | None = None
    public_interface: str | None = None
    vlan_interface: str | None = None


@dataclass(frozen=True)
class VmwareSettings:
    """The settings that the answers request. None means nova's default. The values are not escaped."""

    host_ip: str
    host_username: str
    host_password: Revealed
    cluster_names: tuple[str, ...]
    datastore_regex: str | None = None
    host_port: int = 443
    ca_file: str | None = None
    insecure: bool = False
    vmware: Mapping[str, str] = field(default_factory=dict)
    """More options of [vmware] by nova's names, such as cache_prefix, use_linked_clone, wsdl_location."""
    host: str | None = None
    my_ip: str | None = None
    state_path: str | None = None
    reserved_host_memory_mb: int = 0
    vnc_enabled: bool | None = None
    vnc_listen: str | None = None
    vnc_proxyclient_address: str | None = None
    novncproxy_base_url: str | None = None
    nova_network: NovaNetworkSettings | None = None
    """None with Neutron, whose settings are copied from another node."""


def vmware_settings(release: Release, settings: VmwareSettings) -> list[OptionValue]:
    """Returns the settings of nova.conf in the order to write them, escaped, without options unknown to `release`."""
    pairs = [*_default_pairs(release, settings), *_network_pairs(release, settings.nova_network)]
    pairs += [("vmware", name, value) for name, value in _vmware_pairs(release, settings)]
    pairs += _console_pairs(release, settings)
    return [(s, n, _escaped(v)) for s, n, v in pairs if v is not None and _known(release, s, n)]


def unknown_options(release: Release, names: Iterable[str], section: str = "vmware") -> list[str]:
    """Returns the names that this release does not read; they are not written."""
    return [name for name in names if not _known(release, section, name)]


def by_option(rows: Iterable[OptionValue]) -> list[tuple[str, str, tuple[str | Revealed, ...]]]:
    """Returns section, name and all values of each option. An option that occurs several times becomes one row."""
    values: dict[tuple[str, str], list[str | Revealed]] = {}
    for section, name, value in rows:
        values.setdefault((section, name), []).append(value)
    return [(section, name, tuple(several)) for (section, name), several in values.items()]


Pair = tuple[str, str, object]


def _known(release: Release, section: str, name: str) -> bool:
    option = OPTIONS.get(f"{section}/{name}")
    return option is not None and option.known_in(release)


def _escaped(value: object) -> str | Revealed:
    return Revealed(escape(value.value)) if isinstance(value, Revealed) else escape(str(value))


def _default_pairs(release: Release, settings: VmwareSettings) -> list[Pair]:
    return [
        ("DEFAULT", "compute_driver", DRIVER),
        ("DEFAULT", "host", settings.host),
        ("DEFAULT", "my_ip", settings.my_ip),
        ("DEFAULT", "state_path", settings.state_path),
        ("DEFAULT", "reserved_host_memory_mb", settings.reserved_host_memory_mb),
    ]


def _network_pairs(release: Release, network: NovaNetworkSettings | None) -> list[Pair]:
    if network is None:
        return []
    if release.nova_network == "no":
        raise ValueError(f"nova {release.title} has no nova-network")
    switch: list[Pair] = (
        [("DEFAULT", "use_neutron", False)]
        if _known(release, "DEFAULT", "use_neutron")
        else [("DEFAULT", "network_api_class", "nova.network.api.API"), ("DEFAULT", "security_group_api", "nova")]
    )
    names = (
        "network_manager",
        "flat_network_bridge",
        "flat_interface",
        "multi_host",
        "public_interface",
        "vlan_interface",
    )
    return switch + [("DEFAULT", name, getattr(network, name)) for name in names]


def _vmware_pairs(release: Release, settings: VmwareSettings) -> list[tuple[str, object]]:
    has_port = _known(release, "vmware", "host_port")
    clusters = settings.cluster_names
    if len(clusters) != 1 and not OPTIONS["vmware/cluster_name"].repeats_in(release):
        raise ValueError(f"nova-compute of {release.title} serves exactly one cluster, not {len(clusters)}")
    address = host_port(settings.host_ip, settings.host_port)
    own: list[tuple[str, object]] = [
        # Havana and Icehouse have no host_port and read HOST:PORT from host_ip.
        ("host_ip", settings.host_ip if has_port or settings.host_port == 443 else address),
        ("host_port", settings.host_port if settings.host_port != 443 else None),
        ("host_username", settings.host_username),
        ("host_password", settings.host_password),
        *(("cluster_name", name) for name in clusters),
        ("datastore_regex", settings.datastore_regex),
        ("ca_file", settings.ca_file),
        ("insecure", True if settings.insecure and not settings.ca_file else None),
    ]
    own_names = {name for name, _ in own}
    return own + [(name, value) for name, value in settings.vmware.items() if name not in own_names]


def _console_pairs(release: Release, settings: VmwareSettings) -> list[Pair]:
    values = {
        "vnc_enabled": settings.vnc_enabled,
        "vnc_listen": settings.vnc_listen,
        "vnc_proxyclient_address": settings.vnc_proxyclient_address,
        "novncproxy_base_url": settings.novncproxy_base_url,
    }
    options_of_release = [(spelling(means, release), value) for means, value in values.items()]
    return [(option.section, option.name, value) for option, value in options_of_release if option]


def escape(value: str) -> str:
    """Returns `value` with each `$` doubled, so that oslo.config reads the value literally.

    ini.quote adds quotes if needed; `verbatim` escapes and adds quotes. Raises ValueError for a backslash before a `$`:
    oslo.config reads the two as an escaped `$`, and has no way to write them.
    """
    if r"\$" in value:
        raise ValueError("nova.conf cannot contain a backslash before a dollar sign")
    return value.replace("$", "$$")


def cannot_hold(value: str | Revealed) -> str:
    """Returns the part of `value` that nova.conf cannot contain, in words; "" if nova.conf can contain `value`."""
    text = value.value if isinstance(value, Revealed) else value
    if re.search(r"[\r\n]", text):
        return "a line break"
    return r"a backslash before a dollar sign (\$)" if r"\$" in text else ""


def unescape(value: str) -> str:
    """Returns the value that oslo.config reads from an escaped value."""
    return value.replace(r"\$", "$$").replace("$$", "$")


def verbatim(value: str) -> str:
    """Returns the text that a person writes after `name = `: escaped and, if needed, with quotes."""
    return ini.quote(escape(value))


def datastore_regex(names: Iterable[str]) -> str:
    """Returns a regular expression that matches exactly these datastores. Raises ValueError without a name.

    A `$` in a name becomes `[$]`, since nova.conf cannot contain `\\$`.
    """
    escaped = [re.escape(name).replace(r"\$", "[$]") for name in names]
    if not escaped:
        raise ValueError("a datastore must be chosen")
    return f"^{escaped[0]}$" if len(escaped) == 1 else f"^(?:{'|'.join(escaped)})$"


def regex_matches(regex: str, names: Iterable[str]) -> list[str]:
    """Returns the names that nova's driver would match: from the start, like re.match. Raises ValueError if invalid."""
    try:
        compiled = re.compile(regex)
    except re.error as error:
        raise ValueError(f"{regex!r} is not a regular expression: {error}") from None
    return [name for name in names if compiled.match(name)]
