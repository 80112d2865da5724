"""How a page combines its checks, and the findings that several pages share. Knows no page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TypeVar

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import PageView
from mhv_tui.core.text import count
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding

A = TypeVar("A")
F = TypeVar("F")
Inputs = TypeVar("Inputs")

StepCheck = Callable[[PageView[A, F]], Iterable[Finding]]
InputsCheck = Callable[[PageView[A, F], Inputs], Iterable[Finding]]
"""A check that also needs what the step's `resolve` returned."""


def all_checks(*checks: StepCheck[A, F]) -> StepCheck[A, F]:
    """All findings of these checks, in order."""

    def run(view: PageView[A, F]) -> Iterator[Finding]:
        for check in checks:
            yield from check(view)

    return run


def with_inputs(kind: type[Inputs], *checks: InputsCheck[A, F, Inputs]) -> StepCheck[A, F]:
    """All findings of these checks, in order; none if the step has no inputs, which a check of its own reports."""

    def run(view: PageView[A, F]) -> Iterator[Finding]:
        if isinstance(view.inputs, kind):
            for check in checks:
                yield from check(view, view.inputs)

    return run


def privilege_finding(code: str, where: str, who: str, missing: Collection[str], needed: Collection[str]) -> Finding:
    """Which of the needed privileges the login lacks on an object; the code is VC12, or VC13 for a grant not
    propagated.
    """
    if not missing:
        amount = f"all {len(needed)} that are" if len(needed) > 1 else "the one that is"
        return finding(code, "ok", f"{who} holds {amount} used on {where}", subject=where)
    labels = "; ".join(f"{privileges.label(p)} ({p})" for p in missing)
    detail = f"{who} lacks {len(missing)} of {count(len(needed), 'privilege')} on {where}: {labels}"
    remedy = f"add to the role of {who}, with a permission that covers {where}: {', '.join(missing)}"
    return finding(code, "failure", detail, subject=where, remedy=remedy)


def worst_finding(findings: Iterable[Finding]) -> Finding | None:
    """The first failure, else the first warning, else None: the health of a picker's row."""
    rows = [f for f in findings if f.level in ("failure", "warning")]
    return next((f for f in rows if f.level == "failure"), rows[0] if rows else None)
