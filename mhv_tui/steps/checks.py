"""How a function becomes a check of a page, and the findings that several pages share. Knows no page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from typing import TypeVar

from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import Check, PageView
from mhv_tui.core.text import count
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding

A = TypeVar("A")
F = TypeVar("F")
Inputs = TypeVar("Inputs")

StepCheck = Callable[[PageView[A, F]], Iterable[Finding]]
InputsCheck = Callable[[PageView[A, F], Inputs], Iterable[Finding]]
"""A check that also needs what the step's `resolve` returned."""


def check(checks: list[Check[A, F]], *codes: str) -> Callable[[StepCheck[A, F]], Check[A, F]]:
    """Makes a function a check that reports these codes, and appends it to a page's checks."""

    def register(function: StepCheck[A, F]) -> Check[A, F]:
        checks.append(Check(codes, function))
        return checks[-1]

    return register


def check_with(
    kind: type[Inputs], checks: list[Check[A, F]], *codes: str, otherwise: str
) -> Callable[[InputsCheck[A, F, Inputs]], Check[A, F]]:
    """As `check`, for a function that also needs the step's inputs; `otherwise` is why it is skipped without them."""

    def register(function: InputsCheck[A, F, Inputs]) -> Check[A, F]:
        @functools.wraps(function)
        def findings(view: PageView[A, F]) -> Iterable[Finding]:
            if isinstance(view.inputs, kind):
                return function(view, view.inputs)
            return [skipped(codes[0], otherwise)]

        return check(checks, *codes)(findings)

    return register


def skipped(code: str, reason: str, subject: str = "") -> Finding:
    """The verdict of a check that does not apply, or cannot be made yet; the reason is a sentence."""
    return finding(code, "skipped", reason, subject=subject)


def health_of(checks: Iterable[Check[A, F]], view: PageView[A, F]) -> Finding | None:
    """The first failure, else the first warning, else None: the health of a picker's row."""
    rows = [f for check in checks for f in check.findings(view) if f.level in ("failure", "warning")]
    return next((f for f in rows if f.level == "failure"), rows[0] if rows else None)


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
