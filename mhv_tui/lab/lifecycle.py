"""Commands for a whole lab (vCenter, cloud and nodes): up, status, answers, down, destroy.

`up` starts only what is missing. It configures nothing that mhv-tui configures: the VMware node has no OpenStack
packages, and the vCenter has no port group for the cloud."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.lab import (
    cloud,
    host,
    images,
    machines,
    provision,
    recordings,
    repository,
    rootfs_cache,
    rpm_node,
    shared,
    simulator,
)
from mhv_tui.lab.answers import answers
from mhv_tui.lab.host import LabError, LabUsage, ProgressPrinter
from mhv_tui.lab.lab import Lab, add_address, existing_lab, open_lab, start_network, stop_network

__all__ = ["PARTS", "answers", "destroy", "down", "status", "title", "up"]

PARTS = ("vcenter", "cloud", "node")


def up(
    name: str = "default",
    profile: str = "",
    vcenter: Path | None = None,
    parts: Sequence[str] = PARTS,
    progress: ProgressPrinter = host.print_progress,
    debian: str = "",
    recording: Path | None = None,
) -> Lab:
    """Starts a lab and returns when all its parts answer; builds them on first use.

    `profile`: a key of PROFILES; if empty, the previous one. `vcenter`: an inventory file for the first vCenter;
    default: the previous one, else the profile's. `parts`: some of PARTS. `debian`: one of suites.names(); if empty,
    the previous one, else this machine's release. `recording`: a recording for the first vCenter (see recordings.py);
    default: the previous one, unless `vcenter` is given. Raises LabUsage for an unknown name; raises LabError if a part
    fails, after the other parts have finished."""
    host.plain_name(name)
    _refuse_unknown(parts, PARTS, "part")
    if vcenter is not None and not vcenter.is_file():
        raise LabUsage(f"The inventory {vcenter} is no file; name a file such as lab.toml of {simulator.SOURCES}.")
    with recordings.copied(recording) as copy:
        host.require(progress)
        lab = open_lab(name, profile, debian, progress)
        start_network(lab)
        base = images.base_root(lab.suite, progress)
        if lab.profile.rpm and "node" in parts:
            rpm_node.root(lab, base)  # before the cloud builds its roots, because a lab builds one root at a time
        jobs: dict[str, Callable[[], object]] = {
            "vcenter": lambda: _start_vcenters(lab, vcenter, copy),
            "node": lambda: _start_nodes(lab, base),
            "cloud": lambda: cloud.start(lab, base),
        }
        _run_parallel([(part, jobs[part]) for part in jobs if part in parts], progress)
    _update_hosts(lab)
    return lab


def _update_hosts(lab: Lab) -> None:
    """Writes /etc/hosts of all running nodes, because a vCenter that was started beside them can have other names."""
    for machine in machines.load(lab):
        if machines.running(machine):
            provision.put(machine, "/etc/hosts", lab.hosts_table())


def _refuse_unknown(names: Sequence[str], allowed: Sequence[str], kind: str) -> None:
    if unknown := [name for name in names if name not in allowed]:
        raise LabUsage(f"A lab has no {kind} {', '.join(unknown)}; choose from {', '.join(allowed)}.")


def _run_parallel(jobs: Sequence[tuple[str, Callable[[], object]]], progress: ProgressPrinter) -> None:
    """Runs all jobs in parallel; raises one LabError with all failures after the last job has ended."""
    begin = time.monotonic()

    def run_job(part: str, job: Callable[[], object]) -> None:
        try:
            job()
        except (LabError, OSError):
            progress(f"{part} failed")
            raise
        progress(f"{part} is ready after {time.monotonic() - begin:.0f} s")

    with ThreadPoolExecutor(max(1, len(jobs))) as pool:
        futures = [pool.submit(run_job, *job) for job in jobs]
    errors = [error for future in futures if (error := future.exception())]
    if bugs := [error for error in errors if not isinstance(error, (LabError, OSError))]:
        raise bugs[0]
    if errors:
        raise LabError("\n".join(map(str, errors)))


def _start_vcenters(lab: Lab, inventory: Path | None, recording: Path | None) -> None:
    """Starts each vCenter of the lab's profile; `inventory` and `recording` are for the first one."""
    for name, first_inventory in lab.profile.vcenters.items():
        first = simulator.RECORDED if recording else simulator.SOURCES / first_inventory
        _start_vcenter(lab, name, first, inventory, recording)
        inventory = recording = None


