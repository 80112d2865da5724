"""The commands of a simulated machine, and the start and stop of its nova-compute in the rows of the cloud.

nova-manage works only on a machine whose row has `controller`; its texts are nova's own.
"""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.core.machine import Completed
from mhv_tui.demo import conf
from mhv_tui.demo.rows import Row
from mhv_tui.demo.store import Store

CELL = "5bd2ddbb-1b2b-4d1b-9f4e-6a3a0f0f7c11"
"""UUID of cell1."""

COMPUTE = "nova-compute"


def run(store: Store, machine: Row, argv: list[str]) -> Completed:
    """Runs one command as root. An unknown command gives exit code 127, as in a shell."""
    for index, word in enumerate(argv):
        if word.rpartition("/")[2] == "nova-manage":
            return _nova_manage(store, machine, argv[index + 1 :])
    words = [w for w in argv[1:] if "=" not in w] if argv[0] == "env" else argv
    command = COMMANDS.get(words[0].rpartition("/")[2])
    return command(store, machine, words) if command else Completed(127, "", f"{words[0]}: command not found\n")


def service_up(store: Store, machine: Row, hypervisor: Row) -> None:
    """Adds service and hypervisor of a started nova-compute to the cloud; unmapped if the release has cells v2."""
    cloud = store.state["cloud"]
    host = host_of(machine)
    service = _service_of(cloud, host)
    if service is None:
        new = {"binary": COMPUTE, "host": host, "state": "up", "status": "enabled", "zone": "nova"}
        cloud["services"][store.new_id()] = service = new
    service.update(state="up", updated_at=store.now().isoformat())
    service.pop("silent", None)
    for row in cloud["hypervisors"].values():
        if row["service_host"] == host:
            row.update(hypervisor, state="up")
            return
    mapped = not cloud["nova"]["cells_v2"]
    row = {**hypervisor, "service_host": host, "state": "up", "status": "enabled", "mapped": mapped}
    cloud["hypervisors"][store.new_id()] = row


def service_down(store: Store, machine: Row) -> None:
    """Marks the service of a stopped nova-compute in the cloud."""
    cloud = store.state["cloud"]
    for row in (*cloud["services"].values(), *cloud["hypervisors"].values()):
        if host_of(machine) in (row.get("service_host"), row.get("host")) and row.get("binary", COMPUTE) == COMPUTE:
            if row["state"] == "up" and "binary" in row:
                row.update(silent=store.now().isoformat())
            row["state"] = "down"


def host_of(machine: Row) -> str:
    """Returns the host name that nova-compute on the machine reports."""
    try:
        options = conf.read(conf.files_of(machine))
    except conf.Unparsable:
        return str(machine["hostname"])
    return conf.value(options, "DEFAULT", "host") or str(machine["hostname"])


def _service_of(cloud: Row, host: str) -> Row | None:
    rows = cloud["services"].values()
    return next((s for s in rows if (s["binary"], s["host"]) == (COMPUTE, host)), None)


def _nova_manage(store: Store, machine: Row, words: list[str]) -> Completed:
    if not machine.get("controller"):
        if "nova-common" not in machine["packages"]:
            return Completed(127, "", "nova-manage: command not found\n")
        if words not in (["--version"], ["version"]):
            return Completed(1, "", "sqlalchemy.exc.ArgumentError: [api_database] connection is not set\n")
    for prefix, answer in NOVA_MANAGE:
        if words[: len(prefix)] == list(prefix):
            return answer(store)
    return Completed(2, "", f"nova-manage: error: argument category: invalid choice: {' '.join(words)!r}\n")


def _version(store: Store) -> Completed:
    return Completed(0, f"{store.state['cloud']['nova']['version']}\n", "")


def _discover(store: Store) -> Completed:
    lines = [
        "Found 2 cell mappings.",
        "Skipping cell0 since it does not contain hosts.",
        f"Getting computes from cell 'cell1': {CELL}",
    ]
    new = {k: h for k, h in store.state["cloud"]["hypervisors"].items() if not h.get("mapped", True)}
    for key, row in new.items():
        row["mapped"] = True
        lines.append(f"Checking host mapping for compute host '{row['service_host']}': {key}")
        lines.append(f"Creating host mapping for compute host '{row['service_host']}': {key}")
    lines.append(f"Found {len(new)} unmapped computes in cell: {CELL}")
    return Completed(0, "\n".join(lines) + "\n", "")


def _hosts(store: Store) -> Completed:
    hosts = [h["service_host"] for h in store.state["cloud"]["hypervisors"].values() if h.get("mapped", True)]
    width = max(len("Hostname"), *map(len, hosts)) + 2
    rule = f"+-----------+{'-' * 38}+{'-' * width}+"
    rows = [f"|   cell1   | {CELL} |{host:^{width}}|" for host in hosts]
    return Completed(
        0, "\n".join([rule, f"| Cell Name |{'Cell UUID':^38}|{'Hostname':^{width}}|", rule, *rows, rule]) + "\n", ""
    )


def _cells(store: Store) -> Completed:
    rows = [f"|  cell0 | {'0' * 8}-0000-0000-0000-{'0' * 12} |", f"|  cell1 | {CELL} |"]
    return Completed(0, "\n".join(["|  Name  | UUID |", *rows]) + "\n", "")


NOVA_MANAGE: tuple[tuple[tuple[str, ...], Callable[[Store], Completed]], ...] = (
    (("cell_v2", "discover_hosts"), _discover),
    (("cell_v2", "list_hosts"), _hosts),
    (("cell_v2", "list_cells"), _cells),
    (("--version",), _version),
    (("version",), _version),
)


def _succeed(store: Store, machine: Row, argv: list[str]) -> Completed:
    return Completed(0, "", "")


def _cat(store: Store, machine: Row, argv: list[str]) -> Completed:
    row = machine["files"].get(argv[-1])
    return (
        Completed(0, row["content"], "") if row else Completed(1, "", f"cat: {argv[-1]}: No such file or directory\n")
    )


def _apt_cache(store: Store, machine: Row, argv: list[str]) -> Completed:
    return Completed(0, f"500 https://archive.example.org/ubuntu {machine.get('repository', '')}/main amd64\n", "")


def _add_apt_repository(store: Store, machine: Row, argv: list[str]) -> Completed:
    """Simulates `add-apt-repository [--remove] cloud-archive:RELEASE` of Ubuntu."""
    repository = f"{machine.get('codename')}-updates/{argv[-1].removeprefix('cloud-archive:')}"
    if repository not in store.state["repositories"]:
        return Completed(1, "", f"{argv[-1]}: not supported on {machine.get('codename')}\n")
    machine["repository"] = "" if "--remove" in argv else repository
    return Completed(0, "", "")


def _dpkg(store: Store, machine: Row, argv: list[str]) -> Completed:
    if "--configure" not in argv:
        return Completed(2, "", "dpkg: error: need an action option\n")
    machine["broken_packages"] = []
    return Completed(0, "", "")


COMMANDS: dict[str, Callable[[Store, Row, list[str]], Completed]] = {
    "true": _succeed,
    "cat": _cat,
    "apt-cache": _apt_cache,
    "add-apt-repository": _add_apt_repository,
    "dpkg": _dpkg,
    "update-ca-certificates": _succeed,
    "nova-compute": lambda store, machine, argv: _version(store),
}
