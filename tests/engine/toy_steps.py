"""Two tiny steps over a shelf of named things, for the real engine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, ClassVar, cast

from mhv_tui.core.answers import Answers, answer_field
from mhv_tui.core.changes import Change, Effect, Receipt
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError, MhvError
from mhv_tui.core.findings import Finding
from mhv_tui.core.ports import Backend
from mhv_tui.core.steps import Check, PageView, Step, StepWork
from mhv_tui.core.targets import Target
from mhv_tui.engine.check import Overrides
from mhv_tui.engine.run import Run
from mhv_tui.engine.session import Session
from mhv_tui.engine.stop import Stop


class Shelf:
    """The toy's outside: names kept in a file; `broken` names refuse to be put there, `deadly` ones kill."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.broken: set[str] = set()
        self.puts: list[str] = []

    def names(self) -> set[str]:
        return set(self.path.read_text().split()) if self.path.exists() else set()

    def keep(self, names: set[str]) -> None:
        self.path.write_text(" ".join(sorted(names)))

    def now(self) -> datetime:
        return datetime(2026, 11, 22, tzinfo=UTC)

    def close(self) -> None: ...


@dataclass(frozen=True)
class Wants:
    """What should be on the shelf."""

    names: tuple[str, ...] = answer_field("names", (), kind="list", required=True)


def shelf(ctx: Context) -> Shelf:
    return cast(Shelf, ctx.backend)


@dataclass(frozen=True)
class Put(Change):
    """Puts one name on the shelf."""

    name: str
    detects_all_effects: ClassVar[bool] = True

    @property
    def id(self) -> str:
        return f"put:{self.name}"

    @property
    def summary(self) -> str:
        return f"put {self.name} on the shelf"

    @property
    def effect(self) -> Effect:
        return "create"

    def preview(self) -> str:
        return f"+{self.name}"

    def before(self, ctx: Context) -> Receipt:
        return {"there": self.name in shelf(ctx).names()}

    def apply(self, ctx: Context, before: Receipt) -> Receipt:
        if self.name in shelf(ctx).broken:
            raise MhvError(f"{self.name} does not fit", "take a smaller one")
        shelf(ctx).keep(shelf(ctx).names() | {self.name})
        shelf(ctx).puts.append(self.name)
        if self.name == "deadly":
            os._exit(9)
        return {}

    def blocked_by(self, ctx: Context, receipt: Receipt) -> str:
        return f"somebody reads {self.name}" if f"reader-of-{self.name}" in shelf(ctx).names() else ""

    def undo(self, ctx: Context, receipt: Receipt) -> None:
        if not receipt["there"]:
            ctx.on_progress(0, 1, "names", f"taking {self.name}")
            shelf(ctx).keep(shelf(ctx).names() - {self.name})


def _probe(ctx: Context, asked: Wants) -> set[str]:
    names = shelf(ctx).names()
    if "fire" in names:
        raise FindingError(
            Finding("TT01", "failure", "The shelf stands", "the shelf burns", "put the fire out", fatal=True)
        )
    if "bug" in names:
        raise RuntimeError("a defect")
    return names


def _needs(look: PageView[Wants, set[str]]) -> list[Finding]:
    level = "failure" if "dust" in look.facts else "ok"
    return [Finding("TT02", cast(Any, level), "The shelf is clean", remedy="wipe it", fix="put:polish")]


def _goals(look: PageView[Wants, set[str]]) -> list[Finding]:
    left = [n for n in look.answers.names if n not in look.facts]
    level = "failure" if left else "ok"
    return [Finding("TT03", cast(Any, level), "Everything is there", ", ".join(left), remedy="put it there")]


def _plan(look: PageView[Wants, set[str]]) -> list[Put]:
    return [Put(n) for n in look.answers.names if n not in look.facts and n != "ghost"]


def step(
    name: str, requires: tuple[str, ...] = (), prove: bool = False, uses: tuple[str, ...] = ()
) -> Step[Wants, set[str]]:
    work = StepWork(
        probe=_probe,
        preconditions=[Check(("TT02",), _needs)],
        postconditions=[Check(("TT03",), _goals)],
        plan=_plan,
        fixes=lambda look: [Put("polish")],
        smoke_tests=(lambda look: [Put("proof")]) if prove else (lambda look: ()),
    )
    return Step(name, f"The {name} step", "intro", Wants, lambda: work, requires=requires, uses=uses)


def with_work(step: Step[Wants, set[str]], **functions: Any) -> Step[Wants, set[str]]:
    """The step with other functions, by their names in StepWork."""
    work = replace(step.work, **functions)
    return replace(step, load_work=lambda: work)


FLOW = (step("first"), step("second", requires=("first",), prove=True))
KINDS: Mapping[str, type[Change]] = {"Put": Put}


def answers(first: tuple[str, ...], second: tuple[str, ...]) -> Answers:
    return Answers(MappingProxyType({"first": Wants(first), "second": Wants(second)}))


def context(path: Path, first: tuple[str, ...] = ("a", "b"), second: tuple[str, ...] = ("c",)) -> Context:
    return Context(cast(Backend, Shelf(path)), Target("", answers(first, second)), "toy")


@dataclass
class EventLog:
    """Collects events."""

    events: list[Any] = field(default_factory=list)

    def __call__(self, event: Any) -> None:
        self.events.append(event)

    def of(self, kind: type[Any]) -> list[Any]:
        return [e for e in self.events if isinstance(e, kind)]


def run_of(session: Session, path: Path, **options: Any) -> tuple[Run, EventLog]:
    """A run over the toy steps, and its events."""
    log = EventLog()
    ctx = options.pop("ctx", None) or context(path)
    overrides = options.pop("overrides", Overrides())
    return Run(FLOW, ctx, session, log, Stop(), overrides, **options), log
