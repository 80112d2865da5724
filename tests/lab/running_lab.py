"""A running lab: calls mhv-tui as a process, and inspects the result with other tools (pyvmomi, ssh, openstack)."""

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
from mhv_tui.lab import cloud, lifecycle, machines, simulator, tls
from mhv_tui.lab.lab import open_lab
from tests.lab.vcenter_client import close_connections, connect

IMAGE = "ubuntu-vmware"

NODE_STATE = (
    "dpkg-query -W -f '${Package} ${Version} ${db:Status-Abbrev}\\n' | sort; "
    "rpm -qa 2>/dev/null | grep -v ^gpg-pubkey | sort; "
    "sudo find /etc /usr/sbin/policy-rc.d -xdev -type f ! -path '/etc/*passwd*' ! -path '/etc/*shadow*' "
    "! -path '/etc/*group*' ! -path '/etc/subuid*' ! -path '/etc/subgid*' ! -name '*.cache' ! -name .pwd.lock "
    "-exec sha256sum {} + 2>/dev/null | sort -k2; systemctl list-unit-files --state=enabled --no-legend | sort"
)
"""Lists a node's packages, checksums of its files and enabled units, without what changes on an idle node."""


def with_sorted_lists(value: Any) -> Any:
    """The value with every list in it sorted, because a vCenter lists its objects in any order."""
    if isinstance(value, dict):
        return {key: with_sorted_lists(item) for key, item in value.items()}
    return sorted(map(with_sorted_lists, value), key=json.dumps) if isinstance(value, list) else value


