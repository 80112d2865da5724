"""What a session made and proved: rows for people, read from the records of its journal."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Literal

from mhv_tui.core.context import ProvenPort, Trial, TrialKey
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import count, have

Records = Sequence[Mapping[str, Any]]

ChangeState = Literal["incomplete", "made", "failed", "undone"]

STATES: Mapping[str, ChangeState] = {
    "intent": "incomplete",
    "receipt": "made",
    "failed": "failed",
    "undone": "undone",
}
"""The state of a change after each kind of record in the journal."""


@dataclass(frozen=True)
class ChangeRow:
    """A change of the session in its last state; `time` is the time of this state."""

    id: str
    step: str
    state: ChangeState
    time: str
    code: str = ""
    """The code of the failure, with its sentence and remedy; "" if the change did not fail."""
    error: str = ""
    remedy: str = ""

    is_verified: bool = False
    """True if the change was interrupted, and a later run of apply found it in place."""
    is_kept: bool = False
    """True if the undo of the change did nothing and kept its result."""


@dataclass(frozen=True)
class BootedServer:
    """A server that a smoke test booted and deleted."""

    id: str
    """The id of the smoke test."""
    host: str = ""
    """The compute service on which the server ran; "" if the journal does not contain it."""
    image: str = ""
    seconds: float = 0.0
    """The seconds from the first call until the server was deleted, as the run shows them."""
    on_vcenter: bool = False
    network: str = ""
    """The network of its port; "" if it had none."""

    def result(self, kind: str = "") -> str:
        """What the test showed, as a phrase; "" if its host is not known. `kind`: the hypervisor type of the host."""
        if not self.host:
            return ""
        image, where = self.image or "a server", "through" if self.on_vcenter else "on"
        time = f"{self.seconds:.0f} s" if self.seconds >= 1 else "less than 1 s"
        return f"{image} booted {where} {self.host}{f' ({kind})' if kind else ''} and was deleted in {time}"


@dataclass(frozen=True)
class ProofRow:
    """One run of smoke tests. `left` is what it did not cover, as a sentence; "" if it covered everything."""

    time: str
    servers: tuple[BootedServer, ...]
    left: str = ""
    undone: bool = False
    """True if a change was undone later."""
    older: bool = False
    """True if a change was made later."""

    @property
    def holds(self) -> bool:
        """True if nothing was changed or undone after the smoke tests."""
        return not (self.undone or self.older)


def undone_words(undone: int, kept: int) -> str:
    """How many changes an undo undid, and how many of them have a result that stays: `10 undone, 1 kept`."""
    return f"{undone} undone{f', {kept} kept' if kept else ''}"


def verified_ids(records: Records) -> frozenset[str]:
    """The ids of the incomplete changes that a later run of apply found in place: it ended well with their steps."""
    return frozenset(row.id for row in change_rows(records) if row.is_verified)


def change_rows(records: Records) -> list[ChangeRow]:
    """One row for each change, in the order of their start."""
    rows: dict[str, ChangeRow] = {}
    for record in records:
        if record["what"] == "finished" and record.get("outcome") in ("done", "nothing-to-do") and "steps" in record:
            rows.update(_verified(rows.values(), record["steps"]))
        state = STATES.get(record["what"])
        id, time = str(record.get("id", "")), str(record.get("time", ""))
        if record["what"] == "intent" and not record.get("smoke_test"):
            rows[id] = ChangeRow(id, str(record.get("step", "")), "incomplete", time)
        elif state and id in rows:
            why = {key: str(record.get(key, "")) if state == "failed" else "" for key in ("code", "error", "remedy")}
            rows[id] = replace(
                rows[id], state=state, time=time, is_verified=False, is_kept=bool(record.get("kept")), **why
            )
    return list(rows.values())


def _verified(rows: Iterable[ChangeRow], steps: Sequence[str]) -> dict[str, ChangeRow]:
    """The incomplete changes of these steps, or of all steps if none is named, as changes that are in place."""
    incomplete = [row for row in rows if row.state in ("incomplete", "failed") and (not steps or row.step in steps)]
    return {row.id: replace(row, state="made", code="", error="", remedy="", is_verified=True) for row in incomplete}


def proof_rows(records: Records) -> list[ProofRow]:
    """One row for each run of smoke tests, oldest first."""
    changed = {row.id for row in change_rows(records)}
    tests: dict[str, BootedServer] = {}
    rows: list[ProofRow] = []
    for record in records:
        what, id = record["what"], str(record.get("id", ""))
        if what == "proven":
            servers = tuple(tests.get(test, BootedServer(test)) for test in map(str, record["ids"]))
            rows.append(ProofRow(str(record["time"]), servers, str(record.get("left", ""))))
        elif what == "intent" and record.get("smoke_test"):
            fields = _fields(record)
            image, network = str(fields.get("image", "")), str(fields.get("network", ""))
            tests[id] = BootedServer(id, image=image, network=network, on_vcenter=fields.get("side") == "vmware")
        elif what == "receipt" and id in tests:
            tests[id] = _booted(tests[id], record.get("receipt"))
        elif what == "undone" and id in changed:
            rows = [replace(row, undone=True) for row in rows]
        elif what == "receipt" and id in changed:
            rows = [replace(row, older=True) for row in rows]
    return rows


def booted_since(records: Records) -> int:
    """The number of smoke tests that ended well since the last change, if the run then ended before the others."""
    tests = {str(r.get("id", "")) for r in records if r["what"] == "intent" and r.get("smoke_test")}
    booted: set[str] = set()
    for record in records:
        id = str(record.get("id", ""))
        if record["what"] == "receipt" and id in tests:
            booted.add(id)
        elif record["what"] in ("receipt", "undone", "proven"):
            booted.clear()
    return len(booted)


def booted_words(booted: int) -> str:
    """The beginning of a sentence about test servers of which only `booted` have booted."""
    if not booted:
        return "the test servers have not booted"
    return f"only {count(booted, 'test server')} {have(booted)} booted"


def proven_ports(records: Records, target: str) -> tuple[ProvenPort, ...]:
    """The ports of a target's last test servers on vCenter; none if a change was made or undone since."""
    proofs = proof_rows([record for record in records if record.get("target", "") == target])
    if not proofs or not proofs[-1].holds:
        return ()
    servers = [server for server in proofs[-1].servers if server.on_vcenter and server.host and server.network]
    return tuple(ProvenPort(server.host, server.network, proofs[-1].time[:10]) for server in servers)


