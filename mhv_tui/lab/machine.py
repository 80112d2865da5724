"""One machine of the lab: what it is, where its files are, and the record from which it is known again."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from mhv_tui.lab.host import LabError
from mhv_tui.lab.images import Root
from mhv_tui.lab.lab import Lab


@dataclass(frozen=True)
class Machine:
    """One node: what it is, where its files are, what it may do."""

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
        """Its full name, known to every node of the lab."""
        return self.lab.host_name(self.name)

    @property
    def label(self) -> str:
        """Its name among all containers of this machine."""
        return f"mhv{self.lab.index}-{self.name}"

    @property
    def files(self) -> Path:
        """Its file system as seen from outside, while it is mounted."""
        return self.directory / "root"

    @property
    def console(self) -> Path:
        """What it wrote on its console."""
        return self.directory / "console.log"


def load(lab: Lab) -> tuple[Machine, ...]:
    """The machines that the lab has."""
    return tuple(_from_record(lab, json.loads(path.read_text())) for path in sorted(lab.nodes.glob("*/machine.json")))


def get(lab: Lab, name: str) -> Machine:
    """One machine of the lab by name, or LabError."""
    for machine in load(lab):
        if machine.name == name:
            return machine
    raise LabError(f"Lab {lab.name} has no machine {name}.")


def record_of(machine: Machine) -> dict[str, object]:
    """What is kept of it, as JSON has it."""
    kept = {key: value for key, value in vars(machine).items() if key not in ("lab", "root")}
    record = {**kept, "root": asdict(machine.root)}
    return dict(json.loads(json.dumps(record, default=str)))


def _from_record(lab: Lab, record: dict[str, object]) -> Machine:
    fields = {key: tuple(value) if isinstance(value, list) else value for key, value in record.items()}
    root = record["root"]
    assert isinstance(root, dict)
    fields["root"] = Root(root["name"], tuple(Path(path) for path in root["directories"]))
    fields |= {key: Path(str(record[key])) for key in ("directory", "upper")}
    return Machine(lab=lab, **fields)  # type: ignore[arg-type]
