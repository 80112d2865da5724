"""Our own errors: each is a sentence for the operator. The adapters translate the errors of vendor libraries.

MhvError                 a sentence, with the remedy if there is one
├── UsageError           wrong usage or answers (exit 2)
├── FindingError         a system refused or failed; carries the finding with its code
├── SecretMissing        a reference to a secret cannot be resolved
└── Cancelled            the operator, a hangup or a signal ended the run after a completed change
"""

from __future__ import annotations

from mhv_tui.core.findings import Finding


class MhvError(Exception):
    """A sentence an operator can act on."""

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
    """An outside call failed in a way the catalogue knows; `finding` has its code, sentence and remedy."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.sentence, finding.remedy)
        self.finding = finding


class SecretMissing(MhvError):
    """A secret is needed and its reference cannot be resolved; `key` is the answer file's name ("vcenter.password")."""

    def __init__(self, key: str, message: str, remedy: str = "") -> None:
        super().__init__(message, remedy)
        self.key = key


class Cancelled(MhvError):
    """Ended on request after a completed change; `exit_code` is 130, 129 or 143."""

    def __init__(self, exit_code: int = 130) -> None:
        super().__init__("cancelled")
        self.exit_code = exit_code
