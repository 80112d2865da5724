"""Commands for a whole lab (vCenter, cloud and nodes): up, status, answers, down, destroy.

`up` starts only what is missing. It configures nothing that mhv-tui configures: the VMware node has no OpenStack
packages, and the vCenter has no port group for the cloud."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.lab import cloud, host, images, machines, repository, rootfs_cache, simulator
from mhv_tui.lab.answers import answers
from mhv_tui.lab.host import LabError, LabUsage, ProgressPrinter
from mhv_tui.lab.lab import Lab, add_address, existing_lab, lab_names, open_lab, start_network, stop_network

__all__ = ["NODES", "PARTS", "answers", "destroy", "down", "status", "up"]

PARTS = ("vcenter", "cloud", "node")

NODES = {"novavmware1": True, "novavmware2": True, "plain1": False, "plain2": False}
"""Empty nodes that a lab can have -> whether their apt also has the packages of repository.py."""

VCENTER = "vcenter"
VCENTER_NAMES = dict.fromkeys((VCENTER, "esx1", "esx2", "esx3"), 5)
"""Host names of vCenter and its ESXi hosts: one program at one address, but nova uploads images to a host by name."""


def up(
    name: str = "default",
    profile: str = "dvs",
    vcenter: Path | None = None,
    parts: Sequence[str] = PARTS,
    nodes: Sequence[str] = ("novavmware1",),
    progress: ProgressPrinter = host.print_progress,
) -> Lab:
    """Starts a lab and returns when all its parts answer; builds them on first use.

    `profile`: a key of cloud.PROFILES. `vcenter`: an inventory file; default: the previous one, else the sample.
    `parts`: some of PARTS. `nodes`: some of NODES, used if `parts` contains "node". Raises LabUsage for an unknown
    name; raises LabError if a part fails, after the other parts have finished."""
    host.plain_name(name)
    _refuse_unknown(parts, PARTS, "part")
    _refuse_unknown(nodes, tuple(NODES), "node")
    host.require(progress)
    lab = open_lab(name, names=VCENTER_NAMES, progress=progress)
    start_network(lab)
    base = images.base_root(progress)
    jobs: dict[str, Callable[[], object]] = {
        "vcenter": lambda: _start_vcenter(lab, vcenter, progress),
        "node": lambda: _start_nodes(lab, base, nodes, progress),
        "cloud": lambda: cloud.start(lab, base, profile, progress),
    }
    _run_parallel([(part, jobs[part]) for part in jobs if part in parts], progress)
    return lab


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


def _start_vcenter(lab: Lab, inventory: Path | None, progress: ProgressPrinter) -> None:
    """Starts the vCenter unless it already runs with this inventory; a copy of the inventory stays in the lab."""
    copy = lab.state / "inventory.toml"
    source = inventory or (copy if copy.exists() else simulator.SAMPLE)
    unchanged = copy.exists() and copy.read_bytes() == source.read_bytes()
    directory = lab.state / VCENTER
    if unchanged and simulator.load(directory) is not None:
        return
    if not unchanged:
        shutil.copyfile(source, copy)
    address = add_address(lab, VCENTER)
    progress("starting the vCenter")
    simulator.start(copy, f"{address}:443", "127.0.0.2:0", directory, progress)


def _start_nodes(lab: Lab, base: images.Root, names: Sequence[str], progress: ProgressPrinter) -> None:
    """Creates and starts empty nodes."""
    stand_ins = (repository.publish(lab),)
    nodes = [machines.create(lab, name, base, repositories=stand_ins if NODES[name] else ()) for name in names]
    progress(f"starting {', '.join(names)}")
    machines.each(nodes, machines.start)
    for node in nodes:
        cloud.install_nova_fix(node)


def status(name: str = "default") -> str:
    """Returns the lab's subnet and directory, then a line for each part. Raises LabUsage if no such lab exists."""
    lab = existing_lab(name)
    sim = simulator.load(lab.state / VCENTER)
    lines = [f"lab {lab.name}: {lab.network}, files in {lab.state}"]
    if (lab.state / "inventory.toml").exists():
        lines.append(f"  {'vcenter':<12} {'running' if sim else 'stopped':<8} {sim.url if sim else ''}".rstrip())
    for machine in machines.load(lab):
        state = "running" if machines.running(machine) else "stopped"
        address = cloud.auth_url(lab) if machine.name == cloud.CONTROLLER else machine.address
        lines.append(f"  {machine.name:<12} {state:<8} {address}")
    return "\n".join(lines)


def down(name: str = "default", progress: ProgressPrinter = host.print_progress) -> None:
    """Stops a lab and keeps its files for the next `up`, when only vCenter starts again from its inventory file."""
    lab = existing_lab(name)
    progress(f"stopping lab {name}")
    stop_lab(lab)


def stop_lab(lab: Lab) -> None:
    """Stops the lab's vCenter, machines and network; its files stay."""
    simulator.stop(lab.state / VCENTER)
    machines.each((*machines.load(lab), *rootfs_cache.builders(lab)), machines.stop)
    stop_network(lab)


def destroy(name: str = "default", progress: ProgressPrinter = host.print_progress, cache: bool = False) -> None:
    """Stops a lab and deletes its files. With `cache`, also deletes the shared cache if no other lab exists."""
    lab = existing_lab(name)
    progress(f"destroying lab {name}")
    delete_lab(lab)
    if cache and not lab_names():
        progress("deleting the cache")
        images.remove_tree(host.cache_dir())


def delete_lab(lab: Lab) -> None:
    """Stops a lab and deletes its files. The cache that all labs share stays."""
    simulator.stop(lab.state / VCENTER)
    machines.each((*machines.load(lab), *rootfs_cache.builders(lab)), lambda machine: machines.stop(machine, timeout=5))
    stop_network(lab)
    images.remove_tree(lab.state)
