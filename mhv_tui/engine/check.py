"""Checks steps in order (probe, preconditions, postconditions, plan) and emits the results. Changes nothing.

A check that crashes (WZ09) or gives no finding is itself reported as a finding. A step is skipped if answers are
missing (WZ08), or if steps that it requires could not be checked (WZ10).
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import field, replace
from datetime import date
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context, Same
from mhv_tui.core.errors import Cancelled, FindingError, SecretMissing
from mhv_tui.core.events import CheckFinished, CheckStarted, FindingReported, Listener
from mhv_tui.core.findings import OF_A_PAGE, Finding
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.matrix import Matrix
from mhv_tui.core.steps import Check, PageView, Step
from mhv_tui.engine.failures import (
    CRASH,
    crash_finding,
    engine_finding,
    finding_of,
    is_disk_error,
    no_verdict,
    secret_finding,
    waiting_finding,
)
from mhv_tui.engine.last_tests import with_last_tests

if TYPE_CHECKING:
    from mhv_tui.core.identities import ObjectIdentity

log = logging.getLogger(__name__)

Flow = Sequence[Step[Any, Any]]


@dataclass(frozen=True)
class StepResult:
    """The result of one check of one step."""

    step: Step[Any, Any]
    findings: tuple[Finding, ...]
    facts: Any = None
    plan: tuple[Change, ...] = ()
    """The missing changes of the step; requested fixes come first, unless the step plans them in another place."""
    fixes: tuple[Change, ...] = ()
    """All fixes that the operator can request for this step."""
    view: PageView[Any, Any] | None = None
    matrix: Matrix | None = None
    """The facts of the step as a matrix; None if there is nothing to show."""

    @property
    def stops(self) -> bool:
        """True if a finding of the step stops `mhv-tui apply`."""
        return any(f.stops for f in self.findings)

    @property
    def unchecked(self) -> bool:
        """True if the step was skipped: answers are missing, or a required step could not be checked."""
        return any(f.level == "skipped" and f.code in OF_A_PAGE for f in self.findings)


def earlier_facts(results: Iterable[StepResult]) -> Mapping[str, Any]:
    """Step id -> facts, for `Context.earlier`, without steps that have no facts."""
    return MappingProxyType({r.step.id: r.facts for r in results if r.facts is not None})


@dataclass(frozen=True)
class Overrides:
    """The operator's requests: the codes of requested fixes, and code -> reason of accepted findings.

    `single_fixes` has (code, subject) of each fix that is requested for one subject only.
    """

    fixes: frozenset[str] = frozenset()
    accepts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    single_fixes: frozenset[tuple[str, str]] = frozenset()

    def requests_fix(self, finding: Finding) -> bool:
        """True if the fix of this finding is requested, for every subject or for this one."""
        return finding.code in self.fixes or (finding.code, finding.subject) in self.single_fixes

    @classmethod
    def of(cls, answers: Answers, today: date) -> Overrides:
        """The requests in the answers, without [[accept]] rows whose day `until` is over."""
        rows = [a for a in answers.accepts if a.until is None or a.until >= today]
        single = frozenset((fix.code, fix.subject) for fix in answers.single_fixes)
        return cls(frozenset(answers.fixes), MappingProxyType({a.code: a.reason for a in rows}), single)


def required_steps(flow: Flow, selected: Sequence[str]) -> list[Step[Any, Any]]:
    """The selected steps and the steps that they require, in the order of the flow; all if none is selected."""
    return _closure(flow, selected, lambda step: step.requires)


def reachable_steps(flow: Flow, selected: Sequence[str]) -> list[Step[Any, Any]]:
    """The selected steps and the steps that they require or use, in the order of the flow."""
    return _closure(flow, selected, lambda step: (*step.requires, *step.uses))


def _closure(
    flow: Flow, selected: Sequence[str], leads_to: Callable[[Step[Any, Any]], Iterable[str]]
) -> list[Step[Any, Any]]:
    by_id = {s.id: s for s in flow}
    reached: set[str] = set()
    queue = list(selected or by_id)
    while queue:
        step = queue.pop()
        if step not in reached:
            reached.add(step)
            queue += leads_to(by_id[step])
    return [s for s in flow if s.id in reached]


def check_steps(
    flow: Flow,
    ctx: Context,
    listener: Listener,
    *,
    overrides: Overrides | None = None,
    selected: Sequence[str] = (),
    run: int = 1,
    verifying: bool = False,
) -> list[StepResult]:
    """Checks the selected steps, and before them the steps that they require or use. Emits only selected steps."""
    overrides = overrides or Overrides()
    results: list[StepResult] = []
    for step in reachable_steps(flow, selected):
        shown = not selected or step.id in selected
        if shown:
            listener(CheckStarted(step.id, run, ctx.target.id))
        result = check_step(step, ctx, results, overrides, verifying)
        results.append(result)
        if shown:
            for finding in result.findings:
                listener(FindingReported(step.id, finding, run, ctx.target.id))
            listener(CheckFinished(step.id, run, ctx.target.id, result.matrix))
    return results


def check_step(
    step: Step[Any, Any], ctx: Context, before: Sequence[StepResult], overrides: Overrides, verifying: bool = False
) -> StepResult:
    """Checks one step. `before` has the results of earlier steps, whose facts this step can read."""
    ctx = replace(ctx, earlier=MappingProxyType({**ctx.earlier, **earlier_facts(before)}))
    unanswered = ctx.answers.missing(step.id)
    if unanswered:
        keys = ", ".join(f"{step.id}.{key}" for key in unanswered)
        finding = engine_finding("WZ08", "skipped", f"not answered yet: {keys}", f"answer {keys}")
        return StepResult(step, (finding,), view=_view_for_choices(step, ctx))
    unchecked = [s for s in step.requires if s not in ctx.earlier or _failed_fatally(before, s)]
    if unchecked:
        return StepResult(step, (waiting_finding(unchecked, [(r.step.id, r.findings) for r in before]),))
    answers = ctx.answers.tables[step.id]
    facts, refused = _guarded(step.id, lambda: ctx.once(_probe_key(step, ctx), lambda: step.work.probe(ctx, answers)))
    if refused:
        from mhv_tui.engine.failed_probe import finding_of_probe

        return StepResult(step, (finding_of_probe(refused, ctx.answers),))
    view, crashed = _guarded(step.id, lambda: step.view(answers, facts, ctx.answers, ctx.earlier))
    if crashed:
        return StepResult(step, (_with_acceptance(crashed, overrides),), facts)
    result = _result(step, view, overrides, verifying, ctx.identities.get(step.id, ()))
    return replace(result, findings=with_last_tests(result.findings, ctx, step.id))


def _probe_key(step: Step[Any, Any], ctx: Context) -> Hashable:
    """What the result of a probe depends on: equal for two targets if they have the same system in this step."""
    before = (*step.requires, *step.uses)
    tables = tuple(ctx.answers.tables[id] for id in (step.id, *before, *step.reads_answers))
    earlier = tuple(Same(ctx.earlier.get(id)) for id in before)
    recorded = ctx.completed_ids, frozenset(ctx.begun), ctx.proven_ports, frozenset(ctx.past_trials)
    return step.id, tables, earlier, recorded, ctx.trial_allowed


def _view_for_choices(step: Step[Any, Any], ctx: Context) -> PageView[Any, Any] | None:
    """The view for pickers if required answers are missing; None if the probe needs these answers."""
    if not step.probe_without_answers or any(s not in ctx.earlier for s in step.requires):
        return None
    answers = ctx.answers.tables[step.id]
    view, _ = _guarded(step.id, lambda: step.view(answers, step.work.probe(ctx, answers), ctx.answers, ctx.earlier))
    return cast("PageView[Any, Any] | None", view)


def _result(
    step: Step[Any, Any],
    view: PageView[Any, Any],
    overrides: Overrides,
    verifying: bool,
    recorded: Sequence[ObjectIdentity],
) -> StepResult:
    """The result of a step, computed from answers and facts without I/O."""
    preconditions = _verdicts(step, step.work.preconditions, view)
    other_objects, drift_crashed = _collected(step.id, lambda: _drift(step, view, recorded))
    fixes, fixes_crashed = _collected(step.id, lambda: step.work.fixes(view))
    early = (*preconditions, *other_objects, *drift_crashed, *fixes_crashed)
    findings = [_with_acceptance(f, overrides) for f in early]
    requested = _requested_fixes(findings, fixes, overrides)
    findings = [_missing_if_fixed(f, requested) for f in findings]
    plan: tuple[Change, ...] = ()
    if not any(f.stops for f in findings):
        changes, plan_crashed = _collected(step.id, lambda: step.work.plan(replace(view, requested_fixes=requested)))
        ids = {change.id for change in changes}
        plan = (*(fix for fix in requested if fix.id not in ids), *(() if plan_crashed else changes))
        findings += [_with_acceptance(f, overrides) for f in plan_crashed]
    can_change = bool(plan) or any(f.stops for f in findings)
    for finding in (_with_acceptance(f, overrides) for f in _verdicts(step, step.work.postconditions, view)):
        planned = finding.stops and finding.code != CRASH and can_change and not verifying
        findings.append(replace(finding, level="missing") if planned else finding)
    matrices, matrix_crashed = _collected(step.id, lambda: [step.work.matrix(view, findings)])
    findings += [_with_acceptance(f, overrides) for f in matrix_crashed]
    matrix = matrices[0] if matrices else None
    return StepResult(step, tuple(findings), view.facts, plan, tuple(fixes), view, matrix)


def _drift(step: Step[Any, Any], view: PageView[Any, Any], recorded: Sequence[ObjectIdentity]) -> Iterable[Finding]:
    if not recorded:
        return ()
    from mhv_tui.engine.identities import drift  # no new session needs it

    return drift(step.work.identities(view), recorded)


def _verdicts(step: Step[Any, Any], checks: Iterable[Check[Any, Any]], view: PageView[Any, Any]) -> list[Finding]:
    """The findings of all checks, at least one of each check, also if another check crashes."""
    return [finding for check in checks for finding in _verdict(step.id, check, view)]


def _verdict(step: str, check: Check[Any, Any], view: PageView[Any, Any]) -> list[Finding]:
    code = check.codes[0]
    rows, crashed = _collected(f"{step} ({code})", lambda: check.findings(view))
    return [*rows, *crashed] or [no_verdict(code)]


def _collected(step: str, rows: Callable[[], Iterable[Any]]) -> tuple[list[Any], list[Finding]]:
    """The rows of a generator up to a crash, and the finding that reports the crash, if any."""
    collected: list[Any] = []
    _, crashed = _guarded(step, lambda: collected.extend(row for row in rows()))
    return collected, [crashed] if crashed else []


def _guarded(step: str, work: Callable[[], Any]) -> tuple[Any, Finding | None]:
    """Calls `work` and returns (result, None), or (None, finding) if it raises an error. Raises only Cancelled."""
    try:
        return work(), None
    except FindingError as error:
        return None, error.finding
    except SecretMissing as missing:
        return None, secret_finding(missing)
    except Cancelled:
        raise
    except Exception as error:
        if is_disk_error(error):
            return None, finding_of(error, "check again")
        log.exception("the check of %s crashed", step)
        return None, crash_finding(step, error)


def _with_acceptance(finding: Finding, overrides: Overrides) -> Finding:
    reason = overrides.accepts.get(finding.code)
    return replace(finding, accepted=reason) if reason and finding.can_be_accepted else finding


def follows(result: StepResult, overrides: Overrides) -> bool:
    """False if a result does not show the accepted findings and the requested fixes of `overrides`."""
    requested = {f.fix for f in result.findings if f.fix and overrides.requests_fix(f)}
    return all(_follows(finding, result.fixes, requested, overrides) for finding in result.findings)


def _follows(
    finding: Finding, fixes: Sequence[Change], requested: Collection[str | None], overrides: Overrides
) -> bool:
    if _with_acceptance(replace(finding, accepted=""), overrides) != finding:
        return False
    if finding.level not in ("failure", "warning", "missing") or all(fix.id != finding.fix for fix in fixes):
        return True
    return (finding.level == "missing") == (finding.fix in requested)


def _requested_fixes(findings: Sequence[Finding], fixes: Sequence[Change], overrides: Overrides) -> tuple[Change, ...]:
    ids = {f.fix for f in findings if f.fix and overrides.requests_fix(f) and f.level in ("failure", "warning")}
    return tuple(change for change in fixes if change.id in ids)


def _missing_if_fixed(finding: Finding, requested: Sequence[Change]) -> Finding:
    if finding.fix and any(change.id == finding.fix for change in requested):
        return replace(finding, level="missing")
    return finding


def _failed_fatally(before: Sequence[StepResult], step: str) -> bool:
    return any(r.step.id == step and any(f.stops and f.fatal for f in r.findings) for r in before)
