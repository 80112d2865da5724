"""One machine of a lab, and the file machine.json that records it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mhv_tui.lab.host import LabError
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab


@dataclass(frozen=True)
class Machine:
    """One machine. `directory`: its state; `upper`: its overlay's writable layer; others: see machines.create."""

    name: str
    address: str
    lab: Lab
    root: Root
    directory: Path
    repositories: tuple[str, ...] = ()
    root_login: bool = False
    tun: bool = False
    capabilities: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    upper: Path = Path()

    @property
    def host_name(self) -> str:
        """The machine's full host name, which every node of the lab resolves."""
        return self.lab.host_name(self.name)

    @property
    def label(self) -> str:
        """The name of the machine's container, unique on this host."""
        return f"mhv{self.lab.index}-{self.name}"

    @property
    def files(self) -> Path:
        """The directory of this host at which the machine's root file system is mounted."""
        return self.directory / "root"

    @property
    def console(self) -> Path:
        """The log file of the machine's console output."""
        return self.directory / "console.log"


def load(lab: Lab) -> tuple[Machine, ...]:
    """Returns all machines of the lab, sorted by name."""
    return tuple(_from_record(lab, json.loads(path.read_text())) for path in sorted(lab.nodes.glob("*/machine.json")))


def get(lab: Lab, name: str) -> Machine:
    """Returns the machine `name`; raises LabError if the lab does not have it."""
    for machine in load(lab):
        if machine.name == name:
            return machine
    raise LabError(f"Lab {lab.name} has no machine {name}.")


def record_of(machine: Machine) -> dict[str, object]:
    """Returns the content of machine.json for a machine, with JSON's types."""
    plain_fields = {key: value for key, value in vars(machine).items() if key not in ("lab", "root")}
    record = {**plain_fields, "root": asdict(machine.root)}
    return dict(json.loads(json.dumps(record, default=str)))


def _from_record(lab: Lab, record: dict[str, object]) -> Machine:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in record.items()}
    root = record["root"]
    assert isinstance(root, dict)
    fields["root"] = Root(root["name"], tuple(Path(path) for path in root["directories"]))
    fields |= {key: Path(str(record[key])) for key in ("directory", "upper")}
    return Machine(lab=lab, **fields)  # type: ignore[arg-type]
