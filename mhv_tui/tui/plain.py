"""The wizard as line prompts, for TERM=dumb, screen readers and expect: it uses no screen control and no colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from mhv_tui.core.answers import Accept, fields_of, with_last_day
from mhv_tui.core.findings import LEVELS, Finding, skipped_line, split_skipped
from mhv_tui.core.forms import take_last_day
from mhv_tui.core.matrix_text import titled_lines
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.plain_answer import BackRequested, Console, ask_answer

Print = Callable[[str], None]
"""A function that prints a line."""

AskLine = Callable[[str], str]
"""A function that prints a prompt and returns the typed line. Raises EOFError."""

KEYS = "Enter keeps the value in brackets. ? explains the question, - clears the value, < goes back one page."
QUIT = "Ctrl+D saves the answers and quits."

ACTIONS = {
    "f": "fix",
    "a": "accept",
    "w": "withdraw",
    "r": "answer again",
    "c": "check again",
    "b": "back",
    "": "go on",
}
"""What the operator can type at a page with problems, and its meaning."""


def ask_all_pages(state: WizardState, say: Print, ask: AskLine, ask_unseen: AskLine) -> bool:
    """Asks for the answers of all pages, in order. Returns False if the input ended early; the answers are saved."""
    console = Console(say, ask, ask_unseen)
    say(f"session {state.session.name}\n{KEYS}\n{QUIT}")
    number = 0
    try:
        while number < len(state.flow):
            step = state.flow[number]
            say(f"\nPage {number + 1} of {len(state.flow)}: {step.title}\n{step.intro}")
            number = number + 1 if _page(state, step.id, console) else max(0, number - 1)
    except EOFError:
        say(f"\nthe answers are saved as session {state.session.name}")
        return False
    say("\nAll pages once more, and the plan:")
    return True


def _page(state: WizardState, step: str, console: Console) -> bool:
    """Asks for the answers of a page and handles its problems. Returns False to go to the page before."""
    try:
        _ask_answers(state, step, console)
        while True:
            result = _checked(state, step, console)
            _print_result(state, result, console.say)
            if not (result.stops or _fixable(state, result) or _withdrawable(state, result)):
                return True
            action = _ask_action(state, result, console)
            if action in ("", "b"):
                return action == ""
            state.forget(step)
            if action in ("r", "c"):
                state.try_again()
            if action == "r":
                _ask_answers(state, step, console)
    except BackRequested:
        return False


def _checked(state: WizardState, step: str, console: Console) -> StepResult:
    result = state.result(step)
    if result is None:
        console.say("checking ...")
        result = state.check(step)
    return result


def _ask_answers(state: WizardState, step: str, console: Console) -> None:
    """Asks for each answer that the page shows. Checks the page before, so that each answer can offer its choices."""
    _checked(state, step, console)
    with_choices = set(state.choices(step))
    for key, default, field in fields_of(state.answers.tables[step]):
        is_answered = getattr(state.answers.tables[step], key) != default
        if field.advanced and not (field.required or is_answered or state.choices(step).get(key)):
            continue
        is_changed = state.result(step) is None  # by an answer of this page that was asked before
        if is_changed and (key in with_choices or field.kind == "trust"):
            _checked(state, step, console)
        ask_answer(state, step, key, state.choices(step).get(key, ()), console)


def _print_result(state: WizardState, result: StepResult, say: Print) -> None:
    shown, skipped = split_skipped(result.findings)
    for finding in sorted(shown, key=lambda f: -LEVELS.index(f.level)):
        if finding.level != "ok":
            say(_finding_text(finding, state.answers.acceptance(finding.code)))
    if skipped:
        say(f"skipped: {skipped_line(skipped)}")
    passed = sum(f.level == "ok" for f in result.findings)
    if result.matrix:
        say("\n".join(titled_lines(result.matrix)))
    say(f"{count(passed, 'check')} passed, {count(len(result.plan), 'change')} to make")


def _finding_text(finding: Finding, acceptance: Accept | None) -> str:
    lines = [f"{'accepted' if finding.accepted else finding.level} {finding.code}: {finding.headline}"]
    if finding.accepted:
        lines.append(f"  reason: {with_last_day(finding.accepted, acceptance.until if acceptance else None)}")
    elif finding.remedy and finding.level in ("failure", "warning", "unknown"):
        lines.append(f"  remedy: {finding.remedy}")
        lines += ["  f adds a fix to the plan"] if finding.fix else []
    return "\n".join(lines)


def _fixable(state: WizardState, result: StepResult) -> list[str]:
    """The codes of the problems whose fix can be requested."""
    problems = [f for f in result.findings if f.fix and f.level in ("failure", "warning") and not f.accepted]
    return list(dict.fromkeys(f.code for f in problems if f.code not in state.answers.fixes))


def _acceptable(result: StepResult) -> list[str]:
    return list(dict.fromkeys(f.code for f in result.findings if f.stops and not f.fatal))


def _withdrawable(state: WizardState, result: StepResult) -> list[str]:
    """The codes of the accepted problems and of the planned fixes."""
    requests_fix = state.overrides().requests_fix
    rows = [f for f in result.findings if f.accepted or (f.level == "missing" and requests_fix(f))]
    return list(dict.fromkeys(f.code for f in rows))


def _ask_action(state: WizardState, result: StepResult, console: Console) -> str:
    """Asks what to do about the problems of a page; plans a fix, accepts or withdraws. Returns a key of ACTIONS."""
    codes = {"f": _fixable(state, result), "a": _acceptable(result), "w": _withdrawable(state, result)}
    usable = {key: text for key, text in ACTIONS.items() if codes.get(key, True)}
    question = ", ".join(f"{key or 'Enter'} {text}" for key, text in usable.items())
    while True:
        key, _, rest = console.ask(f"{question}: ").strip().partition(" ")
        if key == "?":
            console.say("  f CODE, a CODE and w CODE name one of several findings; w undoes f and a;")
            console.say("  r asks the questions of this page again")
        elif key not in usable:
            console.say(f"  {key} is not possible here; type {', '.join(name or 'Enter' for name in usable)}")
        elif key not in codes or _override(state, key, _code(rest, codes[key], console), console):
            return key


def _code(text: str, codes: Sequence[str], console: Console) -> str:
    """The code that the operator means: the only one, or the typed one; "" if neither is possible."""
    code = text.strip().upper() or (codes[0] if len(codes) == 1 else "")
    if code in codes:
        return code
    console.say(f"  name one code: {', '.join(codes)}")
    return ""


def _override(state: WizardState, key: str, code: str, console: Console) -> bool:
    """Requests a fix, accepts a code with a reason, or withdraws both. Returns False without a code or a reason."""
    if not code:
        return False
    if key == "f":
        state.request_fix(code)
    elif key == "w":
        state.request_fix(code, requested=False)
        state.withdraw(code)
    else:
        reason = console.ask(f"Why is {code} acceptable? ").strip()
        if not reason:
            console.say(f"  {code} is not accepted: an acceptance needs a reason")
            return False
        state.accept(code, reason, _ask_last_day(state, console))
    if problem := state.flush():
        console.say(f"  {problem}")
    return True


def _ask_last_day(state: WizardState, console: Console) -> date | None:
    """Asks for the last day of an acceptance; None if it has no end."""
    while True:
        try:
            return take_last_day(console.ask("Until which day (YYYY-MM-DD, or Enter for no end)? "), state.today())
        except ValueError as error:
            console.say(f"  {error}")
