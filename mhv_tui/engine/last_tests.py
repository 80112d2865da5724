"""The result of the last smoke tests, as one finding (PR01) of their page: the same in a run, a check and a report."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.core.context import Context
from mhv_tui.core.findings import LEVELS, Finding
from mhv_tui.engine.failures import engine_finding
from mhv_tui.engine.ledger import Records, change_rows, proof_rows

CODE = "PR01"

NOT_BOOTED = engine_finding(
    CODE,
    "unknown",
    "the test servers have not booted since the last change of this session",
    "To continue, run apply again: it makes only the changes that are left, if any, then boots one server on each "
    "hypervisor and deletes it.",
)
"""The finding about smoke tests that are still to come."""


def awaits_tests(records: Records, target: str) -> bool:
    """True if a change of the target is in place that is newer than its last smoke tests."""
    own = [record for record in records if record.get("target", "") == target]
    proofs = proof_rows(own)
    return any(row.state == "made" for row in change_rows(own)) and not (proofs and proofs[-1].holds)


def findings_of_last_tests(records: Records, target: str) -> dict[str, Finding]:
    """Step id -> ok if the target's last smoke tests booted all servers, and nothing was changed or undone since."""
    own = [record for record in records if record.get("target", "") == target]
    proofs = proof_rows(own)
    if not proofs or not proofs[-1].holds or proofs[-1].left:
        return {}
    last = next(record for record in reversed(own) if record["what"] == "proven")
    detail = f"the test servers booted on {proofs[-1].time[:10]}, and this session has changed nothing since"
    return {str(last["step"]): engine_finding(CODE, "ok", detail)}


def with_last_tests(findings: Sequence[Finding], ctx: Context, step: str) -> tuple[Finding, ...]:
    """The findings of a page with what the journal has about its smoke tests: each failure, or their result."""
    result = ctx.last_tests.get(step)
    if ctx.awaits_tests:
        findings = [NOT_BOOTED if f.code == CODE and f.level == "skipped" else f for f in findings]
    return (*ctx.failed_tests.get(step, ()), *(with_result(findings, result) if result else findings))


def with_result(findings: Sequence[Finding], result: Finding) -> tuple[Finding, ...]:
    """The findings of a page with the result of its smoke tests, which replaces what a check says before the tests.

    A finding of the check that is worse than the result stays instead of it.
    """
    before = [f for f in findings if f.code == CODE and f != NOT_BOOTED]
    if any(LEVELS.index(f.level) > LEVELS.index(result.level) for f in before):
        return tuple(findings)
    return (*(f for f in findings if f.code != CODE), result)
