"""A simulated world whose every name attacks the terminal, the lines of the output or the report that shows it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from mhv_tui.demo.scenes import state_of
from mhv_tui.engine.session import open_session

SEQUENCES = "\x1b]0;PWNED\x07\x1b[2J\x1b]52;c;UFdORUQ=\x07\x9b31m\u202e\u2066\x00\x7f\x08\r"
FORGED = "x\n  ✓ ok      ALL GOOD\n## Forged\u2028- forged\u0085 forged"
HTML = "<img src=x onerror=alert(1)>[link](javascript:1)`code`|*bold*"
HOSTILE = f"{SEQUENCES}{FORGED}{HTML}"

NAMES = {
    "the vCenter": (*("vcenters", "vc.example.org", "about"), "name"),
    "its build": (*("vcenters", "vc.example.org", "about"), "build"),
    "an ESXi host": ("vcenters", "vc.example.org", "hosts", "host-21", "name"),
    "another ESXi host": ("vcenters", "vc.example.org", "hosts", "host-22", "name"),
    "a datastore": ("vcenters", "vc.example.org", "datastores", "datastore-33", "name"),
    "a network": ("vcenters", "vc.example.org", "networks", "dvportgroup-61", "name"),
    "the other cluster": ("vcenters", "vc.example.org", "clusters", "domain-c9", "name"),
    "the certificate's issuer": ("vcenters", "vc.example.org", "certificate", "issuer"),
    "a role": ("cloud", "identity", "roles", 2),
    "an image": ("cloud", "images", "4a1c3d92-6e5f-4b3e-9d33-9c82e5a7d001", "name"),
    "another image": ("cloud", "images", "4a1c3d92-6e5f-4b3e-9d33-9c82e5a7d002", "name"),
    "a hypervisor": ("cloud", "hypervisors", "1d4a9c9e-6f0b-4f7e-8a35-0c1f52b7d002", "hostname"),
    "a flavor": ("cloud", "flavors", "5b2d4ea3-7f60-4c4f-8e44-ad93f6b8e003", "name"),
    "a host": ("machines", "novavmware1", "hostname"),
}
"""Where the world keeps them. Each ends with its number in brackets."""


STOPPING = ("an ESXi host", "another ESXi host", "a host", "the vCenter")
"""Names that stop a run: the node cannot resolve them, or the simulated world expects another one."""


def hostile_world(
    *, without: Sequence[str] = (), faults: Mapping[str, str] | None = None, **machine: Any
) -> dict[str, Any]:
    """The default scene with hostile names, `without` some of NAMES; `machine` changes fields of the new node."""
    world = deepcopy(state_of("article"))
    for number, (name, place) in enumerate(NAMES.items()):
        if name in without:
            continue
        row: Any = world
        for key in place[:-1]:
            row = row[key]
        row[place[-1]] = f"{row[place[-1]]}{HOSTILE}[{number}]"
    world["machines"]["novavmware1"].update(machine)
    world["faults"] = dict(faults or {})
    return world


def begin(world: Mapping[str, Any]) -> Path:
    """The directory of the session `demo`, which has this world."""
    directory = open_session("demo").directory
    (directory / "world.json").write_text(json.dumps(world), encoding="utf-8")
    return directory


def output_of(*arguments: str, stdin: bytes = b"") -> bytes:
    """Both streams of a command in a process of its own."""
    command = [sys.executable, "-m", "mhv_tui", *arguments]
    env = {**os.environ, "PYTHONUTF8": "1"}
    done = subprocess.run(command, input=stdin, capture_output=True, env=env, timeout=120, check=False)
    return done.stdout + done.stderr


def attacks(output: bytes) -> list[str]:
    """The lines that act on a terminal, or that a name has forged."""
    lines = output.decode("utf-8").split("\n")
    forged = ("✓ ok      ALL GOOD", "## Forged", "- forged", "forged")
    return [line for line in lines if not line.isprintable() or line.strip().startswith(forged)]
