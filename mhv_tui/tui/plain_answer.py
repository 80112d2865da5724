"""Asks for one answer as a line prompt, with the choices of the last check as a numbered list."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from mhv_tui.core.answers import AnswerField, fields_of
from mhv_tui.core.forms import HINTS, show
from mhv_tui.core.secret import SecretRef
from mhv_tui.core.steps import Choice
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.render import result_word

MOST_NUMBERED = 8
"""The most values of an answer that are numbered without a check; `?` lists more."""

NUMBERED_VALUE = "number from the list, or a value"
NUMBERED_NAMES = "numbers from the list or names, separated by commas"
"""What the operator can type if the choices are numbered."""


@dataclass(frozen=True)
class Console:
    """The functions that print lines and ask for lines. The asking functions raise EOFError."""

    say: Callable[[str], None]
    ask: Callable[[str], str]
    ask_unseen: Callable[[str], str]
    """Asks without showing the typed line."""
    columns: Callable[[], int]
    """Returns the columns of the terminal; 0 if there is none."""


class BackRequested(Exception):
    """The operator typed `<` to go to the page before."""


def ask_answer(state: WizardState, step: str, key: str, choices: Sequence[Choice], console: Console) -> None:
    """Asks until the line is valid, and saves the answer. Raises EOFError, and BackRequested for `<`."""
    default, field = next((d, f) for k, d, f in fields_of(state.answers.tables[step]) if k == key)
    rows = _numbered(field, choices)
    value = getattr(state.answers.tables[step], key)
    for line in _listed(field, rows, value):
        console.say(line)
    while True:
        value = getattr(state.answers.tables[step], key)
        prompt = f"{key}{_hint(field, rows)} [{_shown(field, value, state.has_typed(step, key))}]: "
        line = (console.ask_unseen if field.kind == "secret" else console.ask)(prompt).strip()
        if line == "<":
            raise BackRequested
        if line == "?":
            _explain(field, default, console.say)
        elif not line:
            return
        elif problem := _give(state, step, key, "" if line == "-" else _chosen(field, rows, line)):
            console.say(f"  {key}: {problem}")
        else:
            if line == "-":
                console.say(f"  {key} is now {show(field, default) or 'empty'}")
            return


def text_of(field: AnswerField, choice: Choice) -> str:
    """The text that gives the value of a choice."""
    return choice.value if isinstance(choice.value, str) else show(field, choice.value)


def _numbered(field: AnswerField, choices: Sequence[Choice]) -> Sequence[Choice]:
    """The choices to number: those of the last check, else the values of a short enumeration."""
    values = field.choices if field.kind == "choice" and len(field.choices) <= MOST_NUMBERED else ()
    return choices or [Choice(value, value) for value in values]


def _listed(field: AnswerField, rows: Sequence[Choice], value: object) -> list[str]:
    current = value if isinstance(value, tuple) else (show(field, value),)
    lines = []
    for number, choice in enumerate(rows, 1):
        is_current = text_of(field, choice) in current
        problem = (
            f"; {result_word(choice.finding)} {choice.finding.code}: {choice.finding.headline}"
            if choice.finding
            else ""
        )
        lines.append(f"  {number}  {choice.label}{problem}{'  (current)' if is_current else ''}")
    return lines


def _hint(field: AnswerField, rows: Sequence[Choice]) -> str:
    if rows:
        return f" ({NUMBERED_NAMES if field.kind == 'list' else NUMBERED_VALUE})"
    hint = HINTS.get(field.kind, "") or (f"such as {field.example}" if field.example else "")
    return f" ({hint})" if hint else ""


def _shown(field: AnswerField, value: object, has_typed: bool) -> str:
    if isinstance(value, SecretRef) and value.kind == "prompt":
        return "typed" if has_typed else "type it again"
    return show(field, value) or ("required" if field.required else "")


def _explain(field: AnswerField, default: object, say: Callable[[str], None]) -> None:
    say(f"  {field.help}")
    if field.choices:
        say(f"  One of: {', '.join(field.choices)}")
    if field.example:
        say(f"  Such as: {field.example}")
    if show(field, default):
        say(f"  Default: {show(field, default)}")


def _chosen(field: AnswerField, rows: Sequence[Choice], line: str) -> str:
    """The line, in which a number of the list is replaced by its value. A value that is a number stays a value."""
    if field.kind == "list" and not line.startswith("["):
        return ", ".join(_value(field, rows, part.strip()) for part in line.split(","))
    return _value(field, rows, line)


def _value(field: AnswerField, rows: Sequence[Choice], text: str) -> str:
    values = [text_of(field, choice) for choice in rows]
    if text in values or field.kind == "int" or not (text.isascii() and text.isdigit()):
        return text
    return values[int(text) - 1] if 0 < int(text) <= len(values) else text


def _give(state: WizardState, step: str, key: str, text: str) -> str:
    return state.give(step, key, text).problem or state.flush()
