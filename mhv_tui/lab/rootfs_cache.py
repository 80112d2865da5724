"""Cached root file systems that need a booted machine to build: the recipe runs on a temporary builder machine.

Roots that need no booted machine are built in images.py."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from mhv_tui.lab import images, machines
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import BUILDER, Lab
from mhv_tui.lab.machine import Machine


def _builds_dir(lab: Lab) -> Path:
    return lab.state / "building"


def _builder(lab: Lab, root: Root, directory: Path, upper: Path = Path()) -> Machine:
    return Machine("builder", lab.address(BUILDER), lab, root, directory, root_login=True, upper=upper)


def builders(lab: Lab) -> list[Machine]:
    """Returns the builder machines of interrupted builds, in a form that can only be stopped."""
    return [_builder(lab, Root("", ()), path) for path in _builds_dir(lab).glob("*")]


def layer(lab: Lab, name: str, key: str, parent: Root, build: Callable[[Machine], None]) -> Root:
    """Returns the cached layer `name` on top of `parent`; on first use, `build` runs on a machine booted from `parent`.

    `key` identifies the recipe (packages and scripts): another key gives another layer. A lab builds one layer at a
    time. The lab's network must be up."""

    def boot_and_build(upper: Path) -> None:
        directory = _builds_dir(lab) / name
        machines.each(builders(lab), machines.stop)
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
