"""One lab: its name, state directory, host names, keys and password, and its network.

Each lab has its own index, and so its own bridge and subnet: several labs can run on one machine. A bridge that belongs
to another lab is never changed."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import apt_proxy, host, shared, simulator, sources, suites
from mhv_tui.lab.host import LabError, LabUsage, ProgressPrinter, print_progress, run
from mhv_tui.lab.profiles import DEFAULT, PROFILES, Profile
from mhv_tui.lab.suites import Suite

DOMAIN = "lab.test"
NAMES: Mapping[str, int] = {
    "outside": 1,
    "vcenter": 5,
    "esx1": 5,
    "esx2": 5,
    "esx3": 5,
    "esx4": 5,
    "vcenter2": 6,
    "esx5": 6,
    "esx6": 6,
    "controller": 10,
    "compute1": 11,
    "novavmware1": 12,
    "novavmware2": 13,
    "plain1": 14,
    "plain2": 15,
    "novavmware3": 16,
}
"""Host name -> last byte of its IPv4 address. Addresses below 10 are on the bridge itself (see `add_address`).

A vCenter and its ESXi hosts are one program with one address, but nova uploads images to a host by its name."""

RESERVED = Path("/run/mhv-tui-lab-subnets")
"""A file for each index in use, with the state directory of its lab; a reboot deletes them."""

BUILDER = 240
"""The last byte of the IPv4 address of the machine that builds layers (see rootfs_cache)."""


@dataclass(frozen=True)
class Lab:
    """A lab. `index`: of bridge and subnet; `state`: its directory; `names`: as NAMES; `progress`: callback.

    `profile`: what the lab consists of; `suite`: the release of its machines."""

    name: str
    index: int
    state: Path
    names: Mapping[str, int] = field(default_factory=lambda: NAMES)
    progress: ProgressPrinter = print_progress
    profile: Profile = PROFILES[DEFAULT]
    suite: Suite = field(default_factory=suites.host_suite)

    @property
    def bridge(self) -> str:
        """The name of the lab's bridge interface."""
        return f"mhvlab{self.index}"

    @property
    def network(self) -> str:
        """The lab's IPv4 subnet as CIDR."""
        return f"10.213.{self.index}.0/24"

    @property
    def gateway(self) -> str:
        """The IPv4 address of the bridge, which is the gateway of the nodes' default route."""
        return self.address(1)

    def address(self, host: str | int) -> str:
        """Returns the IPv4 address of a host, given by name or last byte; raises LabError for an unknown name."""
        if isinstance(host, str) and host not in self.names:
            raise LabError(f"Lab {self.name} has no host {host}; it has {', '.join(self.names)}.")
        return f"10.213.{self.index}.{self.names[host] if isinstance(host, str) else host}"

    def host_name(self, name: str) -> str:
        """Returns the full name of a host, as in certificates and /etc/hosts."""
        return f"{name}.{DOMAIN}"

    @property
    def key_file(self) -> Path:
        """The ed25519 private key to log in as `ubuntu` on every node, and as root if the node allows it."""
        return self.state / "id_ed25519"

    @property
    def password_file(self) -> Path:
        """The password of `operator` on every node, for login and sudo."""
        return self.state / "operator-password"

    @property
    def known_hosts(self) -> Path:
        """The known_hosts file with all nodes' host keys, by full name, short name and address."""
        return self.state / "known_hosts"

    @property
    def nodes(self) -> Path:
        """The parent of the nodes' directories."""
        return self.state / "nodes"

    def hosts_table(self) -> str:
        """Returns the text of /etc/hosts, which is the same on every node."""
        lines = [f"{self.address(name)} {self.host_name(name)} {name}" for name in self.names]
        for vcenter in self.profile.vcenters:  # a vCenter with a recording has the recorded names
            sim = simulator.load(self.state / vcenter)
            lines += [f"{self.address(vcenter)} {name}" for name in (sim.hosts if sim else ())]
        return "\n".join(["127.0.0.1 localhost", "::1 localhost ip6-localhost", *lines, ""])


