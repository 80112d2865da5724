"""One lab's own ground: its name, its network with a bridge and addresses, its names, keys and password.

Labs stand side by side because each takes an index of its own; it refuses to touch a bridge that another lab made."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from mhv_tui.lab import apt_proxy, host, sources
from mhv_tui.lab.host import LabError, LabUsage, Progress, run

DOMAIN = "lab.test"
NAMES: Mapping[str, int] = {
    "outside": 1,
    "vc": 5,
    "vc2": 6,
    "esx1": 7,
    "esx2": 8,
    "esx3": 9,
    "controller": 10,
    "compute1": 11,
    "novavmware1": 12,
    "novavmware2": 13,
    "plain1": 14,
    "plain2": 15,
}
"""Name -> last number of its address, in every lab. Those below 10 belong on the bridge itself (`add_address`)."""

BUILDER = 240
"""Last number of the address that a root takes while it is being built."""

FORWARDING = Path("/proc/sys/net/ipv4/ip_forward")


@dataclass(frozen=True)
class Lab:
    """A lab: where its state is, which network is its own, what its names are."""

    name: str
    index: int
    state: Path
    names: Mapping[str, int] = field(default_factory=lambda: NAMES)
    progress: Progress = host.say

    @property
    def bridge(self) -> str:
        """The bridge's interface name, at most 9 characters."""
        return f"mhvlab{self.index}"

    @property
    def network(self) -> str:
        """The lab's network as CIDR."""
        return f"10.213.{self.index}.0/24"

    @property
    def gateway(self) -> str:
        """This machine's address in the lab."""
        return self.address(1)

    def address(self, of: str | int) -> str:
        """The address of a name of this lab, or of a last number."""
        if isinstance(of, str) and of not in self.names:
            raise LabError(f"{of} is no name of lab {self.name}: {', '.join(self.names)}.")
        return f"10.213.{self.index}.{self.names[of] if isinstance(of, str) else of}"

    def host_name(self, name: str) -> str:
        """The full name, as certificates and answer files use it."""
        return f"{name}.{DOMAIN}"

    @property
    def key_file(self) -> Path:
        """The lab's ed25519 private key: `ubuntu` on every node, and root where it was allowed."""
        return self.state / "id_ed25519"

    @property
    def password_file(self) -> Path:
        """The password of `operator` on every node, for login and sudo."""
        return self.state / "operator-password"

    @property
    def known_hosts(self) -> Path:
        """The nodes' host keys, by full name, short name and address."""
        return self.state / "known_hosts"

    @property
    def nodes(self) -> Path:
        """One directory for each node."""
        return self.state / "nodes"

    def hosts_table(self) -> str:
        """The text of /etc/hosts, the same for every node and useful outside."""
        lines = [f"{self.address(name)} {self.host_name(name)} {name}" for name in self.names]
        return "\n".join(["127.0.0.1 localhost", "::1 localhost ip6-localhost", *lines, ""])


def open_lab(name: str = "default", names: Mapping[str, int] | None = None, progress: Progress = host.say) -> Lab:
    """The lab of that name, with what was settled when it was first opened; changes nothing outside its directory.

    `names` adds to or overrides NAMES and is remembered."""
    with host.lock(Path("/run/lock/mhv-tui-lab"), timeout=60):
        state = host.state_dir(name)
        record = state / "lab.json"
        known = json.loads(record.read_text()) if record.exists() else {}
        index = int(known["index"]) if known else _free_index()
        table: dict[str, int] = {**NAMES, **known.get("names", {}), **(names or {})}
        host.write_atomic(record, json.dumps({"index": index, "names": table}, indent=1))
    lab = Lab(name, index, state, table, progress)
    lab.nodes.mkdir(exist_ok=True, mode=0o700)
    if not lab.key_file.exists():
        run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"mhv-tui lab {name}", "-f", str(lab.key_file)])
    if not lab.password_file.exists():
        host.write_atomic(lab.password_file, secrets.token_urlsafe(12) + "\n")
    return lab


def existing_lab(name: str) -> Lab:
    """The lab of that name, brought up before. LabUsage where there is none."""
    if host.plain_name(name) not in lab_names():
        raise LabUsage(f"There is no lab {name}. `mhv-tui lab up --name {name}` makes it.")
    return open_lab(name)


def lab_names() -> list[str]:
    """The names of the labs that have state on this machine."""
    return sorted(path.parent.name for path in host.state_root().glob("*/lab.json"))


def _free_index() -> int:
    used = {json.loads(path.read_text())["index"] for path in host.state_root().glob("*/lab.json")}
    routes = run(["ip", "-4", "route", "show", "table", "all"]).stdout
    for index in range(251):
        if index not in used and f"10.213.{index}." not in routes:
            return index
    raise LabError("All 251 networks for labs are taken: destroy a lab that is no longer needed.")


def start_network(lab: Lab) -> None:
    """Raises bridge, address, NAT and the package server; leaves alone what already stands."""
    owner = Path(f"/sys/class/net/{lab.bridge}/ifalias")
    if not owner.exists():
        run(["ip", "link", "add", lab.bridge, "type", "bridge"])
        run(["ip", "link", "set", lab.bridge, "alias", str(lab.state), "up"])
    elif owner.read_text().strip() != str(lab.state):
        raise LabError(f"{lab.network} belongs to another lab ({owner.read_text().strip()}): destroy one of the two.")
    add_address(lab, 1)
    _forward(lab)
    run(["nft", "-f", "-"], input=_ruleset(lab))
    apt_proxy.start(lab.state, lab.gateway, sources.host_settings().get("Acquire::http::Proxy", ""))


def add_address(lab: Lab, of: str | int) -> str:
    """Puts one more address of the lab on the bridge, for what runs outside the nodes (a vCenter); returns it."""
    address = lab.address(of)
    run(["ip", "address", "replace", f"{address}/24", "dev", lab.bridge])
    return address


def is_network_up(lab: Lab) -> bool:
    """Whether the lab's bridge stands and is its own."""
    owner = Path(f"/sys/class/net/{lab.bridge}/ifalias")
    return owner.exists() and owner.read_text().strip() == str(lab.state)


def stop_network(lab: Lab) -> None:
    """Takes away what `up` raised; the nodes must have been stopped before."""
    apt_proxy.stop(lab.state)
    if not is_network_up(lab):
        return
    run(["nft", "delete", "table", "ip", lab.bridge], check=False)
    run(["ip", "link", "delete", lab.bridge])
    before = lab.state / "ip_forward"
    if before.exists() and not list(Path("/sys/class/net").glob("mhvlab*")):
        FORWARDING.write_text(before.read_text())
    before.unlink(missing_ok=True)


def _ruleset(lab: Lab) -> str:
    """Masquerades the lab's network towards the world, and nothing between the lab's own addresses."""
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


def _forward(lab: Lab) -> None:
    """Switches IPv4 forwarding on, remembering how the first lab found it."""
    before = FORWARDING.read_text().strip()
    record = lab.state / "ip_forward"
    if record.exists():
        return
    others = [path.read_text() for path in host.state_root().glob("*/ip_forward")]
    host.write_atomic(record, others[0] if others else before)
    FORWARDING.write_text("1")
