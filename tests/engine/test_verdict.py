"""The verdict on a session, from findings, missing changes and the journal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.core.findings import Finding, KeyedFinding
from mhv_tui.engine.failed_tests import FailedTest
from mhv_tui.engine.ledger import BootedServer, ProofRow, change_rows, proof_rows
from mhv_tui.engine.verdict import VerdictInput, unchecked_steps, verdict

OK: KeyedFinding = (("", "cluster"), Finding("CL05", "ok", "DRS is on"))
OFF: KeyedFinding = (("", "cluster"), Finding("CL05", "failure", "DRS is on", "DRS of C0 is off", "Turn it on."))
UNMOUNTED: KeyedFinding = (("", "datastore"), Finding("DS04", "failure", "It is mounted", "it is not", "Mount it."))
SKIPPED: KeyedFinding = (("", "node"), Finding("WZ10", "skipped", "All steps are checked", "not checked"))
ACCEPTED: KeyedFinding = (OFF[0], replace(OFF[1], accepted="a test"))
VMWARE = BootedServer("prove:vmware", "nova1", "ubuntu", 27.0, on_vcenter=True)
FIRST = BootedServer("prove:first", "compute1", "cirros", 9.0)
PROOF = ProofRow("2026-11-22T10:00:00+00:00", (VMWARE, FIRST))
DONE = VerdictInput(findings=[OK], proofs=[PROOF], types={"compute1": "KVM"})


def records(*rows: tuple[str, str]) -> list[Mapping[str, Any]]:
    """Records of the journal: the kind of each, and the id of its change."""
    return [{"what": what, "id": id, "step": "node", "time": f"T{n}"} for n, (what, id) in enumerate(rows)]


TEST = FailedTest(
    "", "prove", "prove:vmware", "2026-11-22T10:00:00", "VC12", "no permission", "Grant it.", "", True, ""
)
FAILED = [*records(("intent", "a"), ("receipt", "a"), ("intent", "b"))]
FAILED += [{"what": "failed", "id": "b", "time": "T3", "code": "CN04", "error": "no archive", "remedy": "Add it."}]


@pytest.mark.parametrize(
    ("source", "state", "sentence"),
    [
        (DONE, "done", "Done. vCenter serves this cloud: one server booted there, one on KVM."),
        (replace(DONE, types={}), "done", "Done. vCenter serves this cloud: one server booted there, one on compute1."),
        (
            replace(DONE, proofs=[replace(PROOF, servers=(VMWARE,), left="no image fits")]),
            "done",
            "Done. vCenter serves this cloud: one server booted there. Not tested: no image fits.",
        ),
        (replace(DONE, findings=[OFF]), "blocked", "Blocked: DRS of C0 is off (CL05, page cluster)."),
        (replace(DONE, findings=[ACCEPTED]), "done", "Done. vCenter"),
        (replace(DONE, findings=[OFF, UNMOUNTED]), "blocked", "Blocked: 2 checks fail, on cluster and datastore."),
        (
            replace(DONE, findings=[OFF], planned=2, changes=change_rows(records(("intent", "a"), ("receipt", "a")))),
            "blocked",
            "Not finished: 1 change is made, and 2 changes are missing. Blocked: DRS of C0 is off (CL05, page",
        ),
        (replace(DONE, unchecked=["node"]), "unchecked", "Not known: this page is not checked: node."),
        (
            replace(DONE, unchecked=["node", "prove"]),
            "unchecked",
            "Not known: these 2 pages are not checked: node and prove.",
        ),
        (replace(DONE, planned=10), "missing", "Not begun: 10 changes are missing."),
        (
            replace(DONE, planned=1, changes=change_rows(records(("intent", "a"), ("receipt", "a")))),
            "missing",
            "Not finished: 1 change is made, and 1 change is missing.",
        ),
        (
            replace(DONE, planned=1, changes=change_rows(FAILED)),
            "incomplete",
            "Not finished: 1 change made, then a change failed: no archive (CN04).",
        ),
        (
            replace(DONE, planned=1, changes=change_rows(FAILED[:3])),
            "incomplete",
            "Not finished: 1 change made, then a change was interrupted.",
        ),
        (replace(DONE, changes=change_rows(FAILED)), "done", "Done."),
        (replace(DONE, proofs=[]), "unproven", "but no test server has booted yet."),
        (replace(DONE, proofs=[], booted=1), "unproven", "but only 1 test server has booted yet."),
        (replace(DONE, proofs=[replace(PROOF, older=True)]), "unproven", "not booted since the last change."),
        (replace(DONE, proofs=[replace(PROOF, undone=True)]), "unproven", "since a change was undone."),
        (
            replace(DONE, proofs=[replace(PROOF, undone=True, older=True)]),
            "unproven",
            "All changes are made, but the test servers have not booted since the last change.",
        ),
        (replace(DONE, proofs=[replace(PROOF, servers=(FIRST,))]), "unproven", "no test server has booted on vCenter."),
        (
            replace(DONE, failed_tests=[TEST]),
            "test failed",
            "Not done: a test failed on 2026-11-22: VC12 no permission;",
        ),
        (replace(DONE, failed_tests=[TEST], planned=1), "test failed", "Not done: a test failed on 2026-11-22"),
        (replace(DONE, undone_at="2026-11-23"), "outdated", "changes were undone on 2026-11-23"),
    ],
)
def test_the_verdict(source: VerdictInput, state: str, sentence: str) -> None:
    result = verdict(source)
    assert result.state == state and sentence in result.sentence
    assert (result.level == "ok") is (state == "done")


def test_a_verdict_names_the_step_to_which_it_leads() -> None:
    assert verdict(replace(DONE, findings=[OK, UNMOUNTED])).step == "datastore"
    assert verdict(replace(DONE, unchecked=["image", "prove"])).step == "image"
    assert verdict(DONE).step == ""


def test_the_steps_that_were_not_checked_follow_from_the_findings() -> None:
    assert unchecked_steps([OK, SKIPPED, SKIPPED]) == ["node"]


def test_the_rows_of_changes_have_their_last_state() -> None:
    rows = change_rows([*FAILED, *records(("receipt", "b"), ("undone", "a"), ("undone", "unknown"))])
    assert [(row.id, row.state, row.code) for row in rows] == [("a", "undone", ""), ("b", "made", "")]


def test_a_proof_knows_its_servers_and_what_happened_after_it() -> None:
    test = {"what": "intent", "id": "prove:vmware", "step": "prove", "time": "T1", "smoke_test": True}
    booted = {"what": "receipt", "id": "prove:vmware", "receipt": {"host": "nova1", "seconds": 27}}
    proven = {"what": "proven", "time": "T2", "ids": ["prove:vmware", "lost"], "left": "the first"}
    run: list[Mapping[str, Any]] = [{**test, "fields": {"side": "vmware", "image": "ubuntu"}}, booted, proven]
    (row,) = proof_rows(run)
    assert row.servers == (replace(VMWARE), BootedServer("lost")) and row.left == "the first" and row.holds
    later = records(("intent", "a"), ("receipt", "a"))
    assert [(r.older, r.undone, r.holds) for r in proof_rows([*run, *later])] == [(True, False, False)]
    assert [r.undone for r in proof_rows([*later, *run, *records(("undone", "a"))])] == [True]
    assert proof_rows([*run, *records(("undone", "prove:vmware"))])[0].holds


def test_a_damaged_record_of_a_smoke_test_is_no_proof_of_a_host() -> None:
    test = {"what": "intent", "id": "t", "time": "T1", "smoke_test": True, "fields": []}
    receipt = {"what": "receipt", "id": "t", "receipt": {"seconds": "many"}}
    (row,) = proof_rows([test, receipt, {"what": "proven", "time": "T2", "ids": ["t"]}])
    assert row.servers == (BootedServer("t"),)
