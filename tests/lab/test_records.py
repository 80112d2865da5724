"""What a lab keeps about its machines, written while several are made at once."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from mhv_tui.core.files import write_atomic
from mhv_tui.lab import machines
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab
from mhv_tui.lab.machine import Machine, record_of


def test_nodes_created_in_parallel_are_all_in_known_hosts(tmp_path: Path) -> None:
    names = {f"node{number}": 20 + number for number in range(8)}
    lab = Lab("parallel", 1, tmp_path, names)

    def create(name: str) -> None:
        directory = lab.nodes / name
        directory.mkdir(parents=True)
        (directory / "ssh_host_ed25519_key.pub").write_text(f"ssh-ed25519 {name} root@{name}\n")
        machine = Machine(name, lab.address(name), lab, Root("base", ()), directory)
        write_atomic(directory / "machine.json", json.dumps(record_of(machine)))
        machines.write_known_hosts(lab)

    with ThreadPoolExecutor(len(names)) as pool:
        list(pool.map(create, names))
    lines = lab.known_hosts.read_text().splitlines()
    assert sorted(line.split()[-1] for line in lines) == sorted(names)
