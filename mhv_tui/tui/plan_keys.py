"""The keys of the plan: which act on a row, what they do there, and why another key does nothing."""

from __future__ import annotations

from collections.abc import Sequence

from mhv_tui.core.findings import Finding
from mhv_tui.engine.plan_summary import PlanSummary
from mhv_tui.tui.keys import CANCEL_FIX, CHECK_AGAIN, F1_HELP
from mhv_tui.tui.list_rows import row_key
from mhv_tui.tui.plan_rows import PlanRow
from mhv_tui.tui.plan_view import PlanView
from mhv_tui.tui.render import CHANGE, COPIED, SHOWN, KeyHint
from mhv_tui.tui.wording import FILL_IN

SIGNS_HELP = "The sign of a change: + create, ~ edit, - delete.\n"

PROBLEM_HELP = """On a problem or a warning:
  Enter            open its page; Esc there comes back here
  x                explain it; f and a also act there
  f                add the fix to the plan; go to the next fix;
                   without a fix: go to the field to fill in
  a                accept a problem, with a reason and a last day
  y                copy it
"""
ACCEPTED_HELP = """On an accepted problem:
  Enter, x         open its page; explain it
  a                withdraw the acceptance
"""
CHANGE_HELP = """On a change:
  Enter, x         show or hide what it does
  Right, Left      show it, hide it
  Down, Up         next row; through an open change that is
                   longer than the screen line by line
  f                cancel a planned fix
  y                copy it
"""
EVERYWHERE_HELP = """
Everywhere:
  F2, n            next problem or warning; without one, the
                   next unknown
  o                show or hide what all changes do
  Ctrl+G           make all changes; asks first
  s                save the plan as a text file
  Ctrl+R           check all pages again, also if a check hangs
  Tab, Shift+Tab   next or previous part: what blocks, changes,
                   warnings; or scroll a long explanation at the
                   right: Tab there goes back to the list
  Esc              close the open changes, else back to the page
  Ctrl+P           back to the page
  Ctrl+Q, Ctrl+C   quit; answers are saved as you type, but never
                   a typed password; Ctrl+C closes a dialog
"""

NOT_ACCEPTABLE = "{code} cannot be accepted: apply cannot work without it. Fix the cause."
NO_FIX = "{code} has no fix that mhv-tui can make: Enter opens its page, x explains it."
NOTHING_TO_ACCEPT = "{code} does not block the changes: there is nothing to accept."
NO_EXPLANATION = "This row has no problem and no change to explain."
NO_FINDING = "This row has no problem: f and a act on problems."
NOT_A_PROBLEM = "This is a planned change, not a problem: there is nothing to accept."
NOT_A_FIX = "This change is no fix to cancel: it stays in the plan as long as the answers need it."
ALREADY_ACCEPTED = "{code} is accepted: press a to withdraw the acceptance first."
STILL_CHECKING = "The plan is being checked: press ^G again when it is complete."
CHECKED = "The check of the plan is complete: press ^G again."
NO_QUESTION = "^G asks whether to make the changes."
NOTHING_TO_COPY = "This row has no problem and no change to copy."
BLOCKED = "{blocked}. Solve {them} first."
ACCEPTABLE = "{blocked}. Solve or accept {them} first."
UNANSWERED = "{blocked}. Answer these first."
NO_PROBLEM = "The plan has no problem and no warning."
NO_NEXT = "No page follows the plan: ^G makes the changes, Esc goes back."
NO_PREVIEW = "The plan has no change to show."


def help_text(row: PlanRow | None) -> str:
    """The keys of the plan, first those of the current row."""
    change, finding = row and row.change, row and row.finding
    first = CHANGE_HELP if change else ACCEPTED_HELP if finding and finding.accepted else PROBLEM_HELP
    others = [text for text in (PROBLEM_HELP, ACCEPTED_HELP, CHANGE_HELP) if text != first]
    return "".join((first, *others, EVERYWHERE_HELP, "\n", SIGNS_HELP))


def blocked_reason(summary: PlanSummary) -> str:
    """Why `^G` makes no change: what must be solved or answered first."""
    problems = ACCEPTABLE if summary.can_be_accepted else BLOCKED
    them = "it" if len(summary.problems) == 1 else "them"
    return (problems if summary.problems else UNANSWERED).format(blocked=summary.blocked.partition(".")[0], them=them)


