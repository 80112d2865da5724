"""The same road as line prompts: for TERM=dumb, screen readers and expect. No screen control, no colour."""

from __future__ import annotations

from collections.abc import Callable

from mhv_tui.core.answers import asks_of
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.forms import HINTS, show
from mhv_tui.engine.road import Road

Say = Callable[[str], None]
Ask = Callable[[str], str]


def walk(road: Road, say: Say, ask: Ask, ask_unseen: Ask) -> bool:
    """Page by page, to the plan. False where EOF ended it before: everything given is kept."""
    say(f"session {road.session.name}; an empty line keeps what stands in brackets; Ctrl+D ends, answers are kept")
    try:
        for number, step in enumerate(road.flow, 1):
            say(f"\n{number}/{len(road.flow)} {step.title}\n{step.intro}")
            _page(road, step.id, say, ask, ask_unseen)
    except EOFError:
        say(f"\nkept as session {road.session.name}")
        return False
    return True


def _page(road: Road, step: str, say: Say, ask: Ask, ask_unseen: Ask) -> None:
    while True:
        for key, _, note in asks_of(road.answers.tables[step]):
            if note.required or not note.advanced:
                _one(road, step, key, say, ask_unseen if note.kind == "secret" else ask)
        seen = road.look(step)
        for finding in seen.findings:
            if finding.level != "ok":
                said = f": {finding.detail}" if finding.detail else ""
                say(f"{GLYPHS[finding.level]} {finding.level} {finding.code} {finding.title}{said}")
                say(f"  remedy: {finding.remedy}" if finding.remedy else "")
        say(f"{sum(f.level == 'ok' for f in seen.findings)} checks passed, {len(seen.plan)} changes missing")
        if not seen.stops or ask("Answer this page again? [Y/n] ").strip().lower() in ("n", "no"):
            return
        road.try_again()


def _one(road: Road, step: str, key: str, say: Say, ask: Ask) -> None:
    note = {k: n for k, _, n in asks_of(road.answers.tables[step])}[key]
    while True:
        kept = show(note, getattr(road.answers.tables[step], key))
        hint = HINTS.get(note.kind, ", ".join(note.choices))
        typed = ask(f"{step}.{key} ({hint or note.help}) [{kept}]: ")
        if not typed.strip():
            return
        wrong = road.give(step, key, typed)
        if not wrong:
            return
        say(f"  {key} {wrong}")
