"""Creates findings of the engine itself, and findings from errors, so that each failure has a code and a remedy."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from mhv_tui.core.errors import FindingError, MhvError, SecretMissing
from mhv_tui.core.findings import OF_A_PAGE, SMOKE_TEST_CODE, WAITING, Finding, Level
from mhv_tui.core.text import join_names, without_capital

TITLES = {
    "WZ06": "Each object is the one that the last apply used",
    "WZ08": "Every required answer of this page is set",
    "WZ09": "The check ends without a program error",
    "WZ10": "All steps that this step requires are checked",
    "WZ11": "Every change ended without an error",
    "WZ12": "Nothing uses the objects that undo removes",
    "WZ13": "No change that undo keeps requires this one",
    "WZ14": "This version knows the kind of every change",
    "WZ15": "The journal of the session is complete",
    "WZ16": "mhv-tui can write its files to disk",
    "WZ18": "Every answer of this page is valid",
    SMOKE_TEST_CODE: "A server boots on each hypervisor",
}
"""Code -> title of the findings of the engine; the catalogue has the same titles."""

DISK = "WZ16"
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Error numbers of a disk that is full, over its quota, read-only or broken."""

DEFECT = "this is a defect of mhv-tui: report it with the log of the session"
CONTINUE = "; accept this finding with a reason to continue without the check"
"""The end of the remedy of a crashed check."""

CRASH = "WZ09"
"""The code of the finding that reports a crashed check."""


def engine_finding(
    code: str, level: Level, detail: str, remedy: str = "", *, subject: str = "", fatal: bool = False
) -> Finding:
    """A finding of the engine itself. `code` is one of TITLES."""
    return Finding(code, level, TITLES[code], detail, remedy, subject, fatal=fatal)


def waiting_finding(needed: Sequence[str], before: Iterable[tuple[str, Sequence[Finding]]]) -> Finding:
    """The finding WZ10 of a page that needs the results of other pages, and which of them to complete first.

    `before`: the id and the findings of each page that was checked before.
    """
    found = dict(before)
    skipped = {f.code: f for f in found.get(needed[0], ()) if f.level == "skipped" and f.code in OF_A_PAGE}
    if WAITING in skipped:  # that page waits too
        remedy = without_capital(skipped[WAITING].remedy)
    else:
        remedy = f"{'complete' if skipped else 'solve the problem on'} the page {needed[0]} first"
    detail = f"not checked: this page needs the results of {join_names(needed)}; {remedy}"
    return engine_finding(WAITING, "skipped", detail, remedy)


def no_verdict(code: str) -> Finding:
    """The finding (level unknown) for a check that gave no finding; `code` is the code of this check."""
    title, detail = f"The check {code} gives a result", f"the check {code} gave no result"
    return Finding(code, "unknown", title, detail, DEFECT)


def secret_finding(missing: SecretMissing) -> Finding:
    """The finding WZ08: the value of a needed secret is not available."""
    return engine_finding("WZ08", "failure", missing.message, missing.remedy or f"answer {missing.key}", fatal=True)


def crash_finding(step: str, error: Exception) -> Finding:
    """The finding that reports a crashed check of a step."""
    detail = f"a check of the step {step} crashed: {type(error).__name__}: {error}"
    return engine_finding(CRASH, "failure", detail, f"{DEFECT}{CONTINUE}")


def is_disk_error(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in DISK_ERRORS


def disk_sentence(error: OSError) -> str:
    """A sentence about a disk error: `no space left on MOUNT_POINT: FILE cannot be written`, or another reason."""
    name = str(error.filename) if isinstance(error.filename, (str, bytes)) else "a file"
    if error.errno != errno.ENOSPC:
        return f"{name} cannot be written: {error.strerror}"
    place = next((p for p in (Path(name), *Path(name).parents) if p.is_absolute() and p.is_mount()), "the disk")
    return f"no space left on {place}: {name} cannot be written"


def finding_of(error: Exception, next_step: str) -> Finding:
    """The finding for an error that ended a change or its undo.

    `next_step` is the remedy for errors without a remedy, such as "run again to continue, or undo".
    """
    if isinstance(error, FindingError):
        return replace(error.finding, level="failure", remedy=error.finding.remedy or next_step)
    if isinstance(error, SecretMissing):
        return secret_finding(error)
    if isinstance(error, MhvError):
        return engine_finding("WZ11", "failure", error.message, error.remedy or next_step)
    if isinstance(error, OSError) and is_disk_error(error):
        return engine_finding(
            DISK, "failure", disk_sentence(error), f"free space on the disk or repair the disk; {next_step}"
        )
    detail = f"mhv-tui crashed: {type(error).__name__}: {error}"
    return engine_finding("WZ11", "failure", detail, f"{DEFECT}; {next_step}")