def fixable(view: PlanView, row: PlanRow) -> Finding | None:
    """The finding whose fix `f` would request or cancel on a row; None if there is none."""
    if row.change:
        return view.requested.get(row.change.id)
    finding = row.finding
    return finding if finding and not finding.accepted and finding.fix in view.fixes else None


def answer_of(view: PlanView, row: PlanRow) -> tuple[str, str] | None:
    """Page and key of the answer to which `f` goes on a problem without a fix; None if its remedy names none."""
    return view.answers.get((row.step, row_key(row.finding))) if row.finding else None


def next_fixable(view: PlanView, row: PlanRow, finding: Finding, others: Sequence[PlanRow]) -> str:
    """The key of the row that becomes current if `f` acts on a row with this finding.

    The next row with a fix, one of the same code first, so that the cursor stays at its place; else the finding's own.
    `others`: the other rows, from the one below on.
    """
    if row.change:
        return f"problem {row.step} {finding.code} "
    rows = [(o.finding.code, o.key) for o in others if o.finding and fixable(view, o) and o.finding.fix != finding.fix]
    same = [key for code, key in rows if code == finding.code]
    return next(iter([*same, *(key for _, key in rows)]), f"change {finding.fix}")


def no_fix_reason(row: PlanRow) -> str:
    """Why `f` does nothing on a row."""
    if row.finding is None:
        return NOT_A_FIX if row.change else NO_FINDING
    return (ALREADY_ACCEPTED if row.finding.accepted else NO_FIX).format(code=row.finding.code)


def not_acceptable_reason(row: PlanRow | None) -> str:
    """Why the finding of a row cannot be accepted; "" if it can."""
    finding = row.finding if row else None
    if finding is None:
        return NOT_A_PROBLEM if row and row.change else NO_FINDING
    if finding.level != "failure" or finding.tested_again:
        return NOTHING_TO_ACCEPT.format(code=finding.code)
    return "" if finding.can_be_accepted else NOT_ACCEPTABLE.format(code=finding.code)


def copied(row: PlanRow | None) -> str:
    """What `y` says when it has copied the change or the finding of a row, or if there is nothing to copy."""
    if row is None or row.shown is None:
        return NOTHING_TO_COPY
    copy = COPIED.format(name=row.finding.code if row.finding else CHANGE)
    return f"{copy} {NO_QUESTION if row.change else SHOWN}"


def row_keys(view: PlanView, row: PlanRow | None) -> list[KeyHint]:
    """The keys that act on a row, and what they do."""
    if row is None:
        return []
    enter = ("close" if row.change.id in view.opened else "open") if row.change else "page"
    return [KeyHint("Enter", enter), *finding_keys(view, row)]


def finding_keys(view: PlanView, row: PlanRow) -> list[KeyHint]:
    """The keys that act on the finding of a row, or on its planned fix, also in its explanation."""
    fix = [CANCEL_FIX if row.change else KeyHint("f", "fix")] if fixable(view, row) else []
    fix = fix or ([KeyHint("f", FILL_IN)] if answer_of(view, row) else [])
    finding = row.finding
    accept = [KeyHint("a", "withdraw" if finding.accepted else "accept")] if finding and finding.can_be_accepted else []
    return [*fix, *accept]


def explanation_keys(view: PlanView, row: PlanRow) -> list[KeyHint]:
    """The keys that act on the finding of a row in its explanation; `f` names the fix, or the field to fill in."""
    finding = row.finding
    fix = view.fixes.get(finding.fix or "", "") if finding else ""
    names = {"fix": fix, FILL_IN: view.to_field(row.step, finding) if finding else ""}
    return [KeyHint(hint.key, names.get(hint.does) or hint.does) for hint in finding_keys(view, row)]


def all_keys(view: PlanView, row: PlanRow | None, can_apply: bool) -> list[KeyHint]:
    """The keys that act on the plan, the most important ones first."""
    apply = [KeyHint("^G", "apply" if view.summary.changes else "boot test servers")] if can_apply else []
    changes = [KeyHint("o", "close all" if view.opened else "open all")] if view.summary.changes else []
    return [
        *row_keys(view, row),
        *apply,
        KeyHint("Esc", "close" if view.opened else "back"),
        *([*changes, CHECK_AGAIN] if can_apply else [CHECK_AGAIN, *changes]),
        KeyHint("s", "save"),
        *([KeyHint("y", "copy")] if row and row.shown else []),
        F1_HELP,
        KeyHint("^Q", "quit"),
    ]
