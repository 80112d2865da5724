"""Our own errors: each is a sentence for the operator. The adapters translate the errors of vendor libraries.

MhvError                 a sentence, with the remedy if there is one
├── UsageError           wrong usage or answers (exit 2)
├── FindingError         a system refused or failed; carries the finding with its code
├── SecretMissing        a reference to a secret cannot be resolved
└── Cancelled            the operator or a signal ended the run between two changes
"""

from __future__ import annotations

from mhv_tui.core.findings import Finding


class MhvError(Exception):
    """Base of our errors: `message` is a sentence that an operator can act on."""

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy


class UsageError(MhvError):
    """Wrong usage, or answers that cannot be used: exit code 2. `lines` are further sentences, one each."""

    def __init__(self, message: str, remedy: str = "", lines: tuple[str, ...] = ()) -> None:
        super().__init__(message, remedy)
        self.lines = lines


class FindingError(MhvError):
    """A remote call failed; `finding` has the catalogue's code, the sentence and the remedy."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence, finding.remedy)
        self.finding = finding


class SecretMissing(MhvError):
    """A needed secret cannot be resolved; `key` is its name in the answer file ("vcenter.password")."""

    def __init__(self, key: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.key = key


class Cancelled(MhvError):
    """The run ended on request, between two changes; `exit_code` is 130, 129 or 143."""

    def __init__(self, exit_code: int = 130) -> None:
        super().__init__("cancelled")
        self.exit_code = exit_code
