"""A lab to rehearse in: mhv-tui as a process, and every other tool that looks at what it did."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mhv_tui.core.answerfile import dumps
from mhv_tui.lab import cloud, lifecycle, machines, simulator
from mhv_tui.lab.lab import open_lab
from tests.lab.vcenters import connect, hang_up

IMAGE = "ubuntu-vmware"

#: What a node is, as text: packages, files under /etc, enabled units, and what we might leave behind. Left out is what
#: changes on a node by itself while nobody does anything to it.
NODE_STATE = (
    "dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' | sort; "
    "sudo find /etc /usr/sbin/policy-rc.d -xdev -type f ! -path '/etc/*passwd*' ! -path '/etc/*shadow*' "
    "! -path '/etc/*group*' ! -path '/etc/subuid*' ! -path '/etc/subgid*' ! -name '*.cache' ! -name .pwd.lock "
    "-exec sha256sum {} + 2>/dev/null | sort -k2; systemctl list-unit-files --state=enabled --no-legend | sort"
)


def in_order(value: Any) -> Any:
    """The same with every list sorted: a vCenter lists its objects in no order of its own."""
    if isinstance(value, dict):
        return {key: in_order(held) for key, held in value.items()}
    return sorted(map(in_order, value), key=json.dumps) if isinstance(value, list) else value


@dataclass
class Rehearsal:
    """One lab and a place for answer files."""

    name: str
    directory: Path

    def mhv(self, *arguments: str, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        """mhv-tui in a process of its own, without a terminal."""
        environment = {**os.environ, "MHV_WRONG_PASSWORD": "not-it"}
        return subprocess.run(
            [sys.executable, "-m", "mhv_tui", *arguments],
            capture_output=True,
            text=True,
            timeout=timeout,
            env=environment,
            stdin=subprocess.DEVNULL,
        )

    @staticmethod
    def events(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
        """The JSON lines of a run."""
        return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]

    def troubles(self, done: subprocess.CompletedProcess[str]) -> str:
        """What a run complained of, for a failed assertion."""
        kept = [e for e in self.events(done) if e.get("level") == "failure" or e["event"] in ("failed", "finished")]
        return "\n".join(map(json.dumps, kept)) + done.stderr

    def document(self) -> dict[str, Any]:
        """The lab's answers, the image by this rehearsal's own name."""
        document = lifecycle.answers(self.name)
        document["image"]["name"] = IMAGE
        return document

    def answers(self, name: str, **changed: dict[str, Any]) -> Path:
        """The lab's answers as a file, with some of them changed; empty values are left out."""
        document = self.document()
        for step, rows in changed.items():
            table = {**document.get(step, {}), **rows}
            if step == "network" and rows.get("kind") == "standard":
                table.pop("dvs", None)
            if table.get("source") == "NO-IMAGE":
                table["source"] = str(self._no_image())
            document[step] = {k: v for k, v in table.items() if v not in ("", [])}
        path = self.directory / f"{name}.toml"
        path.write_text(dumps(document), encoding="utf-8")
        return path

    def _no_image(self) -> Path:
        path = self.directory / "no-image.qcow2"
        path.write_bytes(b"this is no image\n" * 4096)
        return path

    # -- the vCenter, by its control endpoint and by pyvmomi

    @property
    def simulator(self) -> simulator.Simulator:
        """The lab's vCenter."""
        sim = simulator.load(open_lab(self.name).state / "vcenter")
        assert sim is not None, "the lab's vCenter does not run"
        return sim

    def vcenter(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the vCenter's control endpoint."""
        return simulator.control(self.simulator, method, path, body)

    def inventory(self) -> str:
        """The inventory the lab's vCenter was started with."""
        return simulator.SAMPLE.read_text(encoding="utf-8")

    def holdings(self) -> list[str]:
        """What a vCenter holds, as lines; logins and counted calls are not part of it."""
        state = self.vcenter("GET", "/state")
        kept = {k: v for k, v in state.items() if k not in ("logins", "calls", "faults", "sessions")}
        return json.dumps(in_order(kept), sort_keys=True, indent=1).splitlines()

    def _view(self, kind: str) -> list[Any]:
        from pyVmomi import vim

        content = connect(self.simulator).RetrieveContent()
        types = {"host": vim.HostSystem, "dvpg": vim.dvs.DistributedVirtualPortgroup, "vm": vim.VirtualMachine}
        return list(content.viewManager.CreateContainerView(content.rootFolder, [types[kind]], True).view)

    def port_groups(self) -> dict[str, list[str]]:
        """Standard port groups by host of the cluster, as pyvmomi reads them."""
        try:
            hosts = [h for h in self._view("host") if h.parent.name == "DC0_C0"]
            return {h.name: [g.spec.name for g in h.config.network.portgroup] for h in hosts}
        finally:
            hang_up()

    def distributed_port_groups(self) -> dict[str, dict[str, Any]]:
        """Distributed port groups: binding type and the hosts that have them."""
        try:
            return {g.name: {"type": g.config.type, "hosts": len(g.host)} for g in self._view("dvpg")}
        finally:
            hang_up()

    def virtual_machines(self) -> list[str]:
        """Names of the VMs."""
        try:
            return [vm.name for vm in self._view("vm")]
        finally:
            hang_up()

    def other_vlan(self, name: str, vlan: int) -> None:
        """A standard port group of that name on every host, with that VLAN, made by somebody else."""
        from tests.lab.vcenters import portgroup

        try:
            for host in self._view("host"):
                host.configManager.networkSystem.AddPortGroup(portgroup(name, vlan))
        finally:
            hang_up()

    # -- the machines, by the ssh client

    def ssh(self, machine: str, command: str) -> str:
        """The output of a command on a machine; a failure raises with its words."""
        argv = [*self._ssh(machine), command]
        done = subprocess.run(argv, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, f"{machine}: {command}: {done.stdout[-500:]}{done.stderr[-1500:]}"
        return done.stdout

    def _ssh(self, machine: str) -> list[str]:
        return machines.ssh_command(machines.get(open_lab(self.name), machine))

    def openstack(self, command: str) -> Any:
        """The answer of the openstack client on the controller."""
        return json.loads(self.ssh("controller", f"{self.openrc()} openstack {command} -f json"))

    def openrc(self) -> str:
        """The administrator's login as environment of a command."""
        names = {"auth_url": "OS_AUTH_URL", "region_name": "OS_REGION_NAME"}
        rows = {**cloud.login(open_lab(self.name)), "password": cloud.ADMIN_PASSWORD}
        return " ".join(f"{names.get(k, 'OS_' + k.upper())}={shlex.quote(v)}" for k, v in rows.items())

    def image_head(self, name: str) -> str:
        """The first 64 KiB of an image's bytes in Glance, as text."""
        script = (
            f"export {self.openrc()}; openstack image save --file /tmp/head.vmdk {shlex.quote(name)}; "
            "head -c 65536 /tmp/head.vmdk; rm /tmp/head.vmdk"
        )
        argv = [*self._ssh("controller"), script]
        done = subprocess.run(argv, capture_output=True, timeout=180, stdin=subprocess.DEVNULL, check=True)
        return done.stdout.decode("latin-1")

    def proof_history(self) -> list[dict[str, str]]:
        """What nova's own database remembers of the proof's servers, deleted as they are."""
        query = (
            "select host, vm_state, ifnull(launched_at, '') from instances "
            "where display_name like 'mhv-tui-proof%' order by created_at"
        )
        out = self.ssh("controller", f'sudo mysql -N -B nova_cell1 -e "{query}" || sudo mysql -N -B nova -e "{query}"')
        rows = [line.split("\t") for line in out.splitlines()]
        return [{"host": r[0].split(".")[0], "vm_state": r[1], "launched_at": r[2]} for r in rows]

    # -- the node's state, to compare

    def node_state(self) -> list[str]:
        """Packages, configuration, enabled units of the VMware node."""
        return self.ssh("novavmware1", NODE_STATE).splitlines()

    def keep_node_state(self) -> None:
        """Remembers it as it is now."""
        (self.directory / "node-state.json").write_text(json.dumps(self.node_state()))

    def kept_node_state(self) -> list[str]:
        """As it was remembered."""
        rows: list[str] = json.loads((self.directory / "node-state.json").read_text())
        return rows

    @contextmanager
    def no_dvs(self) -> Iterator[None]:
        """The cloud without its stand-in that binds dvs, for a while."""
        lifecycle.up(self.name, profile="no-dvs", parts=("cloud",))
        try:
            yield
        finally:
            lifecycle.up(self.name, profile="dvs", parts=("cloud",))
