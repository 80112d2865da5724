"""Cached roots that are built on a machine of their own, and a lab taken down with whatever builds in it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mhv_tui.lab import images, machines, site
from mhv_tui.lab.images import Root
from mhv_tui.lab.machine import Machine
from mhv_tui.lab.site import Lab


def _building(lab: Lab) -> Path:
    return lab.state / "building"


def _builder(lab: Lab, root: Root, directory: Path, upper: Path = Path()) -> Machine:
    return Machine("builder", lab.address(site.BUILDER), lab, root, directory, root_login=True, upper=upper)


def _builders(lab: Lab) -> list[Machine]:
    """What a killed build has left, to be stopped: one builds at a time."""
    return [_builder(lab, Root("", ()), path) for path in _building(lab).glob("*")]


def layer(lab: Lab, name: str, key: str, parent: Root, build: Callable[[Machine], None]) -> Root:
    """The cached root `name`: on first use, `build` installs what belongs into it on a machine booted on `parent`.

    `key` stands for the recipe (package list and script): another key, another root. The lab must be up."""

    def boot_and_build(upper: Path) -> None:
        directory = _building(lab) / name
        machines.each(_builders(lab), machines.stop)
        images.remove_tree(directory)
        directory.mkdir(parents=True, mode=0o700)
        machine = _builder(lab, parent, directory, upper)
        work = upper.with_name(upper.name + ".work")
        try:
            machines.prepare(machine)
            machines.start(machine)
            build(machine)
            machines.run_in(machine, "rm -f /var/cache/apt/archives/*.deb")
        finally:
            machines.stop(machine)
            images.remove_tree(work)
            images.remove_tree(directory)

    return images.cached(name, key, parent, boot_and_build, lab.progress)


def down(lab: Lab) -> None:
    """Stops everything of a lab that runs; its files stay."""
    machines.each((*machines.load(lab), *_builders(lab)), machines.stop)
    site.down(lab)


def destroy(lab: Lab) -> None:
    """Stops everything of a lab and deletes its state; the cache, which all labs share, stays."""
    machines.each((*machines.load(lab), *_builders(lab)), lambda machine: machines.stop(machine, timeout=5))
    site.down(lab)
    images.remove_tree(lab.state)
