"""How a page's checks are put together, and how a page reads another's facts. Knows nothing of any one page."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, TypeVar

from mhv_tui.core.answers import Answers
from mhv_tui.core.findings import Finding
from mhv_tui.core.steps import PageView
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding

A = TypeVar("A")
F = TypeVar("F")

StepCheck = Callable[[PageView[A, F]], Iterable[Finding]]


def all_checks(*checks: StepCheck[A, F]) -> StepCheck[A, F]:
    """All findings of these checks, in order."""

    def run(view: PageView[A, F]) -> Iterator[Finding]:
        for check in checks:
            yield from check(view)

    return run


def seen(earlier: Mapping[str, Any], step: str, kind: type[F]) -> F | None:
    """An earlier page's facts, typed; None where it was not seen."""
    facts = earlier.get(step)
    return facts if isinstance(facts, kind) else None


def node_name(answers: Answers) -> str:
    """The name under which the compute service will be known: the first label of node.host; "" for an address."""
    host = str(getattr(answers.tables.get("node"), "host", "") or "")
    label = host.partition(".")[0]
    return "" if ":" in host or label.isdigit() else label


def join_names(names: Iterable[str], most: int = 5) -> str:
    """`a, b, c and 4 more`: names for a sentence, however many there are."""
    words = list(names)
    left = len(words) - most
    if left > 0:
        return f"{', '.join(words[:most])} and {left} more"
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1]))) if words else "none"


def count(number: int, noun: str) -> str:
    """`1 host`, `2 hosts`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def privilege_finding(code: str, where: str, who: str, missing: Collection[str], wanted: Collection[str]) -> Finding:
    """VC12, or VC13 where the object above holds them: which of the wanted privileges the login lacks on an object."""
    if not missing:
        held = f"all {len(wanted)} that are" if len(wanted) > 1 else "the one that is"
        return finding(code, "ok", f"{who} holds {held} used on {where}", subject=where)
    rows = "; ".join(f"{privileges.label(p)} ({p})" for p in missing)
    detail = f"{who} lacks {len(missing)} of {count(len(wanted), 'privilege')} on {where}: {rows}"
    remedy = f"add to the role of {who}, with a permission that covers {where}: {', '.join(missing)}"
    return finding(code, "failure", detail, subject=where, remedy=remedy)


def worst_finding(findings: Iterable[Finding]) -> Finding | None:
    """The first failure, else the first warning, else None: the health of a picker's row."""
    rows = [f for f in findings if f.level in ("failure", "warning")]
    return next((f for f in rows if f.level == "failure"), rows[0] if rows else None)
