"""The key `a`: accepts all problems of one code, or withdraws their acceptance, and says which ones it is about."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.answers import Accept
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState

if TYPE_CHECKING:
    from mhv_tui.tui.accept_dialog import AcceptDialog

WITHDRAWN = "The acceptance of {problems} with the code {code} is withdrawn."


class Acceptances:
    """What one screen accepts and withdraws."""

    def __init__(self, state: WizardState) -> None:
        self._state = state
        self._withdrawn: dict[str, Accept] = {}
        """Code -> the acceptance that the operator withdrew on this screen; the dialog offers it again."""

    def dialog(self, finding: Finding) -> AcceptDialog:
        """Returns the dialog that accepts a problem, and all others with its code."""
        from mhv_tui.tui.accept_dialog import AcceptDialog

        earlier = self._withdrawn.get(finding.code, self._state.answers.acceptance(finding.code))
        return AcceptDialog(finding, self._state.today(), earlier, self._number(finding.code))

    def withdraw(self, code: str) -> str:
        """Withdraws an acceptance. Returns a sentence about the problems that it accepted."""
        problems = count(self._number(code), "problem")
        if acceptance := self._state.answers.acceptance(code):
            self._withdrawn[code] = acceptance
        self._state.withdraw(code)
        return WITHDRAWN.format(problems=problems, code=code)

    def _number(self, code: str) -> int:
        """The number of problems that an acceptance of this code accepts, on all pages."""
        return sum(finding.code == code and finding.can_be_accepted for _, finding in self._state.findings())
