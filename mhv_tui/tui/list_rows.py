"""The rows of the findings list: their keys, how they are grouped and filtered, and which one follows a fix."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding, Level
from mhv_tui.engine.check import StepResult
from mhv_tui.tui.folds import Fold
from mhv_tui.tui.keys import CANCEL_FIX
from mhv_tui.tui.render import ACTIONABLE, KeyHint, level_counts, level_word
from mhv_tui.tui.wording import fill_in

ListRow = Finding | Fold | Change
RowKey = tuple[str, str, str]
"""What identifies a row also after another check."""


NOT_KNOWN = " · changes not known"
"""The end of the numbers of a page whose changes its problems hide."""

NOT_CHECKED = "not checked yet"
"""The heading of a page that lacks answers or waits for another page."""


def page_counts(result: StepResult, findings: Sequence[Finding]) -> str:
    """Returns the numbers of a page's findings and changes, for its heading. `findings`: as the page shows them."""
    is_unplanned = result.step.has_changes and result.stops and not (result.plan or result.unchecked)
    counts = level_counts([f for f in findings if f.level != "ok" or not is_unplanned], len(result.plan))
    return f"{counts}{NOT_KNOWN}" if is_unplanned else counts or NOT_CHECKED


def needs_reading(row: Finding | Fold, levels: Sequence[Level]) -> bool:
    """True if a finding, or those that the row counts, has one of these levels and is not accepted."""
    return row.level in levels and (isinstance(row, Fold) or not row.accepted)


def has_open_fix(finding: Finding) -> bool:
    """True if a problem has a fix that is not requested yet."""
    return bool(finding.fix) and finding.level in ACTIONABLE and not finding.accepted


def grouped(findings: Sequence[Finding]) -> Iterator[tuple[Finding, ...]]:
    """The findings of each code and level together, at the place of the first one; each failure alone."""
    groups: dict[tuple[str, str, int], list[Finding]] = {}
    for number, finding in enumerate(findings):
        key = (finding.level, finding.code, number if finding.level == "failure" else 0)
        groups.setdefault(key, []).append(finding)
    return map(tuple, groups.values())


def row_key(row: ListRow) -> RowKey:
    """The key of a row."""
    if isinstance(row, Fold):
        return (row.level, row.code, "")
    if isinstance(row, Change):
        return (row.id, "", "")
    return (row.code, row.subject, row.title)


def finding_keys(finding: Finding, fix: str, answer: str) -> Sequence[KeyHint]:
    """The keys that act on a finding. `fix`: what its fix does; `answer`: the one that its remedy names; or ""."""
    if finding.accepted:
        return (KeyHint("a", "withdraw"),)
    if finding.level == "missing" and finding.fix:
        return (CANCEL_FIX,)
    keys = [KeyHint("f", fix)] if fix and finding.level in ACTIONABLE else []
    keys += [KeyHint("f", fill_in(answer))] if answer else []
    return [*keys, KeyHint("a", "accept")] if finding.can_be_accepted else keys


def searched(finding: Finding) -> str:
    """The text of a finding that the filter searches, in lower case."""
    names = (finding.code, finding.level, level_word(finding.level), finding.subject)
    return " ".join((*names, finding.headline, finding.subline, finding.remedy)).lower()


def _finding_keys(row: Finding | Fold) -> list[RowKey]:
    return [row_key(finding) for finding in (row.findings if isinstance(row, Fold) else [row])]


def next_fixable(rows: Sequence[ListRow], place: int, findings: Sequence[Finding]) -> Finding | Fold | None:
    """The row below the row `place`, else above it, that still has a fix: one of the same code, else another one.

    A row that counts findings is one of them unless its findings are rows too.

    `findings`: those of the newest check. None if no finding of the rows has a fix that is not requested yet.
    """
    open_keys = {row_key(f) for f in findings if has_open_fix(f)}
    others = [*rows[place + 1 :], *rows[:place]]
    candidates = [
        row for row in others if not isinstance(row, Change) and not (isinstance(row, Fold) and row.findings[0] in rows)
    ]
    fixable = [row for row in candidates if open_keys.intersection(_finding_keys(row))]
    code = row.code if isinstance(row := rows[place], Finding | Fold) else ""
    return next((f for f in fixable if f.code == code), next(iter(fixable), None))
