"""Reads the output of a machine's package tool (apt, dnf, yum): its progress, and why it failed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError

#: Text in the package tool's output -> finding code; every other error is CN32.
PACKAGE_ERRORS: Mapping[str, str] = {
    "Could not get lock": "CN03",
    "Unable to acquire the dpkg frontend lock": "CN03",
    "dpkg was interrupted": "CN04",
    "Unable to locate package": "CN05",
    "has no installation candidate": "CN05",
    "Failed to fetch": "CN05",
    "Temporary failure resolving": "CN05",
    "No match for argument": "CN05",
    "No space left on device": "CN17",
}


PERCENT = re.compile(r"[0-9]{1,3}(\.[0-9]*)?")


def purge_job(packages: Sequence[str]) -> str:
    """Returns the name of the job that purges these packages.

    Each list of packages has its own job name, so that the result of an earlier job is not taken for this one's.
    """
    return f"purge-{hashlib.sha256(' '.join(packages).encode()).hexdigest()[:12]}"


def progress(status: str) -> int:
    """Returns percent from a line of APT::Status-Fd ("dlstatus:1:33.3:..."). The download is the first 40 percent."""
    kind, _, rest = status.partition(":")
    # A package name may contain a colon ("libc6:amd64"), so take the first field that is a number.
    numbers = [field for field in rest.split(":")[1:] if PERCENT.fullmatch(field)]
    share = min(float(numbers[0]), 100.0) if numbers else 0.0
    return int({"dlstatus": share * 0.4, "pmstatus": 40 + share * 0.6}.get(kind, 0.0))


def package_failure(name: str, action: str, exit_code: str, log: str) -> FindingError:
    code = next((code for text, code in PACKAGE_ERRORS.items() if text in log), "CN32")
    errors = [line for line in log.splitlines() if line.startswith(("E:", "Error", "dpkg: error"))]
    lines = errors or [line for line in log.splitlines() if line.strip()]
    reason = "; ".join(lines[-2:]) or "the log is empty"
    end = "the job was killed" if exit_code == "killed" else f"exit code {exit_code}"
    return failure(code, f"the machine {name} did not {action} ({end}): {reason}", subject=name)
