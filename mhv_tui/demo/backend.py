"""The simulated world as a whole: logins, trust and time over the state of one file. Nothing real is reached."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from mhv_tui.core import machine, openstack, ports, vsphere
from mhv_tui.core.secret import ABSENT, Revealed, SecretRef, Vault
from mhv_tui.demo.cloud import DemoCloud
from mhv_tui.demo.local import DemoLocal
from mhv_tui.demo.node import DemoNode
from mhv_tui.demo.rows import Row, value_of
from mhv_tui.demo.scenes import demo_secrets, state_of
from mhv_tui.demo.store import Store, failure, read
from mhv_tui.demo.vcenter import DemoVcenter

TRUST_CODES = {"untrusted": "VC03", "expired": "VC03", "name": "VC04"}


class DemoBackend:
    """Fills core.ports.World. `pace`: real seconds per unit of slow work, so that progress can be watched; 0 = none."""

    local: ports.Local

    def __init__(self, path: Path, scene: str = "article", vault: Vault | None = None, pace: float = 0.0) -> None:
        self.store = Store(path, lambda: state_of(scene), pace)
        self._vault = vault or Vault(demo_secrets(self.store.state["scene"]).get)
        self._refused: set[tuple[vsphere.VcenterLogin, Revealed]] = set()
        self._vcenters: dict[vsphere.VcenterLogin, DemoVcenter] = {}
        self.local = DemoLocal(self.store)

    def certificate(self, host: str, port: int, ca_file: str = "") -> vsphere.Certificate:
        self.store.refuse("world.certificate")
        row = self._vcenter_row(host, port)["certificate"]
        if ca_file not in ("", row.get("ca_file")) and self.local.stat(Path(ca_file)) is None:
            said = f"the CA file {ca_file} cannot be used: No such file or directory"
            failure("VC03", said, remedy="Correct ca_file.")
        return value_of(vsphere.Certificate, row, problem=_problem(row, host, ca_file, self.store.now()))

    def vcenter(self, login: vsphere.VcenterLogin) -> ports.Vcenter:
        self.store.refuse("world.vcenter")
        if login not in self._vcenters:
            self._vcenters[login] = self._logged_in(login)
        return self._vcenters[login]

    def cloud(self, login: openstack.CloudLogin) -> ports.Cloud:
        self.store.refuse("world.cloud")
        row = self.store.state["cloud"]
        if login.name:
            if login.name not in row["names"]:
                failure(
                    "OS05", f"clouds.yaml has no entry {login.name!r}; it has {ports.names(row['names'])}", login.name
                )
            return DemoCloud(self.store)
        if login.auth_url.rstrip("/") != row["identity"]["auth_url"]:
            failure("OS01", f"nothing answers at {login.auth_url}", login.auth_url)
        given = self._vault.reveal(login.password or ABSENT)
        if row["users"].get(login.username) != given.value:
            failure("OS03", "The request you have made requires authentication.", login.username)
        if login.project_name and login.project_name != row["identity"]["project"]:
            failure("OS04", f"there is no project {login.project_name!r} for this user", login.project_name)
        return DemoCloud(self.store)

    def node(self, host: machine.SshHost) -> ports.Node:
        self.store.refuse("world.node")
        row = self._machine_row(host)
        if host.host_key and host.host_key != row["host_key"]:
            failure("CN01", f"{host} shows {row['host_key']}, not {host.host_key}", host.host)
        if not host.host_key and not row.get("known", True):
            failure("CN01", f"{host} was never seen before; it shows {row['host_key']}", host.host)
        if host.username and host.username in row.get("refuses", ()):
            failure("CN01", f"{host.username}@{host}: permission denied (publickey)", host.host)
        return DemoNode(self.store, host.host, row)

    def reveal(self, ref: SecretRef) -> Revealed:
        return self._vault.reveal(ref)

    def host_key(self, host: machine.SshHost) -> str:
        self.store.refuse("world.host_key")
        return str(self._machine_row(host)["host_key"])

    def forgive(self) -> None:
        self._refused.clear()

    def now(self) -> datetime:
        return self.store.now()

    def sleep(self, seconds: float) -> None:
        self.store.spend(seconds, units=1)

    def close(self) -> None:
        self.store.save()

    def _logged_in(self, login: vsphere.VcenterLogin) -> DemoVcenter:
        """One login attempt, counted; what was refused once is not tried again."""
        row = self._vcenter_row(login.host, login.port)
        self._trust(login)
        given = self._vault.reveal(login.password)
        user = row["users"].get(login.username.lower())
        if (login, given) not in self._refused:
            with self.store.operation("vcenter.login"):
                row["logins"] = row.get("logins", 0) + 1
        if user is None or user["password"] != given.value:
            self._refused.add((login, given))
            failure("VC07", "Cannot complete login due to an incorrect user name or password.", login.username)
        return DemoVcenter(self.store, row, user)

    def _machine_row(self, host: machine.SshHost) -> Row:
        row: Row | None = self.store.state["machines"].get(host.host)
        if row is None or row.get("port", 22) != host.port:
            failure("CN01", f"{host}:{host.port} does not answer over SSH", host.host)
        return row

    def _vcenter_row(self, host: str, port: int) -> Row:
        rows: dict[str, Row] = self.store.state["vcenters"]
        for name, row in rows.items():
            if host in (name, *row.get("addresses", ())):
                if port != row.get("port", 443):
                    failure("VC16", f"{host}:{port} refuses the connection", host)
                return row
        failure("VC01", f"{host}: the name is not known", host)

    def _trust(self, login: vsphere.VcenterLogin) -> None:
        seen = self.certificate(login.host, login.port, login.trust_value if login.trust_kind == "ca_file" else "")
        if login.trust_kind == "insecure":
            return
        if login.trust_kind == "sha256":
            if seen.sha256 != login.trust_value:
                failure("VC05", f"it shows {seen.sha256}, pinned was {login.trust_value}", login.host)
        elif seen.problem:
            failure(TRUST_CODES[seen.problem], f"the certificate is not accepted: {seen.problem}", login.host)


def scene_of(path: Path) -> str:
    """The scene that a world's file began as; "" where there is no such file."""
    if not path.exists():
        return ""
    return str(read(path)["scene"])


def _problem(row: Row, host: str, ca_file: str, now: datetime) -> str:
    if datetime.fromisoformat(row["not_after"]) < now:
        return "expired"
    if host not in row["names"]:
        return "name"
    signed = row.get("system") or (ca_file and ca_file == row.get("ca_file"))
    return "" if signed else "untrusted"
