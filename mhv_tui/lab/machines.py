"""The lab's machines: real systemd, OpenSSH, apt and sudo, each in a container with a network of its own.

A machine is an overlay on a cached root, so that it starts in seconds and is gone without a trace. What runs inside is
reached over ssh as an operator would; `run_in` is for building the lab, not for what is rehearsed in it."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.lab import cgroups, host, images, provision
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab, is_network_up
from mhv_tui.lab.machine import Machine, get, load, record_of
from mhv_tui.lab.provision import ADMIN, OPERATOR, put

__all__ = [
    "ADMIN", "OPERATOR", "Machine", "create", "destroy", "each", "get", "leader", "link", "load", "prepare", "put",
    "run_in", "running", "ssh_command", "start", "start_all", "stop",
]  # fmt: skip

MOST_AT_ONCE = 16
"""Machines that are dealt with side by side."""

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}


def create(
    lab: Lab,
    name: str,
    root: Root,
    *,
    repositories: Iterable[str] = (),
    root_login: bool = False,
    tun: bool = False,
    capabilities: Iterable[str] = (),
    options: Iterable[str] = (),
) -> Machine:
    """Creates the machine `name` (a name of the lab) from a cached root without starting it; keeps an existing one.

    `repositories`: names of directories in apt_proxy.repositories_dir to add to its apt sources. `tun`: allow tap
    devices, for QEMU guests. `capabilities` (CAP_...) and `options` (of systemd-nspawn) are added to the defaults.
    Raises LabError if the lab has a machine of that name with other settings."""
    directory = lab.nodes / name
    machine = Machine(
        name, lab.address(name), lab, root, directory, tuple(repositories), root_login, tun, tuple(capabilities),
        tuple(options), directory / "upper",
    )  # fmt: skip
    record = directory / "machine.json"
    if record.exists():
        if json.loads(record.read_text()) != record_of(machine):
            raise LabError(f"Lab {lab.name} has another {name} already; run `mhv-tui lab destroy` first.")
        return machine
    images.remove_tree(directory)
    directory.mkdir(parents=True, mode=0o700)
    prepare(machine)
    host.write_atomic(record, json.dumps(record_of(machine), indent=1))
    _know_hosts(lab)
    return machine


def _mount(machine: Machine) -> None:
    images.mount(machine.root, machine.upper, machine.upper.with_name(machine.upper.name + ".work"), machine.files)


def prepare(machine: Machine) -> None:
    """Everything about the node that its root does not know: identity, network, users, apt's way out."""
    _mount(machine)
    try:
        provision.provision(machine)
    finally:
        images.unmount(machine.files)


def _know_hosts(lab: Lab) -> None:
    """Writes the lab's known_hosts from the keys that the nodes were given."""
    lines = []
    for machine in load(lab):
        key = " ".join((machine.directory / "ssh_host_ed25519_key.pub").read_text().split()[:2])
        lines.append(f"{machine.host_name},{machine.name},{machine.address} {key}\n")
    host.write_atomic(lab.known_hosts, "".join(lines), 0o600)


def running(machine: Machine) -> int | None:
    """The pid of its container's own process outside, where it runs."""
    return host.read_pid(machine.directory / "pid", f"--machine={machine.label}")


def start(machine: Machine, timeout: float = 120) -> str:
    """Boots it and waits until systemd has finished and ssh answers; returns "running" or "degraded".

    Does nothing for one that runs. LabError with its console's last lines after `timeout` seconds."""
    if running(machine) is None:
        if not is_network_up(machine.lab):
            raise LabError(f"Lab {machine.lab.name} is not up.")
        _mount(machine)
        put(machine, "/etc/hosts", machine.lab.hosts_table())
        _boot(machine)
    try:
        state = _wait(machine, time.monotonic() + timeout)
    except LabError as error:
        console = machine.console.read_text(errors="replace") if machine.console.exists() else ""
        raise LabError(f"{error}\n{host.last_lines(console)}") from error
    _know_packages(machine)
    return state


def _know_packages(machine: Machine) -> None:
    """Fills apt's lists on a machine's first start, as an operator's node has them; goes on where that fails."""
    done = machine.directory / "apt-lists"
    if done.exists():
        return
    try:
        run_in(machine, ["apt-get", "update"], timeout=120)
    except LabError as error:
        machine.lab.progress(f"{machine.name} knows no packages: {error}")
        return
    done.touch()


