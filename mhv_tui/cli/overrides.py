"""`--accept` and `--fix`: checked before anything else, saved with the session's answers so that an exported file
repeats the run, and reported if they have no effect.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mhv_tui.cli import preflight
from mhv_tui.cli.output import say
from mhv_tui.core.answers import Accept, Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import KeyedFinding


@dataclass(frozen=True)
class OverrideOptions:
    """The acceptances and fixes of one command line."""

    accepts: tuple[Accept, ...] = ()
    fatal: tuple[str, ...] = ()
    """Codes of --accept that cannot be accepted."""
    fixes: tuple[str, ...] = ()

    def added_to(self, answers: Answers, today: date) -> Answers:
        """The answers with these added. An equal row stays as it is."""
        rows = answers.accepts
        for new in self.accepts:
            if not any(_is_same(row, new, today) for row in rows):
                rows = (*(row for row in rows if row.code != new.code), new)
        fixes = tuple(dict.fromkeys((*answers.fixes, *self.fixes)))
        return dataclasses.replace(answers, accepts=rows, fixes=fixes)

    def report_fatal(self) -> None:
        """Before the run: reports acceptances of fatal findings, which have no effect."""
        for code in self.fatal:
            say(f"mhv-tui: --accept {code}: cannot be accepted: apply cannot work without it", sys.stderr)

    def report_ineffective(self, findings: Sequence[KeyedFinding]) -> None:
        """After the run: reports acceptances that had no effect."""
        for code in dict.fromkeys(row.code for row in self.accepts):
            failures = [f for _, f in findings if f.code == code and f.level == "failure"]
            reason = "this failure cannot be accepted" if failures else "nothing failed with it"
            if not any(f.accepted for f in failures):
                say(f"mhv-tui: --accept {code}: {reason}", sys.stderr)


def override_options(accepts: Sequence[str], fixes: Sequence[str]) -> OverrideOptions:
    """Parses CODE=REASON and CODE. Raises UsageError if a reason is missing, or a code is unknown or has no fix."""
    rows = tuple(_accept(row) for row in accepts)
    preflight.check_codes((*fixes, *(row.code for row in rows)))
    preflight.check_fixes(fixes)
    from mhv_tui.domain import catalogue

    fatal = tuple(row.code for row in rows if catalogue.ENTRIES[row.code].fatal)
    return OverrideOptions(tuple(row for row in rows if row.code not in fatal), fatal, tuple(fixes))


def _accept(row: str) -> Accept:
    code, _, reason = row.partition("=")
    if not reason.strip():
        raise UsageError(f"--accept {row} gives no reason", "write --accept CODE=REASON")
    return Accept(code, reason.strip())


def _is_same(row: Accept, new: Accept, today: date) -> bool:
    return (row.code, row.reason) == (new.code, new.reason) and (row.until is None or row.until >= today)
