"""Looking: probe, needs, goals and plan of each step, in order, as events. Nothing is changed.

A crashed check is itself a finding (WZ09); a step whose answers are missing (WZ08) or whose forerunners were not
seen (WZ10) is skipped with the reason.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any, cast

from mhv_tui.core.answers import Answers
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import Cancelled, FindingError, SecretMissing
from mhv_tui.core.events import CheckFinished, CheckStarted, FindingReported, Listener
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import PageView, Step

log = logging.getLogger(__name__)

Flow = Sequence[Step[Any, Any]]


@dataclass(frozen=True)
class StepResult:
    """What one look at one step gave."""

    step: Step[Any, Any]
    findings: tuple[Finding, ...]
    facts: Any = None
    plan: tuple[Change, ...] = ()
    """Missing changes, with the fixes that were asked for in front."""
    fixes: tuple[Change, ...] = ()
    """Every fix that could be asked for."""
    look: PageView[Any, Any] | None = None

    @property
    def stops(self) -> bool:
        """True where a failure stands in the way."""
        return any(f.stops for f in self.findings)

    @property
    def unseen(self) -> bool:
        """True where it was not looked at: answers are missing, or a step before it was not seen."""
        return any(f.level == "skipped" and f.code in ("WZ08", "WZ10") for f in self.findings)


@dataclass(frozen=True)
class Overrides:
    """What the operator asked for beside the tables: fixes by code, and findings accepted with a reason."""

    fixes: frozenset[str] = frozenset()
    accepts: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def of(cls, answers: Answers, today: date) -> Overrides:
        """From the answers; an acceptance past its `until` is void."""
        rows = [a for a in answers.accepts if a.until is None or a.until >= today]
        return cls(frozenset(answers.fixes), MappingProxyType({a.code: a.reason for a in rows}))


def steps_needed(flow: Flow, wanted: Sequence[str]) -> list[Step[Any, Any]]:
    """The wanted steps and those whose facts they need, in the flow's order; all where none is named."""
    return _reached(flow, wanted, lambda step: step.requires)


def _reached(
    flow: Flow, wanted: Sequence[str], leads_to: Callable[[Step[Any, Any]], Iterable[str]]
) -> list[Step[Any, Any]]:
    by_id = {s.id: s for s in flow}
    reached: set[str] = set()
    queue = list(wanted or by_id)
    while queue:
        step = queue.pop()
        if step not in reached:
            reached.add(step)
            queue += leads_to(by_id[step])
    return [s for s in flow if s.id in reached]


def look_at(
    flow: Flow,
    ctx: Context,
    listener: Listener,
    *,
    overrides: Overrides | None = None,
    wanted: Sequence[str] = (),
    run: int = 1,
    verifying: bool = False,
) -> list[StepResult]:
    """Looks at the wanted steps, and before them at what they need or read. Events are of the wanted ones only."""
    overrides = overrides or Overrides()
    looks: list[StepResult] = []
    for step in _reached(flow, wanted, lambda step: (*step.requires, *step.uses)):
        shown = not wanted or step.id in wanted
        if shown:
            listener(CheckStarted(step.id, run))
        seen = look_at_step(step, _after(ctx, looks), looks, overrides, verifying)
        looks.append(seen)
        if shown:
            for finding in seen.findings:
                listener(FindingReported(step.id, finding, run))
            listener(CheckFinished(step.id, run))
    return looks


def _after(ctx: Context, looks: Sequence[StepResult]) -> Context:
    earlier = {**ctx.earlier, **{s.step.id: s.facts for s in looks if s.facts is not None}}
    return replace(ctx, earlier=MappingProxyType(earlier))


def look_at_step(
    step: Step[Any, Any], ctx: Context, before: Sequence[StepResult], overrides: Overrides, verifying: bool = False
) -> StepResult:
    """One step. `ctx.earlier` has the facts of the steps before it, `before` their looks."""
    unanswered = ctx.answers.missing(step.id)
    if unanswered:
        keys = ", ".join(f"{step.id}.{key}" for key in unanswered)
        finding = _engine("WZ08", "skipped", f"not answered yet: {keys}", f"answer {keys}")
        return StepResult(step, (finding,), look=_offer(step, ctx))
    unseen = [s for s in step.requires if s not in ctx.earlier or _fatal(before, s)]
    if unseen:
        first = " and ".join(filter(None, (", ".join(unseen[:-1]), unseen[-1])))
        come = "come" if len(unseen) > 1 else "comes"
        return StepResult(step, (_engine("WZ10", "skipped", f"not looked at: {first} {come} first"),))
    asked = ctx.answers.tables[step.id]
    facts, refused = _guarded(step.id, lambda: step.probe(ctx, asked))
    if refused:
        return StepResult(step, (_accepted(refused, overrides),))
    look, crashed = _guarded(step.id, lambda: step.view(asked, facts, ctx.answers, ctx.earlier))
    if crashed:
        return StepResult(step, (_accepted(crashed, overrides),), facts)
    return _read(step, look, overrides, verifying)


