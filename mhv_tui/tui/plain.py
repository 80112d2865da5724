"""The wizard as line prompts, for TERM=dumb, screen readers and expect: it uses no screen control and no colours."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from mhv_tui.core.answers import Accept, applies, fields_of, is_folded, with_last_day
from mhv_tui.core.findings import Finding, skipped_line, split_skipped, urgency
from mhv_tui.core.forms import take_last_day
from mhv_tui.core.matrix_text import titled_lines
from mhv_tui.core.text import count
from mhv_tui.core.wrapping import with_command_lines
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.fix_requests import cancel_fix, request_fix
from mhv_tui.tui.plain_answer import BackRequested, Console, ask_answer
from mhv_tui.tui.render import result_word
from mhv_tui.tui.wording import with_fields

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


def ask_all_pages(
    state: WizardState, say: Print, ask: AskLine, ask_unseen: AskLine, columns: Callable[[], int] = lambda: 0
) -> bool:
    """Asks for the answers of all pages, in order. Returns False if the input ended early; the answers are saved.

    `columns` returns those of the terminal; 0 if there is none.
    """
    console = Console(say, ask, ask_unseen, columns)
    say(f"session {state.session.name}\n{KEYS}\n{QUIT}")
    number = 0
    try:
        while number < len(state.flow):
            step = state.flow[number]
            say(f"\nPage {number + 1} of {len(state.flow)}: {step.title}\n{step.intro}")
            number = number + 1 if _page(state, step.id, console) else max(0, number - 1)
    except EOFError:
        say(f"the answers are saved as session {state.session.name}")
        return False
    say("\nAll pages once more, and the plan:")
    return True


def _page(state: WizardState, step: str, console: Console) -> bool:
    """Asks for the answers of a page and handles its problems. Returns False to go to the page before."""
    try:
        _ask_answers(state, step, console)
        while True:
            result = _checked(state, step, console)
            _print_result(state, result, console)
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
    stops = _checked(state, step, console).stops
    with_choices = set(state.choices(step))
    for key, _, field in fields_of(state.answers.tables[step]):
        table = state.answers.tables[step]
        is_hidden = is_folded(table, key) or not applies(table, key)
        if is_hidden and not (stops and state.choices(step).get(key)):
            continue
        is_changed = state.result(step) is None  # by an answer of this page that was asked before
        if is_changed and (key in with_choices or field.kind == "trust"):
            _checked(state, step, console)
        ask_answer(state, step, key, state.choices(step).get(key, ()), console)


def _print_result(state: WizardState, result: StepResult, console: Console) -> None:
    shown, skipped = split_skipped(result.findings)
    fixable = _fixable(state, result)
    keys = [key for key, _, _ in fields_of(result.step.answers)]
    for finding in sorted(shown, key=urgency):
        if finding.level != "ok":
            fix = f"f{_name(finding, fixable)}" if finding in fixable else ""
            text = _finding_text(finding, state.answers.acceptance(finding.code), fix)
            console.say(with_fields(text, result.step.id, keys))
    if skipped:
        console.say(f"skipped: {skipped_line(skipped)}")
    passed = sum(f.level == "ok" for f in result.findings)
    if result.matrix:
        console.say("\n".join(titled_lines(result.matrix, console.columns())))
    console.say(f"{count(passed, 'check')} passed, {count(len(result.plan), 'change')} to make")


def _name(finding: Finding, findings: Sequence[Finding]) -> str:
    """How the operator names a finding among those that a key can act on, after the key; "" if it is the only one."""
    if len(findings) == 1:
        return ""
    is_alone = sum(other.code == finding.code for other in findings) == 1
    return f" {finding.code}" if is_alone else f" {finding.code} {finding.subject}"


def _finding_text(finding: Finding, acceptance: Accept | None, fix: str) -> str:
    """A finding as lines. `fix`: what the operator types to plan its fix; "" if it has none."""
    lines = [f"{result_word(finding)} {finding.code}: {finding.headline}"]
    if finding.accepted:
        lines.append(f"  reason: {with_last_day(finding.accepted, acceptance.until if acceptance else None)}")
    elif finding.remedy and finding.level in ("failure", "warning", "unknown"):
        lines.append(f"  remedy: {with_command_lines(finding.remedy, ' ' * 4)}")
        lines += [f"  {fix} adds a fix to the plan"] if fix else []
    return "\n".join(lines)


def _fixable(state: WizardState, result: StepResult) -> list[Finding]:
    """The problems whose fix can be requested."""
    problems = [f for f in result.findings if f.fix and f.level in ("failure", "warning") and not f.accepted]
    return [f for f in problems if f.code not in state.answers.fixes]


def _acceptable(result: StepResult) -> list[Finding]:
    return [f for f in result.findings if f.stops and f.can_be_accepted]


def _withdrawable(state: WizardState, result: StepResult) -> list[Finding]:
    """The accepted problems and those whose fix is planned."""
    requests_fix = state.overrides().requests_fix
    return [f for f in result.findings if f.accepted or (f.level == "missing" and requests_fix(f))]


def _ask_action(state: WizardState, result: StepResult, console: Console) -> str:
    """Asks what to do about the problems of a page; plans a fix, accepts or withdraws. Returns a key of ACTIONS."""
    rows = {"f": _fixable(state, result), "a": _acceptable(result), "w": _withdrawable(state, result)}
    usable = {key: text for key, text in ACTIONS.items() if rows.get(key, True)}
    question = ", ".join(f"{key or 'Enter'} {text}" for key, text in usable.items())
    while True:
        key, _, rest = console.ask(f"{question}: ").strip().partition(" ")
        if key == "?":
            console.say("  f CODE, a CODE and w CODE name one of several findings; w undoes f and a;")
            console.say("  f CODE SUBJECT and w CODE SUBJECT name one of several findings with the same code;")
            console.say("  r asks the questions of this page again")
        elif key not in usable:
            console.say(f"  {key} is not possible here; type {', '.join(name or 'Enter' for name in usable)}")
        elif key not in rows or _override(state, key, _named(rest, rows[key], console), console):
            return key


def _named(text: str, findings: Sequence[Finding], console: Console) -> Sequence[Finding]:
    """The findings that the operator means: all with the only or the typed code, or the one with the typed subject.

    Without such a finding, prints what can be typed and returns none.
    """
    typed, _, subject = text.strip().partition(" ")
    codes = list(dict.fromkeys(f.code for f in findings))
    code = typed.upper() or (codes[0] if len(codes) == 1 else "")
    same = [f for f in findings if f.code == code]
    if not same:
        console.say(f"  name one code: {', '.join(codes)}")
    named = [f for f in same if subject.strip() in ("", f.subject)]
    if same and not named:
        console.say(f"  name one subject of {code}: {', '.join(f.subject for f in same)}")
    return named


def _override(state: WizardState, key: str, findings: Sequence[Finding], console: Console) -> bool:
    """Requests fixes, accepts a code with a reason, or withdraws both. Returns False without findings or a reason."""
    if not findings:
        return False
    code = findings[0].code
    if key == "f":
        for finding in findings:
            request_fix(state, finding)
    elif key == "w":
        for finding in findings:
            cancel_fix(state, finding)
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
            return take_last_day(console.ask("Until which day (YYYY-MM-DD, or Enter for no last day)? "), state.today())
        except ValueError as error:
            console.say(f"  {error}")
