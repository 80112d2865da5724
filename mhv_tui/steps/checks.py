"""Decorators that make a function a check, and findings that several pages use. This module imports no page."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Iterable
from dataclasses import replace
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
"""A check with a second argument: the inputs that the step's `resolve` returned."""


def check(checks: list[Check[A, F]], *codes: str) -> Callable[[StepCheck[A, F]], Check[A, F]]:
    """Returns a decorator that makes a function a check with these codes and appends it to `checks`."""

    def register(function: StepCheck[A, F]) -> Check[A, F]:
        checks.append(Check(codes, function))
        return checks[-1]

    return register


def check_with(
    kind: type[Inputs], checks: list[Check[A, F]], *codes: str, otherwise: str
) -> Callable[[InputsCheck[A, F, Inputs]], Check[A, F]]:
    """Like `check`, but also passes the step's inputs. Without inputs it skips the check for the reason `otherwise`."""

    def register(function: InputsCheck[A, F, Inputs]) -> Check[A, F]:
        @functools.wraps(function)
        def findings(view: PageView[A, F]) -> Iterable[Finding]:
            if isinstance(view.inputs, kind):
                return function(view, view.inputs)
            return [skipped(codes[0], otherwise)]

        return check(checks, *codes)(findings)

    return register


def skipped(code: str, reason: str, subject: str = "") -> Finding:
    """Returns the finding of a check that does not apply or cannot run yet; `reason` is a sentence."""
    return finding(code, "skipped", reason, subject=subject)


def passed(code: str, title: str, detail: str = "", subject: str = "") -> Finding:
    """Returns the finding of a passed check; `title` names what it checked, if a page has several of this code."""
    return replace(finding(code, "ok", detail, subject=subject), title=title)


def health_of(checks: Iterable[Check[A, F]], view: PageView[A, F]) -> Finding | None:
    """Returns the first failure of the checks, else the first warning, else None. A picker shows it in a row."""
    rows = [f for check in checks for f in check.findings(view) if f.level in ("failure", "warning")]
    return next((f for f in rows if f.level == "failure"), rows[0] if rows else None)


def privilege_finding(code: str, where: str, who: str, missing: Collection[str], needed: Collection[str]) -> Finding:
    """Reports which needed privileges the login `who` lacks on the object `where`.

    The code is VC12, or VC13 if a permission is not propagated. Several pages check VC12, so that its title names the
    object.
    """
    if not missing:
        amount = f"all {len(needed)} privileges" if len(needed) > 1 else "the one privilege"
        detail = f"{who} has {amount} needed on {where}"
        title = f"The privileges on {where} suffice" if code == "VC12" else f"The privileges reach {where}"
        return passed(code, title, detail, where)
    labels = "; ".join(map(privileges.label, missing))
    detail = f"{who} lacks {len(missing)} of {count(len(needed), 'privilege')} on {where}: {labels}"
    return finding(code, "failure", detail, subject=where, remedy=privileges.remedy(who, missing, where))