def _start_vcenter(lab: Lab, name: str, first_inventory: Path, inventory: Path | None, recording: Path | None) -> None:
    """Starts a vCenter unless it already runs with this inventory, of which a copy stays in its directory.

    So does a copy of a recording, until another inventory is given without one."""
    directory = lab.state / name
    directory.mkdir(exist_ok=True)
    copy, recorded = directory / simulator.INVENTORY, directory / recordings.NAME
    source = inventory or (copy if copy.exists() and not recording else first_inventory)
    unchanged = copy.exists() and copy.read_bytes() == source.read_bytes()
    if unchanged and not recording and simulator.load(directory) is not None:
        return
    if not unchanged:
        shutil.copyfile(source, copy)
    if recording or inventory:
        images.remove_tree(recorded)
    if recording:
        shutil.copytree(recording, recorded)
    address = add_address(lab, name)
    lab.progress(f"starting {name}")
    arguments = (copy, f"{address}:443", "127.0.0.2:0", directory, lab.progress)
    simulator.start(*arguments, recording=recorded if recorded.exists() else None)


def _start_nodes(lab: Lab, base: images.Root) -> None:
    """Creates and starts the empty nodes."""
    names, stand_ins = lab.profile.nodes, repository.publish(lab)
    lab.progress(f"starting {', '.join(names)}")
    if lab.profile.rpm:
        for name in names:
            rpm_node.create(lab, name, base)
        return
    nodes = [machines.create(lab, name, base, repositories=(stand_ins,)) for name in names]
    machines.each(nodes, machines.start)


def _vcenters(lab: Lab) -> list[Path]:
    """Returns the directories of the vCenters that were started in this lab, running or not."""
    return sorted(path.parent for path in lab.state.glob("*/vcenter.log"))


def title(name: str = "default") -> str:
    """Returns the lab's name, release and OpenStack release. Raises LabUsage if no such lab exists."""
    return f"lab {name}: {existing_lab(name).suite.title}"


def status(name: str = "default") -> str:
    """Returns the lab's release, subnet and directory, then a line for each part; LabUsage if no such lab exists."""
    lab = existing_lab(name)
    lines = [f"{title(name)}, {lab.network}, files in {lab.state}"]
    for directory in _vcenters(lab):
        sim = simulator.load(directory)
        lines.append(f"  {directory.name:<12} {'running' if sim else 'stopped':<8} {sim.url if sim else ''}".rstrip())
        if sim and sim.invented:
            lines += ["    with a recording; what it lacks is invented:", *(f"    - {line}" for line in sim.invented)]
    for machine in machines.load(lab):
        state = "running" if machines.running(machine) else "stopped"
        address = cloud.auth_url(lab) if machine.name == cloud.CONTROLLER else machine.address
        lines.append(f"  {machine.name:<12} {state:<8} {address}")
    return "\n".join(lines)


def down(name: str = "default", progress: ProgressPrinter = host.print_progress) -> None:
    """Stops a lab and keeps its files for the next `up`, when only a vCenter starts again from its inventory file."""
    lab = existing_lab(name)
    progress(f"stopping lab {name}")
    stop_lab(lab)


def stop_lab(lab: Lab, timeout: float = 30) -> None:
    """Stops the lab's vCenters, machines and network; its files stay. A machine is killed after `timeout` seconds."""
    for directory in _vcenters(lab):
        simulator.stop(directory)
    machines.each((*machines.load(lab), *rootfs_cache.builders(lab)), lambda machine: machines.stop(machine, timeout))
    stop_network(lab)


def destroy(name: str = "default", progress: ProgressPrinter = host.print_progress, cache: bool = False) -> None:
    """Stops a lab and deletes its files. With `cache`, also deletes the shared cache if no other lab needs it."""
    lab = existing_lab(name)
    progress(f"destroying lab {name}")
    delete_lab(lab)
    if cache:
        shared.delete_cache(progress)


def delete_lab(lab: Lab) -> None:
    """Stops a lab and deletes its files. The cache that all labs share stays."""
    stop_lab(lab, timeout=5)
    images.remove_tree(lab.state)
