"""The same road as line prompts: for TERM=dumb, screen readers and expect. No screen control, no colour."""

from __future__ import annotations

import getpass
from collections.abc import Callable

from mhv_tui.core.answers import asks_of
from mhv_tui.core.events import Listener
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.forms import HINTS, show, take
from mhv_tui.engine.apply import Approve
from mhv_tui.engine.road import Road

Say = Callable[[str], None]
Ask = Callable[[str], str]


def walk(road: Road, say: Say, ask: Ask, listener: Listener, approve: Approve) -> int:
    """Page by page, then the plan and one question. Returns the exit code. EOF ends it: everything given is kept."""
    say(f"session {road.session.name}; an empty line keeps what stands in brackets; Ctrl+D ends, answers are kept")
    try:
        for number, step in enumerate(road.flow, 1):
            say(f"\n{number}/{len(road.flow)} {step.title}\n{step.intro}")
            _page(road, step.id, say, ask)
    except EOFError:
        say(f"\nkept as session {road.session.name}")
        return 130
    return road.apply(listener, approve).exit


def _page(road: Road, step: str, say: Say, ask: Ask) -> None:
    while True:
        for key, _, note in asks_of(road.answers.tables[step]):
            if note.required or not note.advanced:
                _one(road, step, key, say, ask)
        seen = road.look(step)
        for finding in seen.findings:
            if finding.level != "ok":
                said = f": {finding.detail}" if finding.detail else ""
                say(f"{GLYPHS[finding.level]} {finding.level} {finding.code} {finding.title}{said}")
                say(f"  remedy: {finding.remedy}" if finding.remedy else "")
        say(f"{sum(f.level == 'ok' for f in seen.findings)} checks passed, {len(seen.plan)} changes missing")
        if not seen.stops or ask("Answer this page again? [Y/n] ").strip().lower() in ("n", "no"):
            return


def _one(road: Road, step: str, key: str, say: Say, ask: Ask) -> None:
    note = {k: n for k, _, n in asks_of(road.answers.tables[step])}[key]
    while True:
        kept = show(note, getattr(road.answers.tables[step], key))
        hint = HINTS.get(note.kind, ", ".join(note.choices))
        prompt = f"{step}.{key} ({hint or note.help}) [{kept}]: "
        if note.kind == "secret":
            typed = getpass.getpass(prompt)
            if typed:
                road.keep_secret(step, key, typed)
            return
        typed = ask(prompt).strip()
        if not typed:
            return
        try:
            wrong = road.answer(step, key, take(note, typed))
        except ValueError as error:
            wrong = str(error)
        if not wrong:
            return
        say(f"  {key} {wrong}")
