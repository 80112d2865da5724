"""The lab's machines: containers with systemd, OpenSSH, apt and sudo, each with its own network address.

A machine is an overlay on a cached root, so it starts in seconds and leaves nothing behind when it is deleted. Tests
reach it over SSH, as an operator does; `run_in` is only for building the lab."""

from __future__ import annotations

import contextlib
import json
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import cgroups, host, images, provision
from mhv_tui.lab.host import LabError, run
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab, is_network_up
from mhv_tui.lab.machine import Machine, get, load, record_of
from mhv_tui.lab.provision import ADMIN, OPERATOR, put

__all__ = [
    "ADMIN", "OPERATOR", "Machine", "create", "destroy", "each", "get", "leader", "link", "load", "mounted", "prepare",
    "put", "remove_leftover_link", "run_in", "running", "ssh_command", "start", "start_all", "stop",
]  # fmt: skip

MAX_PARALLEL = 16
"""The maximum number of machines that `each` handles in parallel."""

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
    """Creates the machine `name` (a host name of the lab) from a cached root without starting it, if it is missing.

    `repositories`: names of directories in apt_proxy.repositories_dir to add to the machine's apt sources. `tun`: allow
    tap devices, for QEMU guests. `capabilities` (CAP_...) and `options` (of systemd-nspawn) are added to the defaults.
    Raises LabError if the lab has a machine of that name with other settings."""
    directory = lab.nodes / name
    machine = Machine(
        name, lab.address(name), lab, root, directory, tuple(repositories), root_login, tun, tuple(capabilities),
        tuple(options), directory / "upper",
    )  # fmt: skip
    record = directory / "machine.json"
    if record.exists():
        if json.loads(record.read_text()) != record_of(machine):
            raise LabError(
                f"Lab {lab.name} already has a machine {name} with other settings; run `mhv-tui lab destroy` first."
            )
        return machine
    images.remove_tree(directory)
    directory.mkdir(parents=True, mode=0o700)
    prepare(machine)
    write_atomic(record, json.dumps(record_of(machine), indent=1))
    write_known_hosts(lab)
    return machine


def _mount(machine: Machine) -> None:
    images.mount(machine.root, machine.upper, machine.upper.with_name(machine.upper.name + ".work"), machine.files)


@contextlib.contextmanager
def mounted(machine: Machine) -> Iterator[None]:
    """Mounts the root of a stopped machine, so that `put` can write to it, until the block ends."""
    _mount(machine)
    try:
        yield
    finally:
        images.unmount(machine.files)


def prepare(machine: Machine) -> None:
    """Writes the machine's identity, network, users and apt configuration into its overlay."""
    with mounted(machine):
        provision.provision(machine)


def write_known_hosts(lab: Lab) -> None:
    """Writes the lab's known_hosts from the keys of its nodes. Nodes may be created in parallel."""
    with host.lock(lab.state / "known_hosts.lock", timeout=60):
        lines = []
        for machine in load(lab):
            key = " ".join((machine.directory / "ssh_host_ed25519_key.pub").read_text().split()[:2])
            lines.append(f"{machine.host_name},{machine.name},{machine.address} {key}\n")
        write_atomic(lab.known_hosts, "".join(lines))


def running(machine: Machine) -> int | None:
    """Returns the pid of the machine's systemd-nspawn process; None if the machine is stopped."""
    return host.read_pid(machine.directory / "pid", f"--machine={machine.label}")


def start(machine: Machine, timeout: float = 120) -> str:
    """Boots the machine unless it runs, and waits for systemd and SSH; returns "running" or "degraded".

    Raises LabError with the last lines of the console if the machine is not ready after `timeout` seconds."""
    if running(machine) is None:
        if not is_network_up(machine.lab):
            raise LabError(f"The network of lab {machine.lab.name} is down; run `mhv-tui lab up`.")
        _mount(machine)
        put(machine, "/etc/hosts", machine.lab.hosts_table())
        remove_leftover_link(machine)
        _boot(machine)
    try:
        state = _wait(machine, time.monotonic() + timeout)
    except LabError as error:
        console = machine.console.read_text(errors="replace") if machine.console.exists() else ""
        raise LabError(f"{error}\n{host.last_lines(console)}") from error
    _update_package_lists(machine)
    return state


def _update_package_lists(machine: Machine) -> None:
    """Runs `apt-get update` on a first start if dpkg is used. Reports a failure, but raises no error."""
    stamp = machine.directory / "apt-lists"
    if stamp.exists() or not (machine.files / "var/lib/dpkg/status").exists():
        return
    try:
        run_in(machine, ["apt-get", "update"], timeout=120)
    except LabError as error:
        machine.lab.progress(f"{machine.name} has no package lists, because apt-get update failed: {error}")
        return
    stamp.touch()


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
    unified = {"SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"} if machine.lab.suite.unified_cgroups else {}
    pid = host.detach(command, machine.console, {**ENVIRONMENT, "TERM": "dumb", **unified})
    write_atomic(machine.directory / "pid", str(pid))


def _wait(machine: Machine, end: float) -> str:
    answers = False
    while time.monotonic() < end:
        if running(machine) is None:
            raise LabError(f"{machine.name} stopped while it was booting.")
        answers = answers or (leader(machine) is not None and _ssh_answers(machine))
        # Not with --wait: then systemctl can miss the end of the boot, and waits for ever.
        if answers and (state := _system_state(machine, end)) in ("running", "degraded"):
            return state
        time.sleep(0.2)
    raise LabError(f"{machine.name} was not ready in time: systemd or SSH did not answer.")