def _offer(step: Step[Any, Any], ctx: Context) -> PageView[Any, Any] | None:
    """What a picker can offer while required answers are missing; None where the probe needs them."""
    if not step.probe_without_answers or any(s not in ctx.earlier for s in step.requires):
        return None
    asked = ctx.answers.tables[step.id]
    look, _ = _guarded(step.id, lambda: step.view(asked, step.probe(ctx, asked), ctx.answers, ctx.earlier))
    return cast("PageView[Any, Any] | None", look)


def _read(step: Step[Any, Any], look: PageView[Any, Any], overrides: Overrides, verifying: bool) -> StepResult:
    """The pure half: findings and changes out of answers and facts."""
    needs, broken = _collected(step.id, lambda: step.preconditions(look))
    fixes, no_fixes = _collected(step.id, lambda: step.fixes(look))
    findings = [_accepted(f, overrides) for f in (*needs, *broken, *no_fixes)]
    asked_for = _asked_for(findings, fixes, overrides)
    findings = [_mended(f, asked_for) for f in findings]
    plan: tuple[Change, ...] = ()
    if not any(f.stops for f in findings):
        made, crashed = _collected(step.id, lambda: step.plan(look))
        plan = (*asked_for, *(() if crashed else made))
        findings += [_accepted(f, overrides) for f in crashed]
    goals, fell = _collected(step.id, lambda: step.postconditions(look))
    made_here = bool(plan) or any(f.stops for f in findings)
    for goal in goals:
        goal = _accepted(goal, overrides)
        findings.append(replace(goal, level="missing") if goal.stops and made_here and not verifying else goal)
    findings += [_accepted(f, overrides) for f in fell]
    return StepResult(step, tuple(findings), look.facts, plan, tuple(fixes), look)


def _collected(step: str, rows: Callable[[], Iterable[Any]]) -> tuple[list[Any], list[Finding]]:
    """Every row up to a crash, and the finding that says so: what was found before it is not lost."""
    found: list[Any] = []
    _, crashed = _guarded(step, lambda: found.extend(row for row in rows()))
    return found, [crashed] if crashed else []


def _guarded(step: str, work: Callable[[], Any]) -> tuple[Any, Finding | None]:
    """The result, or the finding that says why there is none. The one place where any exception is caught."""
    try:
        return work(), None
    except FindingError as trouble:
        return None, trouble.finding
    except SecretMissing as missing:
        return None, _engine("WZ08", "failure", missing.message, missing.remedy or "give the secret", fatal=True)
    except Cancelled:
        raise
    except Exception as error:
        log.exception("the look at %s crashed", step)
        return None, _engine(
            "WZ09",
            "failure",
            f"the check of {step} crashed: {type(error).__name__}: {error}",
            "this is a defect of mhv-tui: report it with the session's log; accept it with a reason to go on without",
        )


TITLES = {
    "WZ08": "Every required answer of this page is set",
    "WZ09": "The check itself works",
    "WZ10": "The steps this one builds on were checked",
    "PR01": "A server boots on each hypervisor",
}
"""The catalogue's titles of the codes that the engine itself reports: it cannot import the catalogue."""


def _engine(code: str, level: Any, detail: str, remedy: str = "", fatal: bool = False) -> Finding:
    return Finding(code, level, TITLES[code], detail, remedy, fatal=fatal)


def _accepted(finding: Finding, overrides: Overrides) -> Finding:
    reason = overrides.accepts.get(finding.code)
    if reason and finding.level == "failure" and not finding.fatal:
        return replace(finding, accepted=reason)
    return finding


def _asked_for(findings: Sequence[Finding], fixes: Sequence[Change], overrides: Overrides) -> tuple[Change, ...]:
    ids = {f.fix for f in findings if f.fix and f.code in overrides.fixes and f.level in ("failure", "warning")}
    return tuple(change for change in fixes if change.id in ids)


def _mended(finding: Finding, asked_for: Sequence[Change]) -> Finding:
    if finding.fix and any(change.id == finding.fix for change in asked_for):
        return replace(finding, level="missing")
    return finding


def _fatal(before: Sequence[StepResult], step: str) -> bool:
    return any(s.step.id == step and any(f.stops and f.fatal for f in s.findings) for s in before)