def past_trials(records: Records, target: str, is_proven: bool = False) -> dict[TrialKey, Trial]:
    """The last trials that the runs of a target recorded; none if a change was undone since.

    `is_proven`: the last test servers prove what the trials before them tried.
    """
    own = [record for record in records if record.get("target", "") == target]
    changed = {row.id for row in change_rows(own)}
    trials: dict[TrialKey, Trial] = {}
    for record in own:
        if record["what"] == "tried":
            trials |= dict(_trial(row, str(record["time"])[:10]) for row in record["rows"] if isinstance(row, Mapping))
        elif (record["what"] == "undone" and str(record.get("id", "")) in changed) or (
            record["what"] == "proven" and is_proven
        ):
            trials = {}
    return trials


def trial_row(key: TrialKey, trial: Trial) -> dict[str, Any]:
    """The row of a trial in the journal."""
    texts = {"network": trial.network, "host": trial.host, "vif_type": trial.vif_type}
    return {"key": list(key), **texts, "details": dict(trial.details)}


def _trial(row: Mapping[str, Any], day: str) -> tuple[TrialKey, Trial]:
    network, host, vif_type = (str(row.get(name, "")) for name in ("network", "host", "vif_type"))
    key, details = row.get("key"), row.get("details")
    texts = {str(name): str(value) for name, value in details.items()} if isinstance(details, Mapping) else {}
    parts = tuple(map(str, key)) if isinstance(key, list) else ()
    return parts, Trial(network, host, vif_type, MappingProxyType(texts), day)


def _fields(record: Mapping[str, Any]) -> Mapping[str, Any]:
    fields = record.get("fields")
    return fields if isinstance(fields, Mapping) else {}


def _booted(test: BootedServer, receipt: object) -> BootedServer:
    row: Mapping[str, Any] = receipt if isinstance(receipt, Mapping) else {}
    seconds = row.get("seconds", 0.0)
    return replace(
        test,
        host=str(row.get("host", "")),
        seconds=float(seconds) if isinstance(seconds, int | float) else 0.0,
    )
