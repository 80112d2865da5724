"""What `--accept` and `--fix` ask for: checked before anything else, kept with the session's answers so that the file
that is exported repeats the run, and told where it has no effect.
"""

from __future__ import annotations

import argparse
import dataclasses
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from mhv_tui import guards, headless
from mhv_tui.core.answers import Accept, Answers
from mhv_tui.core.errors import UsageError
from mhv_tui.core.findings import KeyedFinding


@dataclass(frozen=True)
class Flags:
    """The acceptances and fixes of one command line."""

    accepts: tuple[Accept, ...] = ()
    """Those that can be accepted."""
    fatal: tuple[str, ...] = ()
    """Codes that --accept names in vain."""
    fixes: tuple[str, ...] = ()

    def into(self, answers: Answers, today: date) -> Answers:
        """The answers with these among them. A row of the file that says the same already stays as it is."""
        rows = answers.accepts
        for new in self.accepts:
            if not any(_in_force(row, new, today) for row in rows):
                rows = (*(row for row in rows if row.code != new.code), new)
        fixes = tuple(dict.fromkeys((*answers.fixes, *self.fixes)))
        return dataclasses.replace(answers, accepts=rows, fixes=fixes)

    def tell_fatal(self) -> None:
        """Says at the start which acceptance can have no effect, for people."""
        for code in self.fatal:
            headless.say(f"mhv-tui: --accept {code}: it cannot be accepted, as no road leads past it", sys.stderr)

    def tell_idle(self, found: Sequence[KeyedFinding]) -> None:
        """Says at the end which acceptance had no effect, for people."""
        for code in dict.fromkeys(row.code for row in self.accepts):
            failed = [f for _, f in found if f.code == code and f.level == "failure"]
            said = "it cannot be accepted where it was found" if failed else "nothing failed with it"
            if not any(f.accepted for f in failed):
                headless.say(f"mhv-tui: --accept {code}: {said}", sys.stderr)


def flags(arguments: argparse.Namespace) -> Flags:
    """Reads them. Raises UsageError where one has no reason, or names a code that does not exist or has no fix."""
    accepts = tuple(_accept(row) for row in arguments.accept)
    fixes = tuple(getattr(arguments, "fix", ()))
    guards.known_codes((*fixes, *(row.code for row in accepts)))
    guards.fixable(fixes)
    from mhv_tui.domain import catalogue

    fatal = tuple(row.code for row in accepts if catalogue.ENTRIES[row.code].fatal)
    return Flags(tuple(row for row in accepts if row.code not in fatal), fatal, fixes)


def _accept(row: str) -> Accept:
    code, _, reason = row.partition("=")
    if not reason.strip():
        raise UsageError(f"--accept {row} gives no reason", "write --accept CODE=REASON")
    return Accept(code, reason.strip())


def _in_force(row: Accept, new: Accept, today: date) -> bool:
    return (row.code, row.reason) == (new.code, new.reason) and (row.until is None or row.until >= today)
