"""What the plan shows: the summary of all results, the fixes and acceptances, and the sentences about all of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from textual.content import Content

from mhv_tui.core.answers import Accept, fields_of
from mhv_tui.core.changes import effect_counts, effects_on_others
from mhv_tui.core.findings import Finding, Level, page_level
from mhv_tui.core.text import be, capitalised, count, imperative, join_names
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.failed_tests import failed_tests
from mhv_tui.engine.ledger import booted_since, booted_words, proof_rows
from mhv_tui.engine.plan_summary import TRIAL, PlanSummary
from mhv_tui.engine.session import mark_of
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fix_requests import places_of
from mhv_tui.tui.list_rows import RowKey, row_key
from mhv_tui.tui.render import level_counts, wrap_lines
from mhv_tui.tui.wording import fill_in, in_wizard

MUTED = "$text-muted"
"""The style of what is less important than the plan."""

HEAD_LINES = 6
"""The most lines of the head of the plan, unless its changes and what blocks them need more."""


TALL = 22
"""The number of rows from which blank rows separate the parts of the screen."""


@dataclass(frozen=True)
class PlanView:
    """All that the rows show."""

    summary: PlanSummary = field(default_factory=PlanSummary)
    fixes: Mapping[str, str] = field(default_factory=dict)
    """The id of each fix that can be requested -> what it does."""
    requested: Mapping[str, Finding] = field(default_factory=dict)
    """The id of each planned fix -> its finding."""
    pages: tuple[tuple[str, Level, str], ...] = ()
    """Id, worst level and counted checks of each page; shown if there is nothing to change."""
    begun: frozenset[str] = frozenset()
    """The ids of changes that an earlier run began and did not complete."""
    accepts: tuple[Accept, ...] = ()
    opened: frozenset[str] = frozenset()
    """The ids of the changes whose preview is shown."""
    answers: Mapping[tuple[str, RowKey], tuple[str, str]] = field(default_factory=dict)
    """Page and row key of each problem without a fix -> page and key of the answer that its remedy names."""
    keys: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """Page -> the keys of its fields."""

    def acceptance(self, finding: Finding) -> Accept | None:
        """The acceptance of a finding; its day can be over."""
        return next((row for row in self.accepts if row.code == finding.code), None)

    def in_wizard(self, step: str, finding: Finding) -> Finding:
        """A finding of a page whose remedy has the words of the wizard, as on its page."""
        return replace(finding, remedy=in_wizard(finding.remedy, step, self.keys.get(step, ())))

    def to_field(self, step: str, finding: Finding) -> str:
        """What `f` is for on a problem without a fix whose remedy names an answer; "" on another one."""
        page, key = self.answers.get((step, row_key(finding)), ("", ""))
        return fill_in(key if page == step else f"{page}.{key}") if key else ""


def view_of(state: WizardState, results: Sequence[StepResult], opened: frozenset[str]) -> PlanView:
    """The view of some results, in the order of the flow. `opened`: the ids of the changes whose preview is shown."""
    findings = [finding for result in results for finding in result.findings]
    entries = state.session.journal.not_undone()
    is_complete = len(results) == len(state.flow)
    return PlanView(
        summary=PlanSummary.of(results),
        fixes={change.id: change.summary for result in results for change in result.fixes},
        requested={f.fix: f for f in findings if f.fix and f.level == "missing"},
        pages=tuple((r.step.id, page_level(r.findings), level_counts(r.findings)) for r in results if r.findings),
        begun=frozenset(e.id for e in entries if not e.complete and not e.smoke_test),
        accepts=state.answers.accepts,
        opened=opened & {change.id for result in results for change in result.plan} if is_complete else opened,
        keys={r.step.id: [key for key, _, _ in fields_of(r.step.answers)] for r in results},
        answers={(r.step.id, key): place for r in results for key, place in places_of(state, r).items()},
    )


def totals_of(state: WizardState, summary: PlanSummary) -> list[tuple[str, str]]:
    """The sentences about the plan, and about what the session has made so far, each with its style."""
    entries = [e for e in state.session.journal.not_undone() if not e.smoke_test]
    completed, begun = sum(entry.complete for entry in entries), [e.id for e in entries if not e.complete]
    earlier = state.session.journal.last("approved") or {}
    approved: Mapping[str, str] = earlier.get("changes", {})
    has_same_answers = earlier["answers"] == mark_of(state.answers) if "answers" in earlier else None
    known = state.session.journal.completed_ids()
    planned = {change.id for _, change in summary.changes}
    gone = no_longer_needed(approved, known | planned | set(begun), has_same_answers)
    in_place = [] if summary.is_blocked else [id for id in begun if id not in planned]
    sentences = [
        (summary.planned, ""),
        (summary.blocked, "bold $text-error"),
        (summary.not_known, "$text-warning"),
        (made_so_far(completed, len(begun) - len(in_place)), MUTED),
        (nothing_left_of(len(in_place), [approved[id] for id in in_place if id in approved]), MUTED),
        ("" if summary.is_blocked else gone, MUTED),
    ]
    if not (summary.changes or summary.is_blocked):
        sentences.append((_tests(state), ""))
    return [sentence for sentence in sentences if sentence[0]]


def head_of(sentences: Sequence[tuple[str, str]], progress: str, width: int) -> Content:
    """The head of the plan: whole sentences, then how far a check is.

    Without room for all in HEAD_LINES, the last sentences about what the session has made are left out.
    """
    head = [*sentences, *([(progress, MUTED)] if progress else [])]
    history = [sentence for sentence in sentences if sentence[1] == MUTED]
    while history and len(wrap_lines(" ".join(text for text, _ in head), width, "")) > HEAD_LINES:
        head.remove(history.pop())
    return Content(" ").join(Content.styled(text, style) for text, style in head)


def _tests(state: WizardState) -> str:
    records = state.session.journal.records()
    last, proofs = state.last_smoke_tests(), proof_rows(records)
    if failed := failed_tests(records):
        return f"A test failed on {failed[-1].day} ({failed[-1].code}); ^G tests again."
    booted = capitalised(booted_words(booted_since(records)))
    if last and proofs and not proofs[-1].holds:
        return f"{booted} since the last change; ^G boots them."
    if last:
        return f"The test servers booted on {last[0]}; ^G boots them again."
    return f"{booted} yet; ^G boots them."


def made_so_far(completed: int, begun: int) -> str:
    """A sentence about the changes that the session has completed and begun; "" if there are none."""
    sentence = f"This session has made {count(completed, 'change')}." if completed else ""
    half = f"{count(begun, 'change')} {be(begun)} begun and not completed." if begun else ""
    return " ".join(filter(None, (sentence, half)))


def nothing_left_of(number: int, summaries: Sequence[str]) -> str:
    """A sentence about changes that were begun and are not planned again; "" if there are none."""
    begun = f"{count(number, 'change')} {be(number)} begun and not completed, with nothing left to do"
    return f"{': '.join(filter(None, (begun, join_names(summaries, 2))))}." if number else ""


WHY_GONE: Mapping[bool | None, str] = {
    True: "the result is there already, brought by another change or a package",
    False: "the answers have changed since then",
    None: "the result is there already, or the answers have changed since then",
}
"""True if the answers are those of the last approved plan, None if that is not known -> why a change is gone."""


def no_longer_needed(approved: Mapping[str, str], known: Set[str], has_same_answers: bool | None) -> str:
    """A sentence about changes of the last approved plan that are neither made nor planned; "" if there are none.

    A change that was made can bring what another one would make, such as a package that writes an option.
    """
    names = [text for id, text in approved.items() if id not in known]
    changes = f"{count(len(names), 'change')} of the earlier plan {be(len(names))} not needed any more"
    return f"{changes} ({join_names(names, 2)}): {WHY_GONE[has_same_answers]}." if names else ""


def question(summary: PlanSummary) -> str:
    """The question before apply: a trial, the number of changes, their effects on others, what undo cannot restore."""
    number, trial = len(summary.changes), f"{TRIAL}\n" if summary.has_trial else ""
    if not number:
        return f"Boot one server on each hypervisor now, and delete it?\n\n{trial}".rstrip()
    accepted = len(summary.accepted)
    make = "Make this change now?" if number == 1 else f"Make these {number} changes now?"
    rest = f"\n{count(accepted, 'accepted problem')} will remain." if accepted else ""
    changes = [change for _, change in summary.changes]
    more = "".join(f"\n{sentence}" for sentence in (summary.tests, summary.more) if sentence)
    losses = "".join(f"\n{imperative(change.summary)}. {change.no_undo}" for change in changes if change.no_undo)
    return f"{make}\n\n{trial}{capitalised(effect_counts(changes))}.\n{effects_on_others(changes)}{losses}{more}{rest}"