def _boot(machine: Machine) -> None:
    command = [
        "systemd-nspawn", "--quiet", "--boot", "--register=no", "--settings=no", "--resolv-conf=off", "--timezone=off",
        "--link-journal=no", "--private-users=no", f"--machine={machine.label}", f"--hostname={machine.name}",
        f"--directory={machine.files}", f"--network-bridge={machine.lab.bridge}",
    ]  # fmt: skip
    if not cgroups.host_has_systemd():
        command.append("--keep-unit")
    if machine.tun:
        command += ["--bind=/dev/net/tun", "--property=DeviceAllow=/dev/net/tun rw"]
    if machine.capabilities:
        command.append(f"--capability={','.join(machine.capabilities)}")
    command = cgroups.inside(machine.label, [*command, *machine.options])
    pid = host.detach(command, machine.console, {**ENVIRONMENT, "TERM": "dumb"})
    host.write_atomic(machine.directory / "pid", str(pid))


def _wait(machine: Machine, end: float) -> str:
    while time.monotonic() < end:
        if running(machine) is None:
            raise LabError(f"{machine.name} ended while it was booting.")
        if leader(machine) is not None and _ssh_answers(machine):
            left = max(1.0, end - time.monotonic())
            asked = run_in(machine, ["systemctl", "is-system-running", "--wait"], timeout=left, check=False)
            state = asked.stdout.strip()
            if state in ("running", "degraded"):
                return state
        time.sleep(0.2)
    raise LabError(f"{machine.name} was not ready in time.")


def _ssh_answers(machine: Machine) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((machine.address, 22), timeout=1) as peer:
        return peer.recv(4) == b"SSH-"
    return False


def leader(machine: Machine) -> int | None:
    """The outside's pid of its systemd: the one process below its container's that is number 1 inside."""
    pid = running(machine)
    seen, waiting = set[int](), [pid] if pid else []
    while waiting:
        current = waiting.pop()
        seen.add(current)
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{current}/status").read_text()
            numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
            if len(numbers) > 1 and numbers[-1] == "1":
                return current
            children = Path(f"/proc/{current}/task/{current}/children").read_text().split()
            waiting += [int(child) for child in children if int(child) not in seen]
    return None


def run_in(
    machine: Machine,
    command: str | Sequence[str],
    timeout: float = 600,
    input: str | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Runs a command (or a `sh -e` script, where it is a string) as root inside a running machine.

    For building the lab, not for what is rehearsed in it. LabError with its last lines where it fails or takes longer
    than `timeout` seconds."""
    pid = leader(machine)
    if pid is None:
        raise LabError(f"{machine.name} does not run.")
    inner = ["sh", "-e", "-c", command] if isinstance(command, str) else list(command)
    enter = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--"]
    what = f"On {machine.name}, {(command if isinstance(command, str) else ' '.join(command)).strip()[:80]!r}"
    env = {**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    return run([*enter, *inner], timeout=timeout, input=input, check=check, env=env, what=what)


def ssh_command(machine: Machine, user: str = ADMIN) -> list[str]:
    """The ssh client's arguments to reach it as an operator would: with the lab's key, its host key verified."""
    options = ["BatchMode=yes", "ConnectTimeout=10", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null"]
    options += [f"UserKnownHostsFile={machine.lab.known_hosts}", f"HostKeyAlias={machine.host_name}"]
    chosen = [part for option in options for part in ("-o", option)]
    return ["ssh", "-F", "none", "-i", str(machine.lab.key_file), *chosen, f"{user}@{machine.address}"]


def stop(machine: Machine, timeout: float = 30) -> None:
    """Shuts it down (its own systemd does, as on a power button); after `timeout` seconds it is killed."""
    pid = running(machine)
    if pid is not None:
        host.end_process(pid, f"--machine={machine.label}", timeout, signal.SIGTERM)
    cgroups.clear(machine.label)
    images.unmount(machine.files)
    for leftover in (Path("/run/systemd/nspawn/propagate") / machine.label, machine.directory / "pid"):
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def destroy(machine: Machine) -> None:
    """Stops it and deletes all its files."""
    stop(machine, timeout=5)
    images.remove_tree(machine.directory)
    _know_hosts(machine.lab)


def link(machine: Machine, up: bool) -> None:
    """Cuts or mends the machine's link to the bridge, as if its cable were pulled."""
    peer = int(run_in(machine, ["cat", "/sys/class/net/host0/iflink"], timeout=10).stdout)
    for path in Path(f"/sys/class/net/{machine.lab.bridge}/brif").iterdir():
        if int((Path("/sys/class/net") / path.name / "ifindex").read_text()) == peer:
            run(["ip", "link", "set", path.name, "up" if up else "down"])
            return
    raise LabError(f"{machine.name} has no link on {machine.lab.bridge}.")


def each(machines: Iterable[Machine], action: Callable[[Machine], object]) -> None:
    """Does something with several machines at once; raises the first error after all have finished."""
    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        done = [pool.submit(action, machine) for machine in machines]
    for one in done:
        one.result()


def start_all(lab: Lab, timeout: float = 180) -> None:
    """Starts all machines of a lab at once."""
    each(load(lab), lambda machine: start(machine, timeout))
