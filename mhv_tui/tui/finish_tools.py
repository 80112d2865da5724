"""What the last page needs from the command line: the session as a report, and the report as text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from mhv_tui.core.frozen import dataclass

if TYPE_CHECKING:
    from mhv_tui.engine.report_input import ReportInput
    from mhv_tui.engine.wizard_state import WizardState


@dataclass(frozen=True)
class FinishTools:
    """The functions of the last page."""

    collect: Callable[[WizardState], ReportInput]
    """Returns the session as it is now: the results of the wizard, and what the journal contains."""
    report: Callable[[ReportInput, str], str]
    """Returns the report in the format that the suffix of a file name (such as `.md`) selects."""
