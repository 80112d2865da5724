"""nova.conf of a compute node for vCenter: which option each release reads, and the settings that a node needs.

Never writes an option that the release does not know.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from mhv_tui.core.secret import Revealed
from mhv_tui.core.text import host_port
from mhv_tui.domain import ini
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.domain.tables import LazyTable, read

Networking = Literal["nova-network", "neutron"]
OptionValue = tuple[str, str, str | Revealed]
"""Section, name, value; a name occurs several times if the option is a list. A secret is a Revealed."""

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
    """text, bool, int, float, port, uri or host."""
    checked: Release
    """The release from which on nova refuses a value of another kind."""
    minimums: tuple[tuple[Release, int], ...]
    schemes: tuple[str, ...]
    """Of a URI; empty if any is accepted."""
    means: str
    """The setting's other name, if the name changed; else its own."""
    multi_until: Release | None
    """Up to this release the option may be repeated and collects its values."""
    defaults: tuple[tuple[Release, str], ...]
    help: str

    def known_in(self, release: Release) -> bool:
        """Whether nova of `release` reads it."""
        return self.since <= release and (self.until is None or release <= self.until)

    def default(self, release: Release) -> str | None:
        """nova's default in `release`; None if it has no default."""
        values = [value for since, value in self.defaults if since <= release]
        return (values[-1] or None) if values and self.known_in(release) else None

    def checked_in(self, release: Release) -> bool:
        """Whether nova of `release` reads it and refuses a value of another kind."""
        return self.known_in(release) and self.checked <= release

    def least(self, release: Release) -> int | None:
        """The least number that nova of `release` accepts."""
        return next((least for since, least in reversed(self.minimums) if since <= release), None)

    def is_default(self, value: str, release: Release) -> bool:
        """Whether a value from nova.conf equals nova's default in `release`."""
        default = self.default(release) or ""
        if self.kind == "bool":
            return value.lower() in (TRUE if default.lower() in TRUE else FALSE)
        return unescape(value).strip() == default

    def repeats_in(self, release: Release) -> bool:
        """Whether nova of `release` collects several values."""
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
    """The options that nova of `release` reads, in the table's order."""
    return [o for o in OPTIONS.values() if o.known_in(release) and section in (None, o.section)]


def spelling(means: str, release: Release, section: str | None = None) -> Option | None:
    """The option of `release` for a setting such as `vnc_listen`; None if it has none."""
    return next((o for o in options(release, section) if o.means == means), None)


@dataclass(frozen=True)
class NovaNetworkSettings:
    """The settings of nova-network on the node; None leaves nova's default."""

    flat_network_bridge: str
    """Also the port group's name."""
    network_manager: str = "nova.network.manager.FlatDHCPManager"
    flat_interface: str | None = None
    multi_host: bool | None = None
    public_interface: str | None = None
    vlan_interface: str | None = None


@dataclass(frozen=True)
class VmwareSettings:
    """The settings that the answers ask for; None leaves nova's default. The values are not escaped."""

    host_ip: str
    host_username: str
    host_password: Revealed
    cluster_names: tuple[str, ...]
    datastore_regex: str | None = None
    host_port: int = 443
    ca_file: str | None = None
    insecure: bool = False
    vmware: Mapping[str, str] = field(default_factory=dict)
    """More options of [vmware] under nova's names, such as cache_prefix, use_linked_clone, wsdl_location."""
    host: str | None = None
    my_ip: str | None = None
    state_path: str | None = None
    reserved_host_memory_mb: int = 0
    vnc_enabled: bool | None = None
    vnc_listen: str | None = None
    vnc_proxyclient_address: str | None = None
    novncproxy_base_url: str | None = None
    nova_network: NovaNetworkSettings | None = None
    """Set with nova-network; None with Neutron, whose settings are copied."""


def vmware_settings(release: Release, settings: VmwareSettings) -> list[OptionValue]:
    """The settings of nova.conf in the order to write them, escaped, with nothing that `release` does not know."""
    pairs = [*_default_pairs(release, settings), *_network_pairs(release, settings.nova_network)]
    pairs += [("vmware", name, value) for name, value in _vmware_pairs(release, settings)]
    pairs += _console_pairs(release, settings)
    return [(s, n, _escaped(v)) for s, n, v in pairs if v is not None and _known(release, s, n)]


def unknown_options(release: Release, names: Iterable[str], section: str = "vmware") -> list[str]:
    """Those of `names` that this release does not read: they are not written."""
    return [name for name in names if not _known(release, section, name)]


def by_option(rows: Iterable[OptionValue]) -> list[tuple[str, str, tuple[str | Revealed, ...]]]:
    """Section, name and all values of each option: an option that occurs several times becomes one row."""
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
        raise ValueError(f"nova {release.title} serves exactly one cluster, not {len(clusters)}")
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
    """`value` with each `$` doubled, so that oslo.config reads it literally.

    ini.quote cares for outer quotes and blanks; `verbatim` does both. Raises ValueError for a backslash before a `$`:
    oslo.config reads the two as an escaped `$`, and has no way to write them.
    """
    if r"\$" in value:
        raise ValueError("nova.conf cannot contain a backslash before a dollar sign")
    return value.replace("$", "$$")


def cannot_hold(value: str | Revealed) -> str:
    """The part of `value` that nova.conf cannot contain, in words; "" if there is none."""
    text = value.value if isinstance(value, Revealed) else value
    if re.search(r"[\r\n]", text):
        return "a line break"
    return r"a backslash before a dollar sign (\$)" if r"\$" in text else ""


def unescape(value: str) -> str:
    """The value that oslo.config reads from an escaped one."""
    return re.sub(r"\$\$|\\\$", "$", value)


def verbatim(value: str) -> str:
    """The text to write after `name = ` by hand: escaped and, if needed, quoted."""
    return ini.quote(escape(value))


def datastore_regex(names: Iterable[str]) -> str:
    """An expression that matches exactly these datastores. Raises ValueError without a name.

    A `$` in a name becomes `[$]`, since nova.conf cannot contain `\\$`.
    """
    escaped = [re.escape(name).replace(r"\$", "[$]") for name in names]
    if not escaped:
        raise ValueError("a datastore must be chosen")
    return f"^{escaped[0]}$" if len(escaped) == 1 else f"^(?:{'|'.join(escaped)})$"


def regex_matches(regex: str, names: Iterable[str]) -> list[str]:
    """The names that nova's driver would match, at the start as re.match does. Raises ValueError if invalid."""
    try:
        compiled = re.compile(regex)
    except re.error as error:
        raise ValueError(f"{regex!r} is not a regular expression: {error}") from None
    return [name for name in names if compiled.match(name)]
