"""A whole lab: vCenter, cloud and nodes put together, started at once, and taken away again.

It builds what is missing and leaves alone what stands. It configures nothing that mhv-tui is there to configure: the
VMware node stays empty, the vCenter without a port group of ours."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.lab import cloud, host, images, machines, repository, rootfs_cache, simulator
from mhv_tui.lab.answers import answers
from mhv_tui.lab.host import LabError, LabUsage, Progress
from mhv_tui.lab.lab import Lab, add_address, existing_lab, lab_names, open_lab, start_network, stop_network

__all__ = ["NODES", "PARTS", "answers", "destroy", "down", "status", "up"]

PARTS = ("vcenter", "cloud", "node")

NODES = {"novavmware1": True, "novavmware2": True, "plain1": False, "plain2": False}
"""Empty nodes that a lab can have -> whether their apt offers Ubuntu's package names."""

VCENTER = "vcenter"
NAMES = dict.fromkeys((VCENTER, "esx1", "esx2", "esx3"), 5)
"""vCenter and its hosts are one program at one address: nova uploads images to the hosts by their names."""


def up(
    name: str = "default",
    profile: str = "dvs",
    vcenter: Path | None = None,
    parts: Sequence[str] = PARTS,
    nodes: Sequence[str] = ("novavmware1",),
    progress: Progress = host.say,
) -> Lab:
    """Brings a lab up and returns when all its parts answer. LabError, after all parts have settled, where one fails.

    `profile`: a key of cloud.PROFILES. `vcenter`: an inventory file; none: the one used before, else the sample.
    `parts`: which of PARTS. `nodes`: which of NODES, where `node` is among the parts."""
    host.plain_name(name)
    _known(parts, PARTS, "part")
    _known(nodes, tuple(NODES), "node")
    host.require(progress)
    lab = open_lab(name, names=NAMES, progress=progress)
    start_network(lab)
    base = images.base_root(progress)
    jobs: dict[str, Callable[[], object]] = {
        "vcenter": lambda: _vcenter(lab, vcenter, progress),
        "node": lambda: _nodes(lab, base, nodes, progress),
        "cloud": lambda: cloud.raise_up(lab, base, profile, progress),
    }
    _together([(part, jobs[part]) for part in jobs if part in parts], progress)
    return lab


def _known(given: Sequence[str], known: Sequence[str], what: str) -> None:
    if wrong := [word for word in given if word not in known]:
        raise LabUsage(f"{', '.join(wrong)} is no {what} of a lab: {', '.join(known)}.")


def _together(jobs: Sequence[tuple[str, Callable[[], object]]], progress: Progress) -> None:
    """Runs all jobs at once; raises their troubles after the last has ended."""
    begin = time.monotonic()

    def one(part: str, job: Callable[[], object]) -> None:
        try:
            job()
        except (LabError, OSError):
            progress(f"{part} failed")
            raise
        progress(f"{part} is ready after {time.monotonic() - begin:.0f} s")

    with ThreadPoolExecutor(max(1, len(jobs))) as pool:
        done = [pool.submit(one, *job) for job in jobs]
    troubles = [error for each in done if (error := each.exception())]
    if strange := [error for error in troubles if not isinstance(error, (LabError, OSError))]:
        raise strange[0]
    if troubles:
        raise LabError("\n".join(map(str, troubles)))


def _vcenter(lab: Lab, inventory: Path | None, progress: Progress) -> None:
    """Starts the vCenter unless it runs with this inventory; the lab keeps a copy."""
    kept = lab.state / "inventory.toml"
    source = inventory or (kept if kept.exists() else simulator.SAMPLE)
    same = kept.exists() and kept.read_bytes() == source.read_bytes()
    directory = lab.state / VCENTER
    if same and simulator.load(directory) is not None:
        return
    if not same:
        shutil.copyfile(source, kept)
    address = add_address(lab, VCENTER)
    progress("starting the vCenter")
    simulator.start(kept, f"{address}:443", "127.0.0.2:0", directory, progress)


def _nodes(lab: Lab, base: images.Root, names: Sequence[str], progress: Progress) -> None:
    """Starts empty nodes."""
    stand_ins = (repository.publish(lab),)
    made = [machines.create(lab, name, base, repositories=stand_ins if NODES[name] else ()) for name in names]
    progress(f"starting {', '.join(names)}")
    machines.each(made, machines.start)
    for machine in made:
        cloud.mend_nova(machine)


def status(name: str = "default") -> str:
    """One line for each part: what it is, whether it runs, where it answers."""
    lab = existing_lab(name)
    sim = simulator.load(lab.state / VCENTER)
    lines = [f"lab {lab.name}: {lab.network}, files in {lab.state}"]
    if (lab.state / "inventory.toml").exists():
        lines.append(f"  {'vcenter':<12} {'running' if sim else 'stopped':<8} {sim.url if sim else ''}".rstrip())
    for machine in machines.load(lab):
        state = "running" if machines.running(machine) else "stopped"
        where = cloud.auth_url(lab) if machine.name == cloud.CONTROLLER else machine.address
        lines.append(f"  {machine.name:<12} {state:<8} {where}")
    return "\n".join(lines)


def down(name: str = "default", progress: Progress = host.say) -> None:
    """Stops everything of a lab; its files stay, so that `up` finds all as it was, but for the vCenter's changes."""
    lab = existing_lab(name)
    progress(f"stopping lab {name}")
    stop_lab(lab)


def stop_lab(lab: Lab) -> None:
    """Stops everything of a lab that runs; its files stay."""
    simulator.stop(lab.state / VCENTER)
    machines.each((*machines.load(lab), *rootfs_cache.builders(lab)), machines.stop)
    stop_network(lab)


def destroy(name: str = "default", progress: Progress = host.say, cache: bool = False) -> None:
    """Stops everything of a lab and deletes its files; with `cache`, the last lab takes what all labs share with it."""
    lab = existing_lab(name)
    progress(f"destroying lab {name}")
    delete_lab(lab)
    if cache and not lab_names():
        progress("deleting the cache")
        images.remove_tree(host.cache_dir())


def delete_lab(lab: Lab) -> None:
    """Stops everything of a lab and deletes its files; the cache, which all labs share, stays."""
    simulator.stop(lab.state / VCENTER)
    machines.each((*machines.load(lab), *rootfs_cache.builders(lab)), lambda machine: machines.stop(machine, timeout=5))
    stop_network(lab)
    images.remove_tree(lab.state)
