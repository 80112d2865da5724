"""The options `--accept` and `--fix`. They are checked before the run and saved with the session's answers, so that an
exported answer file repeats the run. The operator is warned if they have no effect.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Sequence
from datetime import UTC, date, datetime

from mhv_tui.cli import preflight
from mhv_tui.cli.output import say
from mhv_tui.core.answers import Accept, Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class OverrideOptions:
    """The acceptances and fixes of one command line."""

    accepts: tuple[Accept, ...] = ()
    fatal: tuple[str, ...] = ()
    """The codes of --accept whose findings cannot be accepted."""
    fixes: tuple[str, ...] = ()

    def added_to(self, answers: Answers, today: date) -> Answers:
        """Returns the answers with these acceptances and fixes added. An equal acceptance stays as it is."""
        rows = answers.accepts
        for new in self.accepts:
            if not any(_is_same(row, new, today) for row in rows):
                rows = (*(row for row in rows if row.code != new.code), new)
        fixes = tuple(dict.fromkeys((*answers.fixes, *self.fixes)))
        return dataclasses.replace(answers, accepts=rows, fixes=fixes)

    def report_fatal(self) -> None:
        """Warns, before the run, about acceptances of fatal findings, which have no effect."""
        for code in self.fatal:
            say(f"mhv-tui: --accept {code} has no effect: apply cannot work while this check fails", sys.stderr)

    def report_ineffective(self, findings: Sequence[KeyedFinding], saved: Sequence[Accept]) -> None:
        """Warns, after the run, about acceptances that had no effect, and about such [[accept]] rows in `saved`."""
        for code in dict.fromkeys(row.code for row in self.accepts):
            failures = [f for _, f in findings if f.code == code and (f.stops or f.accepted)]
            reason = "this problem cannot be accepted" if failures else "no check failed with this code"
            if not any(f.accepted for f in failures):
                say(f"mhv-tui: --accept {code} had no effect: {reason}", sys.stderr)
        stopping = {f.code for _, f in findings if f.stops and not f.can_be_accepted}
        for code in sorted({row.code for row in saved} & stopping - {row.code for row in self.accepts}):
            problem = "this problem cannot be accepted, because apply cannot work without it"
            say(f"mhv-tui: [[accept]] {code} has no effect: {problem}. Fix the cause and remove this row.", sys.stderr)


def override_options(accepts: Sequence[str], fixes: Sequence[str]) -> OverrideOptions:
    """Parses `accepts` (CODE=REASON) and `fixes` (CODE).

    Raises UsageError without a reason, for an unknown code, or a code without a fix.
    """
    rows = tuple(_accept(row) for row in accepts)
    preflight.check_codes((*fixes, *(row.code for row in rows)))
    preflight.check_fixes(fixes)
    from mhv_tui.domain import catalogue

    fatal = tuple(row.code for row in rows if not catalogue.ENTRIES[row.code].can_be_accepted)
    return OverrideOptions(tuple(row for row in rows if row.code not in fatal), fatal, tuple(fixes))


def _accept(row: str) -> Accept:
    code, _, reason = row.partition("=")
    if not reason.strip():
        raise UsageError(f"--accept {row} gives no reason", "write --accept CODE=REASON")
    return Accept(code, reason.strip())


def today() -> date:
    """Returns this machine's day in UTC, as in the journal. Acceptances end by it, also those of a simulated cloud."""
    return datetime.now(UTC).date()


def _is_same(row: Accept, new: Accept, today: date) -> bool:
    return (row.code, row.reason) == (new.code, new.reason) and (row.until is None or row.until >= today)
