"""The simulated backend: logins, trusted keys and certificates, and time, with the state in one file."""

from __future__ import annotations

import os
import threading
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from mhv_tui.core import machine, openstack, ports, vsphere
from mhv_tui.core.errors import FindingError
from mhv_tui.core.local import Local
from mhv_tui.core.paths import expanded
from mhv_tui.core.redaction import shown
from mhv_tui.core.refusals import RefusedLogins
from mhv_tui.core.secret import ABSENT, Revealed, SecretRef, Vault
from mhv_tui.core.text import host_port, without_capital
from mhv_tui.demo.cloud import DemoCloud
from mhv_tui.demo.local import SCRATCH, DemoLocal, remove_scratch
from mhv_tui.demo.node import DemoNode
from mhv_tui.demo.rows import Row, value_of
from mhv_tui.demo.scenes import demo_secrets, state_of
from mhv_tui.demo.store import Store, fail
from mhv_tui.demo.vcenter import DemoVcenter
from mhv_tui.domain import catalogue

TRUST_CODES = {"untrusted": "VC03", "expired": "VC03", "name": "VC04"}
TRUST_PROBLEMS = {
    "untrusted": "has an untrusted issuer",
    "expired": "is not valid now",
    "name": "is for another name",
}


class DemoBackend:
    """Implements core.ports.Backend. `pace`: real seconds per unit of slow work, so that people can follow; 0: none."""

    local: Local

    def __init__(self, path: Path, scene: str = "article", vault: Vault | None = None, pace: float = 0.0) -> None:
        self.store = Store(path, lambda: state_of(scene), pace)
        self._scene_secrets = demo_secrets(self.store.state["scene"])
        self._vault = vault or Vault(self._scene_secrets.get)
        self._refused = RefusedLogins()
        self._vcenters: dict[tuple[vsphere.VcenterLogin, Revealed], DemoVcenter] = {}
        self._logging_in = threading.Lock()
        self.local = DemoLocal(self.store)

    def certificate(self, host: str, port: int, ca_file: str = "") -> vsphere.Certificate:
        self._begin("world.certificate")
        row = self._vcenter_row(host, port)["certificate"]
        if ca_file not in ("", row.get("ca_file")) and self.local.stat(Path(ca_file)) is None:
            detail = f"the CA file {ca_file} cannot be used: No such file or directory"
            fail("VC03", detail, remedy="Correct ca_file.")
        return value_of(vsphere.Certificate, row, problem=_problem(row, host, ca_file, self.store.now()))

    def vcenter(self, login: vsphere.VcenterLogin) -> ports.Vcenter:
        self._begin("world.vcenter")
        key = login, self._vault.reveal(login.password)  # so that another password is a new login
        with self._logging_in:
            if key not in self._vcenters:
                self._vcenters[key] = self._log_in(*key)
            return self._vcenters[key]

    def cloud(self, login: openstack.CloudLogin) -> ports.Cloud:
        self._begin("world.cloud")
        row = self.store.state["cloud"]
        if login.name:
            if login.name not in row["names"]:
                entries = self.local.cloud_entries()
                detail = f"no entry of clouds.yaml is named {login.name}: {entries.sentence}"
                fail("OS05", detail, login.name, entries.remedy)
            return DemoCloud(self.store)
        if login.auth_url.rstrip("/") != row["identity"]["auth_url"]:
            fail("OS01", f"nothing answers at {login.auth_url}", login.auth_url)
        password = self._vault.reveal(login.password or ABSENT)
        if row["users"].get(login.username) != password.value:
            fail("OS03", "The request you have made requires authentication.", login.username)
        if login.project_name and login.project_name != row["identity"]["project"]:
            fail("OS04", f"there is no project {login.project_name!r} for this user", login.project_name)
        return DemoCloud(self.store)

    def node(self, host: machine.SshHost) -> ports.Node:
        self._begin("world.node", host.host)
        row = self._machine_row(host)
        if host.host_key and host.host_key != row["host_key"]:
            detail, remedy = machine.changed_key(str(host), row["host_key"], [host.host_key], is_pinned=True)
            fail("CN01", detail, host.host, remedy)
        if not host.host_key and not row.get("known", True):
            detail = f"the host key of {host} is not confirmed yet: {row['host_key']}"
            fail("CN01", detail, host.host, machine.unconfirmed_key(row["host_key"]))
        if host.key_file not in ("", row.get("key_file")) and not os.path.isfile(expanded(host.key_file)):
            fail("CN30", machine.NO_KEY_FILE.format(host.key_file), host.host, machine.CORRECT_KEY_FILE)
        if host.username and host.username in row.get("refuses", ()):
            fail("CN30", f"{host.username}@{host}: permission denied (publickey)", host.host)
        return DemoNode(self.store, host.host, row)

    def reveal(self, ref: SecretRef) -> Revealed:
        return self._vault.reveal(ref)

    def host_key(self, host: machine.SshHost) -> str:
        self._begin("world.host_key", host.host)
        return str(self._machine_row(host)["host_key"])

    def allow_login_retry(self) -> None:
        self._refused.clear()

    def now(self) -> datetime:
        return self.store.now()

    def sleep(self, seconds: float) -> None:
        self.store.advance_clock(seconds, pace_units=1)

    def close(self) -> None:
        self.store.refresh()
        if remove_scratch(self.store.state, SCRATCH):
            self.store.save()

    def _begin(self, operation: str, host: str = "") -> None:
        """Reads what another process wrote, and raises the fault of the operation."""
        if self.store.refresh():
            self._vcenters.clear()
        self.store.raise_fault(operation, host)

    def _log_in(self, login: vsphere.VcenterLogin, password: Revealed) -> DemoVcenter:
        """Logs in to the simulated vCenter and counts the login. Does not retry a refused login."""
        row = self._vcenter_row(login.host, login.port)
        self._check_trust(login)
        user = row["users"].get(login.username.lower())
        self._refused.raise_if_refused((login, password))
        with self.store.operation("vcenter.login"):
            row["logins"] = row.get("logins", 0) + 1
        if user is None or user["password"] != password.value:
            self._refused.refuse((login, password), _refusal(login, user))
        if login.password.kind == "prompt" and password.value != self._scene_secrets.get(login.password.label):
            self._remember(login, row)
        return DemoVcenter(self.store, row, user)

    def _remember(self, login: vsphere.VcenterLogin, row: Row) -> None:
        """Records whose made-up password was typed and is right, so that later runs of the session fill it in."""
        name = next(name for name, other in self.store.state["vcenters"].items() if other is row)
        self.store.state.setdefault("accepted", {})[login.password.label] = [name, login.username.lower()]
        self.store.save()

    def _machine_row(self, host: machine.SshHost) -> Row:
        row: Row | None = self.store.state["machines"].get(host.host)
        if row is None or row.get("port", 22) != host.port:
            fail("CN29", f"{host_port(host.host, host.port)} does not answer over SSH", host.host)
        return row

    def _vcenter_row(self, host: str, port: int) -> Row:
        rows: dict[str, Row] = self.store.state["vcenters"]
        for name, row in rows.items():
            if host in (name, *row.get("addresses", ())):
                if port != row.get("port", 443):
                    fail("VC19", f"{host_port(host, port)} refuses the connection", host)
                return row
        fail("VC01", f"the name {host} does not resolve", host)

    def _check_trust(self, login: vsphere.VcenterLogin) -> None:
        ca_file = login.trust_value if login.trust_kind == "ca_file" else ""
        certificate = self.certificate(login.host, login.port, ca_file)
        if login.trust_kind == "insecure":
            return
        if login.trust_kind == "sha256":
            if certificate.sha256 != login.trust_value:
                detail = f"{login.host} has the certificate {certificate.sha256}; the answers pin {login.trust_value}"
                fail("VC05", detail, login.host)
        elif certificate.problem:
            problem = TRUST_PROBLEMS[certificate.problem]
            fail(TRUST_CODES[certificate.problem], f"the certificate of {login.host} {problem}", login.host)


def _refusal(login: vsphere.VcenterLogin, user: Row | None) -> FindingError:
    """vCenter's refusal. The remedy for a simulated user says first what the right password is."""
    detail = "Cannot complete login due to an incorrect user name or password."
    refusal = catalogue.finding("VC07", "failure", detail, subject=login.username)
    if user is None:
        return FindingError(refusal)
    password = user["password"]
    right = password if shown(password) == password else "the password that you typed before"
    hint = f"Type {right}: this vCenter is simulated. For a real vCenter:"
    return FindingError(replace(refusal, remedy=f"{hint} {without_capital(refusal.remedy)}"))


def _problem(row: Row, host: str, ca_file: str, now: datetime) -> str:
    if datetime.fromisoformat(row["not_after"]) < now:
        return "expired"
    if host not in row["names"]:
        return "name"
    trusted = row.get("system") or (ca_file and ca_file == row.get("ca_file"))
    return "" if trusted else "untrusted"