def _system_state(machine: Machine, end: float) -> str:
    remaining = max(1.0, end - time.monotonic())
    return run_in(machine, ["systemctl", "is-system-running"], timeout=remaining, check=False).stdout.strip()


def _ssh_answers(machine: Machine) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((machine.address, 22), timeout=1) as peer:
        return peer.recv(4) == b"SSH-"
    return False


def leader(machine: Machine) -> int | None:
    """Returns the host's pid of the machine's systemd, the descendant of systemd-nspawn with pid 1 inside."""
    pid = running(machine)
    visited, waiting = set[int](), [pid] if pid else []
    while waiting:
        current = waiting.pop()
        visited.add(current)
        with contextlib.suppress(OSError):
            status = Path(f"/proc/{current}/status").read_text()
            numbers = next(line.split()[1:] for line in status.splitlines() if line.startswith("NSpid:"))
            if len(numbers) > 1 and numbers[-1] == "1":
                return current
            children = Path(f"/proc/{current}/task/{current}/children").read_text().split()
            waiting += [int(child) for child in children if int(child) not in visited]
    return None


def run_in(
    machine: Machine,
    command: str | Sequence[str],
    timeout: float = 600,
    input: str | None = None,
    check: bool = True,
) -> subprocess.CompletedProcess[str]:
    """Runs a command as root in a running machine, only to build the lab. A string is a script for `sh -e`.

    Raises LabError with the last lines of output if the command fails or takes more than `timeout` seconds."""
    pid = leader(machine)
    if pid is None:
        raise LabError(f"{machine.name} is stopped.")
    inner = ["sh", "-e", "-c", command] if isinstance(command, str) else list(command)
    enter = ["nsenter", "-t", str(pid), "-m", "-u", "-i", "-n", "-p", "-r", "-w", "--"]
    what = f"{machine.name}: {(command if isinstance(command, str) else ' '.join(command)).strip()[:80]!r}"
    env = {**ENVIRONMENT, "DEBIAN_FRONTEND": "noninteractive"}
    return run([*enter, *inner], timeout=timeout, input=input, check=check, env=env, what=what)


def ssh_command(machine: Machine, user: str = ADMIN) -> list[str]:
    """Returns the ssh command line that logs in with the lab's key and verifies the host key."""
    options = ["BatchMode=yes", "ConnectTimeout=10", "StrictHostKeyChecking=yes", "GlobalKnownHostsFile=/dev/null"]
    options += [f"UserKnownHostsFile={machine.lab.known_hosts}", f"HostKeyAlias={machine.host_name}"]
    option_arguments = [part for option in options for part in ("-o", option)]
    return ["ssh", "-F", "none", "-i", str(machine.lab.key_file), *option_arguments, f"{user}@{machine.address}"]


def stop(machine: Machine, timeout: float = 30) -> None:
    """Shuts the machine down cleanly, as by its power button; kills it after `timeout` seconds."""
    pid = running(machine)
    if pid is not None:
        host.end_process(pid, f"--machine={machine.label}", timeout, signal.SIGTERM)
    cgroups.clear(machine.label)
    remove_leftover_link(machine)
    images.unmount(machine.files)
    for leftover in (Path("/run/systemd/nspawn/propagate") / machine.label, machine.directory / "pid"):
        shutil.rmtree(leftover, ignore_errors=True) if leftover.is_dir() else leftover.unlink(missing_ok=True)


def destroy(machine: Machine) -> None:
    """Stops the machine and deletes all its files."""
    stop(machine, timeout=5)
    images.remove_tree(machine.directory)
    write_known_hosts(machine.lab)


def link(machine: Machine, up: bool) -> None:
    """Connects the machine to the bridge or disconnects it, as if someone pulled its network cable."""
    peer = int(run_in(machine, ["cat", "/sys/class/net/host0/iflink"], timeout=10).stdout)
    for path in Path(f"/sys/class/net/{machine.lab.bridge}/brif").iterdir():
        if int((Path("/sys/class/net") / path.name / "ifindex").read_text()) == peer:
            run(["ip", "link", "set", path.name, "up" if up else "down"])
            return
    raise LabError(f"{machine.name} has no network link on {machine.lab.bridge}.")


def remove_leftover_link(machine: Machine) -> None:
    """Removes the host's end of the machine's network link (vb-LABEL), which stays if a run was killed with SIGKILL.

    Does nothing if the machine runs or if the bridge belongs to another lab, whose machines can have the same names."""
    if running(machine) is None and is_network_up(machine.lab):
        run(["ip", "link", "delete", f"vb-{machine.label}"], check=False)


def each(machines: Iterable[Machine], action: Callable[[Machine], object]) -> None:
    """Runs an action for several machines in parallel; raises the first error after all have finished."""
    with ThreadPoolExecutor(MAX_PARALLEL) as pool:
        futures = [pool.submit(action, machine) for machine in machines]
    for future in futures:
        future.result()


def start_all(lab: Lab, timeout: float = 180) -> None:
    """Starts all machines of a lab in parallel."""
    each(load(lab), lambda machine: start(machine, timeout))
