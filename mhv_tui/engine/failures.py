"""The findings that the engine makes itself, and the finding of every error: a failure has a code and a remedy."""

from __future__ import annotations

from dataclasses import replace

from mhv_tui.core.errors import FindingError, MhvError, SecretMissing
from mhv_tui.core.findings import Finding, Level

TITLES = {
    "WZ08": "Every required answer of this page is set",
    "WZ09": "The check itself works",
    "WZ10": "The steps this one builds on were checked",
    "WZ11": "Every change ended without an error",
    "WZ12": "Nothing uses what undo removes",
    "WZ13": "No kept change builds on this one",
    "WZ14": "This version knows the kind of every change",
    "PR01": "A server boots on each hypervisor",
}
"""Of the findings that the engine makes itself, as the catalogue has them."""

DEFECT = "this is a defect of mhv-tui: report it with the session's log"


def engine_finding(
    code: str, level: Level, detail: str, remedy: str = "", *, subject: str = "", fatal: bool = False
) -> Finding:
    """A finding that the engine makes itself. `code` is one of TITLES."""
    return Finding(code, level, TITLES[code], detail, remedy, subject, fatal=fatal)


def no_verdict(code: str) -> Finding:
    """The finding of a check of this code that gave none: nothing is known, so its page is not ok."""
    title, detail = f"The check of {code} gives a verdict", f"the check of {code} gave no verdict"
    return Finding(code, "unknown", title, detail, DEFECT)


def secret_finding(missing: SecretMissing) -> Finding:
    """WZ08: a secret is needed and cannot be resolved."""
    return engine_finding("WZ08", "failure", missing.message, missing.remedy or "give the secret", fatal=True)


def finding_of(error: Exception, next_step: str) -> Finding:
    """The finding of an error that ended a change or its undo.

    `next_step` tells the operator how to go on after an error of an unknown kind, "run again to continue, or undo".
    """
    if isinstance(error, FindingError):
        return replace(error.finding, level="failure", remedy=error.finding.remedy or next_step)
    if isinstance(error, SecretMissing):
        return secret_finding(error)
    if isinstance(error, MhvError):
        return engine_finding("WZ11", "failure", error.message, error.remedy or next_step)
    detail = f"it crashed: {type(error).__name__}: {error}"
    return engine_finding("WZ11", "failure", detail, f"{DEFECT}; {next_step}")
