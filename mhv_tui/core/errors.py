"""The errors of mhv-tui; each has a sentence for the operator. Adapters translate errors of vendor libraries to them.

MhvError                 base class: a sentence and an optional remedy
├── UsageError           wrong usage or answers (exit 2)
├── FindingError         a system refused or failed; has the finding with its code
├── SecretMissing        the value of a secret is not available
└── Cancelled            the operator or a signal ended the run between two changes
"""

from __future__ import annotations

from mhv_tui.core.findings import Finding


class MhvError(Exception):
    """The base class of the errors of mhv-tui; `message` is a sentence for the operator.

    `lines` are more sentences or details, one per line."""

    lines: tuple[str, ...] = ()

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(MhvError):
    """Wrong usage, or answers that cannot be used (exit code 2)."""

    def __init__(self, message: str, remedy: str = "", lines: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy)
        self.lines = lines


class FindingError(MhvError):
    """A remote call failed; `finding` has the code of the catalogue, the sentence and the remedy."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence, finding.remedy)
        self.finding = finding


class StillUsed(FindingError):
    """An undo kept an object that others use now. All else that the change did is undone."""


class SecretMissing(MhvError):
    """The value of a needed secret is not available; `key` is its name in the answer file ("vcenter.password")."""

    def __init__(self, key: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.key = key


class Cancelled(MhvError):
    """The run was stopped between two changes; `exit_code` is 130 (operator), 129 (hangup) or 143 (SIGTERM)."""

    def __init__(self, exit_code: int = 130) -> None:
        super().__init__("cancelled")
        self.exit_code = exit_code