@dataclass
class RunningLab:
    """One lab, a directory for answer files, and the vCenter that the methods inspect."""

    name: str
    directory: Path
    vcenter_name: str = "vcenter"

    def mhv(self, *arguments: str, timeout: float = 300.0) -> subprocess.CompletedProcess[str]:
        """Runs mhv-tui in a process without a terminal."""
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
    def events(result: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
        """The events of a run with --json."""
        return [json.loads(line) for line in result.stdout.splitlines() if line.startswith("{")]

    def failures(self, result: subprocess.CompletedProcess[str]) -> str:
        """The failure events of a run and its stderr, to print with a failed assertion."""
        events = [e for e in self.events(result) if e.get("level") == "failure" or e["event"] in ("failed", "finished")]
        return "\n".join(map(json.dumps, events)) + result.stderr

    def document(self) -> dict[str, Any]:
        """The lab's answers, with IMAGE as the image's name."""
        document = lifecycle.answers(self.name)
        document["image"]["name"] = IMAGE
        return document

    def answers(self, name: str, **overrides: dict[str, Any]) -> Path:
        """Writes the lab's answers to a file, with overrides by step; an empty value removes its key."""
        document = self.document()
        for step, values in overrides.items():
            table = {**document.get(step, {}), **values}
            if step == "network" and values.get("kind") == "standard":
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

    # -- the vCenter, through its control endpoint and pyvmomi

    @property
    def simulator(self) -> simulator.Simulator:
        """The vCenter."""
        sim = simulator.load(open_lab(self.name).state / self.vcenter_name)
        assert sim is not None, "the lab's vCenter does not run"
        return sim

    def vcenter(self, method: str, path: str, body: Any = None) -> Any:
        """Calls the vCenter's control endpoint."""
        return simulator.control(self.simulator, method, path, body)

    def inventory(self) -> str:
        """The inventory that the lab's vCenter was started with."""
        return simulator.SAMPLE.read_text(encoding="utf-8")

    def vcenter_state(self) -> list[str]:
        """The vCenter's objects as lines of JSON, without logins, sessions, call counts and faults."""
        state = self.vcenter("GET", "/state")
        inventory = {k: v for k, v in state.items() if k not in ("logins", "calls", "faults", "sessions")}
        return json.dumps(with_sorted_lists(inventory), sort_keys=True, indent=1).splitlines()

    def _view(self, kind: str) -> list[Any]:
        from pyVmomi import vim

        content = connect(self.simulator).RetrieveContent()
        types = {"host": vim.HostSystem, "dvpg": vim.dvs.DistributedVirtualPortgroup, "vm": vim.VirtualMachine}
        return list(content.viewManager.CreateContainerView(content.rootFolder, [types[kind]], True).view)

    def port_groups(self) -> dict[str, list[str]]:
        """Each host of the cluster -> names of its standard port groups."""
        try:
            hosts = [h for h in self._view("host") if h.parent.name == "DC0_C0"]
            return {h.name: [g.spec.name for g in h.config.network.portgroup] for h in hosts}
        finally:
            close_connections()

    def distributed_port_groups(self) -> dict[str, dict[str, Any]]:
        """Each distributed port group -> its binding type and number of hosts."""
        try:
            return {g.name: {"type": g.config.type, "hosts": len(g.host)} for g in self._view("dvpg")}
        finally:
            close_connections()

    def virtual_machines(self) -> list[str]:
        """The names of all VMs."""
        try:
            return [vm.name for vm in self._view("vm")]
        finally:
            close_connections()

    def add_port_groups(self, name: str, vlan: int) -> None:
        """Creates a standard port group on every host, as another administrator would."""
        from tests.lab.vcenter_client import portgroup

        try:
            for host in self._view("host"):
                host.configManager.networkSystem.AddPortGroup(portgroup(name, vlan))
        finally:
            close_connections()

    # -- the machines, through the ssh client

    def ssh(self, machine: str, command: str) -> str:
        """The output of a command on a machine; raises AssertionError if it fails."""
        argv = [*self._ssh(machine), command]
        result = subprocess.run(argv, capture_output=True, text=True, timeout=180, stdin=subprocess.DEVNULL)
        assert result.returncode == 0, f"{machine}: {command}: {result.stdout[-500:]}{result.stderr[-1500:]}"
        return result.stdout

    def _ssh(self, machine: str) -> list[str]:
        return machines.ssh_command(machines.get(open_lab(self.name), machine))

    def openstack(self, command: str) -> Any:
        """The JSON output of the openstack client on the controller."""
        return json.loads(self.ssh("controller", f"{self.openrc()} openstack {command} -f json"))

    def openrc(self) -> str:
        """The administrator's login as environment variables in front of a command."""
        names = {"auth_url": "OS_AUTH_URL", "region_name": "OS_REGION_NAME"}
        values = {**cloud.login(open_lab(self.name)), "password": cloud.ADMIN_PASSWORD}
        if tls.ca_file(open_lab(self.name)):
            values["cacert"] = tls.NODE_CA
        return " ".join(f"{names.get(k, 'OS_' + k.upper())}={shlex.quote(v)}" for k, v in values.items())

    def image_head(self, name: str) -> str:
        """The first 64 KiB of an image in Glance, as text."""
        path = self.directory / "head.vmdk"
        self.save_image(name, path)
        with path.open("rb") as file:
            return file.read(65536).decode("latin-1")

    def save_image(self, name: str, path: Path) -> None:
        """Saves an image of Glance to a file of this machine."""
        copy = "/tmp/saved-image"
        save = f"openstack image save --file {copy} {shlex.quote(name)}"
        argv = [*self._ssh("controller"), f"export {self.openrc()}; {save}; cat {copy}; rm {copy}"]
        with path.open("wb") as file:
            subprocess.run(argv, stdout=file, timeout=180, stdin=subprocess.DEVNULL, check=True)

    def proof_history(self) -> list[dict[str, str]]:
        """The rows of the proof's deleted servers in nova's database."""
        query = (
            "select host, vm_state, ifnull(launched_at, '') from instances "
            "where display_name like 'mhv-tui-test%' order by created_at"
        )
        out = self.ssh("controller", f'sudo mysql -N -B nova_cell1 -e "{query}" || sudo mysql -N -B nova -e "{query}"')
        rows = [line.split("\t") for line in out.splitlines()]
        return [{"host": r[0].split(".")[0], "vm_state": r[1], "launched_at": r[2]} for r in rows]

    # -- the node's state, for comparison

    def node_state(self, node: str = "novavmware1") -> list[str]:
        """The output of NODE_STATE on a VMware node, as lines."""
        return self.ssh(node, NODE_STATE).splitlines()

    def save_node_state(self) -> None:
        """Saves the current node state."""
        (self.directory / "node-state.json").write_text(json.dumps(self.node_state()))

    def saved_node_state(self) -> list[str]:
        """The saved node state."""
        lines: list[str] = json.loads((self.directory / "node-state.json").read_text())
        return lines

    @contextmanager
    def without_dvs_back_end(self) -> Iterator[None]:
        """Runs the cloud without the mechanism driver that binds `dvs`, until the block ends."""
        lifecycle.up(self.name, profile="no-dvs", parts=("cloud",))
        try:
            yield
        finally:
            lifecycle.up(self.name, profile="dvs", parts=("cloud",))
