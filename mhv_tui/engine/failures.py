"""Findings of the engine itself, and the finding of any error, so that each failure has a code and a remedy."""

from __future__ import annotations

import errno
from dataclasses import replace
from pathlib import Path

from mhv_tui.core.errors import FindingError, MhvError, SecretMissing
from mhv_tui.core.findings import Finding, Level

TITLES = {
    "WZ08": "Every required answer of this page is set",
    "WZ09": "The check ends without a program error",
    "WZ10": "All steps that this step requires are checked",
    "WZ11": "Every change ended without an error",
    "WZ12": "Nothing uses the objects that undo removes",
    "WZ13": "No change that undo keeps requires this one",
    "WZ14": "This version knows the kind of every change",
    "WZ15": "The journal of the session is complete",
    "WZ16": "mhv-tui can write its files to disk",
    "PR01": "A server boots on each hypervisor",
}
"""The titles of the engine's own findings, equal to those of the catalogue."""

DISK = "WZ16"
DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EIO)
"""Error numbers of a disk that is full, over its quota, read-only or broken."""

DEFECT = "this is a defect of mhv-tui: report it with the session's log"


def engine_finding(
    code: str, level: Level, detail: str, remedy: str = "", *, subject: str = "", fatal: bool = False
) -> Finding:
    """A finding of the engine itself. `code` is one of TITLES."""
    return Finding(code, level, TITLES[code], detail, remedy, subject, fatal=fatal)


def no_verdict(code: str) -> Finding:
    """The finding of a check of this code that gave none: nothing is known, so its page is not ok."""
    title, detail = f"The check of {code} gives a verdict", f"the check of {code} gave no verdict"
    return Finding(code, "unknown", title, detail, DEFECT)


def secret_finding(missing: SecretMissing) -> Finding:
    """WZ08: a secret is needed and cannot be resolved."""
    return engine_finding("WZ08", "failure", missing.message, missing.remedy or "give the secret", fatal=True)


def is_disk_error(error: Exception) -> bool:
    return isinstance(error, OSError) and error.errno in DISK_ERRORS


def disk_sentence(error: OSError) -> str:
    """`no space left on MOUNT_POINT: FILE cannot be written`, or another reason of the disk."""
    name = str(error.filename) if isinstance(error.filename, (str, bytes)) else "a file"
    if error.errno != errno.ENOSPC:
        return f"{name} cannot be written: {error.strerror}"
    place = next((p for p in (Path(name), *Path(name).parents) if p.is_absolute() and p.is_mount()), "the disk")
    return f"no space left on {place}: {name} cannot be written"


def finding_of(error: Exception, next_step: str) -> Finding:
    """The finding of an error that ended a change or its undo.

    `next_step` is the remedy if the error has none, such as "run again to continue, or undo".
    """
    if isinstance(error, FindingError):
        return replace(error.finding, level="failure", remedy=error.finding.remedy or next_step)
    if isinstance(error, SecretMissing):
        return secret_finding(error)
    if isinstance(error, MhvError):
        return engine_finding("WZ11", "failure", error.message, error.remedy or next_step)
    if isinstance(error, OSError) and is_disk_error(error):
        return engine_finding(DISK, "failure", disk_sentence(error), f"make room on the disk or fix it; {next_step}")
    detail = f"it crashed: {type(error).__name__}: {error}"
    return engine_finding("WZ11", "failure", detail, f"{DEFECT}; {next_step}")
