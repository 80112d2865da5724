"""Measures a check of many targets in the simulated world, in which each call takes 50 ms, against a check of one.

Run `python -m tests.bench.fleet [TARGETS] [VCENTERS]` from the root of the repository.
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from copy import deepcopy
from pathlib import Path
from typing import Any

from mhv_tui.cli.fleet import chosen, fleet_of
from mhv_tui.cli.options import RunOptions
from mhv_tui.cli.setup import DemoMode, RunSetup, schema
from mhv_tui.core import answerfile
from mhv_tui.core.answers import Answers
from mhv_tui.demo.backend import DemoBackend
from mhv_tui.demo.scenes import answers_of, state_of
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop

LATENCY = 0.05
"""Seconds that each call takes."""

Document = dict[str, Any]


def world_of(targets: int, vcenters: int) -> tuple[Document, Document]:
    """The state of a world and the answer file: so many targets, spread over so many vCenters."""
    state, document = state_of("article"), answers_of("article")
    vcenter, node = state["vcenters"].pop("vc.example.org"), state["machines"].pop(document["node"].pop("host"))
    cluster = vcenter["clusters"]["domain-c7"]
    vcenter["clusters"] = {}
    state["vcenters"] = {f"vc{n}.example.org": _vcenter(vcenter, n) for n in range(vcenters)}
    document["target"] = []
    for number in range(targets):
        host, owner = f"nova{number}", f"vc{number % vcenters}.example.org"
        own = {**deepcopy(cluster), "name": f"C{number}", "path": f"/DC0/host/C{number}"}
        state["vcenters"][owner]["clusters"][f"domain-c{number}"] = own
        own_node = {**deepcopy(node), "hostname": host, "fqdn": f"{host}.example.org"}
        state["machines"][host] = own_node
        tables = {"node": {"host": host}, "vcenter": {"host": owner}, "cluster": {"path": own["path"]}}
        document["target"].append({"name": f"t{number}", **tables})
    document["vcenter"].pop("host")
    return state, document


def _vcenter(vcenter: Document, number: int) -> Document:
    own = deepcopy(vcenter)
    own["about"]["instance_uuid"] = f"7c9fd2c1-8a5e-4d4f-9a26-{number:012}"
    own["certificate"]["names"] = [f"vc{number}.example.org"]
    return own


def checked(targets: int, vcenters: int, directory: Path, latency: float = LATENCY) -> tuple[float, int, int]:
    """Seconds of a check of all targets, the number of calls, and the number of logins to vCenters."""
    directory.mkdir(exist_ok=True)
    state, document = world_of(targets, vcenters)
    path = directory / "world.json"
    path.write_text(json.dumps(state))
    answers: Answers = answerfile.parse_text(answerfile.dumps(document), schema())
    mode = DemoMode("article")
    vault = mode.vault(answers)
    backend = DemoBackend(path, "article", vault)
    backend.store.latency = latency
    setup = RunSetup(Session("bench", directory), answers, backend, vault)
    fleet = fleet_of(RunOptions(command="check"), setup, chosen(setup.answers, ()), lambda event: None, Stop())
    began = time.monotonic()
    fleet.check(Run.check)
    seconds = time.monotonic() - began
    assert not any(run.blocking() for run in fleet.runs), [run.failed_checks() for run in fleet.runs][:3]
    return seconds, backend.store.calls.total(), sum(row["logins"] for row in backend.store.state["vcenters"].values())


def main(arguments: list[str]) -> None:
    targets, vcenters = [*map(int, arguments), *(100, 10)[len(arguments) :]]
    rows = []
    for number, systems in ((1, 1), (targets, vcenters)):
        with tempfile.TemporaryDirectory() as directory:
            seconds, calls, logins = checked(number, systems, Path(directory))
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        rows.append(seconds)
        print(
            f"{number:4} targets, {systems:3} vCenters: {seconds:6.2f} s, {calls:5} calls, {logins:3} logins, ", end=""
        )
        print(f"{memory:.0f} MiB")
    print(f"ratio {rows[1] / rows[0]:.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
