"""The releases that a lab can have, read from the table suites.toml."""

from __future__ import annotations

import shlex
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.lab.host import os_release

TABLES = tomllib.loads(Path(__file__).with_name("suites.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True)
class BackEnd:
    """How the QEMU node is connected to networks; suites.toml explains the fields."""

    driver: str
    packages: Sequence[str]
    agent: str
    settings: str
    settings_options: str
    neutron_options: str
    tunnel_section: str
    bridge_command: str


@dataclass(frozen=True)
class Suite:
    """A release, named by its codename; suites.toml explains the other fields."""

    name: str
    disk_type: str
    openstack: str
    release: str
    suffixes: Sequence[str]
    base_packages: Sequence[str]
    unified_cgroups: bool
    back_end: BackEnd
    nova_fix: bool
    nova_options: str
    cloud_packages: Sequence[str]
    controller_packages: Sequence[str]
    controller_units: Sequence[str]
    compute_packages: Sequence[str]
    compute_units: Sequence[str]

    @property
    def title(self) -> str:
        """The codename and the name of its OpenStack release, such as `trixie (OpenStack 2025.1 Epoxy)`."""
        return f"{self.name} (OpenStack {self.openstack})" if self.openstack else self.name

    def variables(self) -> str:
        """Returns the facts that the scripts in cloud/ need, as shell variables."""
        facts = vars(self) | vars(self.back_end)
        texts = {name: value for name, value in facts.items() if isinstance(value, str)}
        return "".join(f"{name}={shlex.quote(value)}\n" for name, value in texts.items())


def names() -> tuple[str, ...]:
    """Returns the codenames of the releases that `lab up --debian` offers, the oldest first."""
    return tuple(name for name in TABLES["suite"] if name != "default")


def suite(name: str) -> Suite:
    """Returns the release with this codename. A codename without a table has the facts of [suite.default]."""
    row = {**TABLES["suite"]["default"], **TABLES["suite"].get(name, {})}
    back_end = BackEnd(**TABLES["back_end"][row.pop("back_end")])
    return Suite(name=name, back_end=back_end, **row)


def host_suite() -> Suite:
    """Returns this machine's own release; its name is empty if /etc/os-release has no codename."""
    return suite(os_release().get("VERSION_CODENAME", ""))