def open_lab(
    name: str = "default", profile: str = "", debian: str = "", progress: ProgressPrinter = print_progress
) -> Lab:
    """Returns the lab `name`; creates its directory, index, key and password if missing, but starts nothing.

    `profile`: a key of PROFILES; `debian`: one of suites.names(). Both are saved in lab.json; if empty, the saved one.
    Raises LabUsage for another one, and for a release that is not the saved one."""
    if profile and profile not in PROFILES:
        raise LabUsage(f"A lab has no profile {profile!r}; choose from {', '.join(PROFILES)}.")
    if debian and debian not in suites.names():
        raise LabUsage(f"A lab has no release {debian!r}; choose from {', '.join(suites.names())}.")
    with host.lock(Path("/run/lock/mhv-tui-lab"), timeout=60):
        state = host.state_dir(name)
        record = state / "lab.json"
        exists = record.exists()
        saved: dict[str, int | str] = json.loads(record.read_text()) if exists else {"index": _free_index(state)}
        saved["profile"] = profile or saved.get("profile", DEFAULT)
        release = str(saved.get("debian", "") if exists else debian) or suites.host_suite().name
        if debian not in ("", release):
            raise LabUsage(f"Lab {name} has {release}. For {debian}, use another name, or destroy the lab first.")
        write_atomic(record, json.dumps(saved | {"debian": release}, indent=1))
    suite, saved_profile = suites.suite(release), PROFILES[str(saved["profile"])]
    lab = Lab(name, int(saved["index"]), state, progress=progress, profile=saved_profile, suite=suite)
    lab.nodes.mkdir(exist_ok=True, mode=0o700)
    if not lab.key_file.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"mhv-tui lab {name}", "-f", str(lab.key_file)])
    if not lab.password_file.exists():
        write_atomic(lab.password_file, secrets.token_urlsafe(12) + "\n")
    return lab


def existing_lab(name: str) -> Lab:
    """Returns the lab `name`; raises LabUsage if it does not exist."""
    if host.plain_name(name) not in lab_names():
        raise LabUsage(f"There is no lab {name}. `mhv-tui lab up --name {name}` creates it.")
    return open_lab(name)


def lab_names() -> list[str]:
    """Returns the names of all labs on this machine, running or not."""
    return sorted(path.parent.name for path in host.state_root().glob("*/lab.json"))


def _free_index(state: Path) -> int:
    """Reserves an index that no lab of this machine has, under whatever state directory, for the lab in `state`."""
    used = {json.loads(path.read_text())["index"] for path in host.state_root().glob("*/lab.json")}
    routes = run(["ip", "-4", "route", "show", "table", "all"]).stdout
    RESERVED.mkdir(exist_ok=True)
    for index in range(251):
        owner = RESERVED / str(index)
        taken = owner.exists() and Path(owner.read_text()).exists()
        if index not in used and not taken and f"10.213.{index}." not in routes:
            write_atomic(owner, str(state))
            return index
    raise LabError("All 251 subnets for labs are in use: destroy a lab that you no longer need.")


def start_network(lab: Lab) -> None:
    """Creates the lab's bridge, gateway address, IPv4 forwarding, NAT and apt proxy, if they are missing.

    Registers the lab as a user of the cache. Raises LabError if the bridge belongs to another lab."""
    owner = Path(f"/sys/class/net/{lab.bridge}/ifalias")
    if not owner.exists():
        run(["ip", "link", "add", lab.bridge, "type", "bridge"])
        run(["ip", "link", "set", lab.bridge, "alias", str(lab.state), "up"])
    elif owner.read_text().strip() != str(lab.state):
        raise LabError(f"{lab.network} belongs to another lab ({owner.read_text().strip()}): destroy one of both.")
    add_address(lab, 1)
    shared.raise_settings()
    shared.register_user(lab.state)
    run(["nft", "-f", "-"], input=_ruleset(lab))
    apt_proxy.start(lab.state, lab.gateway, sources.host_settings().get("Acquire::http::Proxy", ""))


def add_address(lab: Lab, host: str | int) -> str:
    """Adds a host's address to the bridge, for programs that run outside the nodes (the vCenter); returns it."""
    address = lab.address(host)
    run(["ip", "address", "replace", f"{address}/24", "dev", lab.bridge])
    return address


def is_network_up(lab: Lab) -> bool:
    """Returns True if the lab's bridge exists and belongs to this lab."""
    owner = Path(f"/sys/class/net/{lab.bridge}/ifalias")
    return owner.exists() and owner.read_text().strip() == str(lab.state)


def stop_network(lab: Lab) -> None:
    """Removes the network that `start_network` created. The nodes must be stopped before."""
    apt_proxy.stop(lab.state)
    if is_network_up(lab):
        run(["nft", "delete", "table", "ip", lab.bridge], check=False)
        run(["ip", "link", "delete", lab.bridge])
    shared.restore_settings()


def _ruleset(lab: Lab) -> str:
    """Returns nftables rules: NAT for traffic that leaves the lab's subnet, TCP MSS clamping to the path MTU."""
    return f"""table ip {lab.bridge} {{}}
flush table ip {lab.bridge}
table ip {lab.bridge} {{
  chain postrouting {{
    type nat hook postrouting priority srcnat;
    ip saddr {lab.network} ip daddr != {lab.network} masquerade
  }}
  chain forward {{
    type filter hook forward priority mangle;
    iifname "{lab.bridge}" tcp flags syn tcp option maxseg size set rt mtu
  }}
}}
"""
