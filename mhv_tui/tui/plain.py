"""The wizard as line prompts, for TERM=dumb, screen readers and expect: it uses no screen control and no colours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from mhv_tui.core.answers import fields_of
from mhv_tui.core.findings import GLYPHS, skipped_line, split_skipped
from mhv_tui.core.forms import HINTS, show
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.engine.wizard_state import WizardState

Print = Callable[[str], None]
"""A function that prints a line."""

AskLine = Callable[[str], str]
"""A function that prints a prompt and returns the typed line. Raises EOFError."""


@dataclass(frozen=True)
class Command:
    """A command that the operator can type instead of new answers if a check of a page fails."""

    label: str
    """The text shown after the command's name: the word REASON, or the description of a choice."""
    run: Callable[[str], str]
    """The function of the command. It gets the reason, and returns "" or a problem."""


Commands = Mapping[str, Command]
"""The commands by the name that the operator types. A name that ends with "=" needs a reason after it."""


def ask_all_pages(state: WizardState, say: Print, ask: AskLine, ask_unseen: AskLine) -> bool:
    """Asks for the answers of all pages, in order. Returns False if the input ended early; the answers are saved."""
    say(f"session {state.session.name}: press Enter to keep the value in brackets, Ctrl+D to save the answers and quit")
    try:
        for number, step in enumerate(state.flow, 1):
            say(f"\n{number}/{len(state.flow)} {step.title}\n{step.intro}")
            _page(state, step.id, say, ask, ask_unseen)
    except EOFError:
        say(f"\nthe answers are saved as session {state.session.name}")
        return False
    return True


def _page(state: WizardState, step: str, say: Print, ask: AskLine, ask_unseen: AskLine) -> None:
    asking = True
    while True:
        if asking:
            for key, _, field in fields_of(state.answers.tables[step]):
                if field.required or not field.advanced:
                    _ask_answer(state, step, key, say, ask_unseen if field.kind == "secret" else ask)
        result = state.check(step)
        _print_result(result, say)
        if not result.stops:
            return
        commands = _commands(state, result)
        for name, command in commands.items():
            say(f"  or type: {name}{command.label}")
        line = ask("Answer this page again? [Y/n] ").strip()
        if line.lower() in ("n", "no"):
            return
        asking = line.lower() in ("", "y", "yes")
        if asking:
            state.try_again()
        else:
            _run_command(commands, line, say)


def _print_result(result: StepResult, say: Print) -> None:
    shown, skipped = split_skipped(result.findings)
    for finding in shown:
        if finding.level != "ok":
            say(f"{GLYPHS[finding.level]} {finding.level} {finding.code} {finding.headline}")
            if finding.remedy:
                say(f"  remedy: {finding.remedy}")
    if skipped:
        say(f"{GLYPHS['skipped']} skipped {skipped_line(skipped)}")
    passed = sum(f.level == "ok" for f in result.findings)
    say(f"{count(passed, 'check')} passed, {count(len(result.plan), 'change')} to make")


def _commands(state: WizardState, result: StepResult) -> Commands:
    """Returns the commands for fixes and acceptances, and for choices of answers that are not typed by hand."""
    step, commands = result.step.id, dict[str, Command]()
    for finding in result.findings:
        if finding.fix and finding.level in ("failure", "warning"):
            commands[f"fix {finding.code}"] = Command("", partial(_fix, state, finding.code))
        if finding.level == "failure" and not finding.fatal and not finding.accepted:
            commands[f"accept {finding.code}="] = Command("REASON", partial(_accept, state, finding.code))
    fields = {key: field for key, _, field in fields_of(state.answers.tables[step])}
    for key, choices in state.choices(step).items():
        if fields[key].advanced or fields[key].kind == "trust" or result.view is None:
            for number, choice in enumerate(choices, 1):
                text = choice.value if isinstance(choice.value, str) else show(fields[key], choice.value)
                commands[f"{key} {number}"] = Command(f"  ({choice.label})", partial(_give, state, step, key, text))
    return commands


def _fix(state: WizardState, code: str, reason: str) -> str:
    state.request_fix(code)
    return state.flush()


def _accept(state: WizardState, code: str, reason: str) -> str:
    state.accept(code, reason)
    return state.flush()


def _give(state: WizardState, step: str, key: str, text: str, reason: str) -> str:
    problem = state.give(step, key, text).problem
    return f"{key} {problem}" if problem else state.flush()


def _run_command(commands: Commands, line: str, say: Print) -> None:
    words, equals, reason = line.partition("=")
    command = commands.get(" ".join(words.split()) + equals)
    if command is None or (equals and not reason.strip()):
        say("  this command does not exist: type one of the lines above, and a reason after `accept CODE=`")
    elif problem := command.run(reason.strip()):
        say(f"  {problem}")


def _ask_answer(state: WizardState, step: str, key: str, say: Print, ask: AskLine) -> None:
    field = {k: f for k, _, f in fields_of(state.answers.tables[step])}[key]
    hint = HINTS.get(field.kind, ", ".join(field.choices)) or field.help
    while True:
        current = show(field, getattr(state.answers.tables[step], key))
        line = ask(f"{step}.{key} ({hint}) [{current}]: ")
        if not line.strip():
            return
        problem = state.give(step, key, line).problem
        if not problem:
            if save_problem := state.flush():
                say(f"  {save_problem}")
            return
        say(f"  {key} {problem}")
