"""The smoke tests whose last run failed, as the journal shows them: for the pages, the verdict and the reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mhv_tui.core.findings import Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.engine.failures import TITLES
from mhv_tui.engine.ledger import Records

SERVER_DELETED = "the test server is deleted"

TEST_AGAIN = "Then run apply again, which boots the test servers and replaces this result."


@dataclass(frozen=True)
class FailedTest:
    """A smoke test that failed in its last run."""

    target: str
    step: str
    id: str
    time: str
    code: str
    error: str
    remedy: str
    subject: str
    on_vcenter: bool
    server: str
    """The name of its test server if that may still exist, so that undo deletes it; "" if it is deleted."""

    @property
    def day(self) -> str:
        return self.time[:10]

    @property
    def reason(self) -> str:
        """The code and the sentence of the failure, and what became of the test server."""
        return f"{self.code} {self.error.rstrip('.')}; {server_words(self.server)}"

    @property
    def finding(self) -> Finding:
        """The failure as a problem of its page, which does not stop the run that tests again."""
        detail = f"the last test failed on {self.day}: {self.error.rstrip('.')}; {server_words(self.server)}"
        remedy = and_test_again(self.remedy)
        return Finding(self.code, "failure", TITLES["PR01"], detail, remedy, self.subject, tested_again=True)


def and_test_again(remedy: str) -> str:
    """The remedy of a failed smoke test, with the sentence that says how to test again: a check boots no server."""
    cause = remedy.removesuffix("Then check again.").rstrip(" .")
    return remedy if "apply again" in remedy else f"{cause}. {TEST_AGAIN}"


def server_words(server: str) -> str:
    """What became of the server of a failed test; `server` is its name if it may still exist."""
    return f"the test server {server} may still exist; apply or undo deletes it" if server else SERVER_DELETED


def failed_tests(records: Records) -> list[FailedTest]:
    """The smoke tests whose last run failed, oldest first. A later undo of their target's changes discards them."""
    begun: dict[tuple[str, str], Mapping[str, Any]] = {}
    failed: dict[tuple[str, str], Mapping[str, Any]] = {}
    open_keys: set[tuple[str, str]] = set()
    for record in records:
        what, key = record["what"], (str(record.get("target", "")), str(record.get("id", "")))
        if what == "intent" and record.get("smoke_test"):
            begun[key] = record.get("fields") or {}
            open_keys.add(key)
        elif what in ("receipt", "no_effect", "undone"):
            open_keys.discard(key)
        if what == "failed" and key in begun:
            failed[key] = record
        elif what == "receipt":
            failed.pop(key, None)
        elif what == "proven" or (what == "undone" and key not in begun):
            failed = {other: row for other, row in failed.items() if other[0] != key[0]}
    return [_failed_test(key, row, begun[key], key in open_keys) for key, row in failed.items()]


def _failed_test(key: tuple[str, str], row: Mapping[str, Any], fields: Mapping[str, Any], is_open: bool) -> FailedTest:
    target, id = key
    texts = {name: str(row.get(name, "")) for name in ("step", "time", "code", "error", "remedy", "subject")}
    server = str(fields.get("name", id)) if is_open else ""
    return FailedTest(**texts, target=target, id=id, on_vcenter=fields.get("side") == "vmware", server=server)


def findings_of_failed_tests(records: Records, target: str) -> dict[str, tuple[Finding, ...]]:
    """Step id -> the findings about the target's smoke tests whose last run failed."""
    found: dict[str, tuple[Finding, ...]] = {}
    for test in failed_tests(records):
        if test.target == target:
            found[test.step] = (*found.get(test.step, ()), test.finding)
    return found
