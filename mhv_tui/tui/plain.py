"""The same road as line prompts: for TERM=dumb, screen readers and expect. No screen control, no colour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial

from mhv_tui.core.answers import fields_of
from mhv_tui.core.findings import GLYPHS, skipped_line, split_skipped
from mhv_tui.core.forms import HINTS, show
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState

Say = Callable[[str], None]
AskLine = Callable[[str], str]
Offer = tuple[str, Callable[[str], str]]
"""What is told of it, and what is done with the reason given; that returns "" or what is wrong."""

FieldChoices = Mapping[str, Offer]
"""By what is typed for it."""


def walk(state: WizardState, say: Say, ask: AskLine, ask_unseen: AskLine) -> bool:
    """Page by page, to the plan. False where EOF ended it before: everything given is kept."""
    say(f"session {state.session.name}; an empty line keeps what stands in brackets; Ctrl+D ends, answers are kept")
    try:
        for number, step in enumerate(state.flow, 1):
            say(f"\n{number}/{len(state.flow)} {step.title}\n{step.intro}")
            _page(state, step.id, say, ask, ask_unseen)
    except EOFError:
        say(f"\nkept as session {state.session.name}")
        return False
    return True


def _page(state: WizardState, step: str, say: Say, ask: AskLine, ask_unseen: AskLine) -> None:
    answering = True
    while True:
        if answering:
            for key, _, note in fields_of(state.answers.tables[step]):
                if note.required or not note.advanced:
                    _one(state, step, key, say, ask_unseen if note.kind == "secret" else ask)
        seen = state.check(step)
        _told(seen, say)
        if not seen.stops:
            return
        offered = _offered(state, seen)
        for word, (label, _) in offered.items():
            say(f"  or type: {word}{label}")
        typed = ask("Answer this page again? [Y/n] ").strip()
        if typed.lower() in ("n", "no"):
            return
        answering = not _taken(offered, typed, say)
        if answering:
            state.try_again()


def _told(seen: StepResult, say: Say) -> None:
    shown, skipped = split_skipped(seen.findings)
    for finding in shown:
        if finding.level != "ok":
            say(f"{GLYPHS[finding.level]} {finding.level} {finding.code} {finding.headline}")
            if finding.remedy:
                say(f"  remedy: {finding.remedy}")
    if skipped:
        say(f"{GLYPHS['skipped']} skipped {skipped_line(skipped)}")
    passed = sum(f.level == "ok" for f in seen.findings)
    say(f"{count(passed, 'check')} passed, {count(len(seen.plan), 'change')} to make")


def _offered(state: WizardState, seen: StepResult) -> FieldChoices:
    """What can be typed where a page fails: its fixes, what may be accepted, and what it has seen to choose from."""
    step, offered = seen.step.id, dict[str, Offer]()
    for finding in seen.findings:
        if finding.fix and finding.level in ("failure", "warning"):
            offered[f"fix {finding.code}"] = ("", partial(_fix, state, finding.code))
        if finding.level == "failure" and not finding.fatal and not finding.accepted:
            offered[f"accept {finding.code}="] = ("REASON", partial(_accept, state, finding.code))
    notes = {key: note for key, _, note in fields_of(state.answers.tables[step])}
    for key, choices in state.choices(step).items():
        if notes[key].advanced or notes[key].kind == "trust" or seen.view is None:
            for number, choice in enumerate(choices, 1):
                text = choice.value if isinstance(choice.value, str) else show(notes[key], choice.value)
                offered[f"{key} {number}"] = (f"  ({choice.label})", partial(_give, state, step, key, text))
    return offered


def _fix(state: WizardState, code: str, typed: str) -> str:
    state.request_fix(code)
    return state.flush()


def _accept(state: WizardState, code: str, reason: str) -> str:
    state.accept(code, reason)
    return state.flush()


def _give(state: WizardState, step: str, key: str, text: str, typed: str) -> str:
    problem = state.give(step, key, text).problem
    return f"{key} {problem}" if problem else state.flush()


def _taken(offered: FieldChoices, typed: str, say: Say) -> bool:
    """Does what was typed, if it is on offer; False where the page is to be answered again."""
    if typed.lower() in ("", "y", "yes"):
        return False
    word, equals, reason = typed.partition("=")
    offer = offered.get(" ".join(word.split()) + equals)
    if offer is None or (equals and not reason.strip()):
        say("  that is not on offer; type it as it stands, `accept CODE=` with a reason behind it")
        return True
    wrong = offer[1](reason.strip())
    if wrong:
        say(f"  {wrong}")
    return True


def _one(state: WizardState, step: str, key: str, say: Say, ask: AskLine) -> None:
    note = {k: n for k, _, n in fields_of(state.answers.tables[step])}[key]
    while True:
        kept = show(note, getattr(state.answers.tables[step], key))
        hint = HINTS.get(note.kind, ", ".join(note.choices))
        typed = ask(f"{step}.{key} ({hint or note.help}) [{kept}]: ")
        if not typed.strip():
            return
        problem = state.give(step, key, typed).problem
        if not problem:
            if unsaved := state.flush():
                say(f"  {unsaved}")
            return
        say(f"  {key} {problem}")
