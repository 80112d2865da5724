"""Reads the output of a machine's package tool (apt, dnf, yum): its progress, and why it failed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence

from mhv_tui.adapters.failures import failure
from mhv_tui.core.errors import FindingError

#: Text in the package tool's output -> finding code; every other error is CN32. The first row counts. The locks of dnf
#: and rpm are last, because a job tries again: its output can have a lock, and after it the error that ended the job.
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
    "more space needed on": "CN17",
    "Failed to download metadata for repo": "CN05",
    "Error downloading packages": "CN05",
    "nothing provides": "CN05",
    " already locked by ": "CN03",
    "can't create transaction lock": "CN03",
}


DOWNLOAD = re.compile(r"^\(([0-9]+)/([1-9][0-9]*)\): ", re.M)
INSTALLATION = re.compile(r"^ *(?:Installing|Upgrading|Running scriptlet) *: .* ([0-9]+)/([1-9][0-9]*) *$", re.M)
"""Lines of dnf's output: how many files or packages of how many."""

ERROR = re.compile(r"E:|Error|dpkg: error|Public key for |Package \S+ is not signed")
"""The beginning of a line about an error."""

EXPLAINED = re.compile(r"[Ee]rror: ?(.*:)?")
"""An error of dnf or rpm whose cause is in the next lines."""

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


def dnf_progress(output: str) -> int:
    """Returns percent from lines such as "(3/25): NAME" and "Installing : NAME 4/25". The download is the first 40."""
    downloads = [40 * int(match[1]) // int(match[2]) for match in DOWNLOAD.finditer(output)]
    installed = [40 + 60 * int(match[1]) // int(match[2]) for match in INSTALLATION.finditer(output)]
    return max([0, *downloads, *installed])


def package_failure(name: str, action: str, exit_code: str, log: str) -> FindingError:
    code = next((code for text, code in PACKAGE_ERRORS.items() if text in log), "CN32")
    reason = _explained(log) or "; ".join(_errors(log)[-2:]) or "the log is empty"
    end = "the job was killed" if exit_code == "killed" else f"exit code {exit_code}"
    return failure(code, f"the machine {name} did not {action} ({end}): {reason}", subject=name)


def _errors(log: str) -> list[str]:
    """Returns the lines of the log that begin like an error, else all lines."""
    lines = [line for line in log.splitlines() if line.strip()]
    return [line for line in lines if ERROR.match(line)] or lines


def _explained(log: str) -> str:
    """Returns the last error of dnf or rpm with the two lines that explain it; "" if no error ends with a colon."""
    lines = [line.strip() for line in log.splitlines() if line.strip()]
    places = [place for place, line in enumerate(lines) if EXPLAINED.fullmatch(line)]
    return " ".join(lines[places[-1] : places[-1] + 3]) if places else ""
