"""Questions on the terminal. They are printed to stderr, because stdout is for data."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from mhv_tui.cli.output import say
from mhv_tui.cli.signals import interruptible
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.changes import Change, totals
from mhv_tui.core.errors import Cancelled
from mhv_tui.core.redaction import shown_lines
from mhv_tui.core.secret import AskSecret
from mhv_tui.core.text import these
from mhv_tui.core.wrapping import wrapped_text


def at_terminal() -> bool:
    """True if stdin is a terminal; False if it is closed."""
    return sys.stdin is not None and sys.stdin.isatty()


def ask_line(prompt: str) -> str:
    """Prints the prompt and returns a line from the terminal. Raises EOFError."""
    print(_fitted(prompt), end="", file=sys.stderr, flush=True)
    with _line_ended(), interruptible():
        return input()


def ask_unseen(prompt: str) -> str:
    """Returns a line from the terminal without showing it while it is typed. Raises EOFError."""
    import getpass

    with _line_ended(), interruptible():
        return getpass.getpass(_fitted(prompt))


@contextmanager
def _line_ended() -> Iterator[None]:
    """Ends the line of a prompt that gets no answer, so that the next message begins a line."""
    try:
        yield
    except (EOFError, KeyboardInterrupt, Cancelled):
        say("", sys.stderr)
        raise


def _fitted(prompt: str) -> str:
    """The prompt in lines that fit into the terminal; the blanks at its end stay."""
    question = prompt.rstrip(" ")
    return wrapped_text(shown_lines(question), columns_of(sys.stderr)) + prompt[len(question) :]


def ask_secret(key: str) -> str | None:
    """Asks for the secret of the answer `key` without showing it; returns None if the operator enters none."""
    try:
        return ask_unseen(f"{key}: ") or None
    except (EOFError, KeyboardInterrupt):
        return None


def secret_prompt() -> AskSecret | None:
    """Returns the function that asks for secrets; None without a terminal."""
    return ask_secret if at_terminal() else None


def is_confirmed(question: str) -> bool:
    """Asks a yes/no question; returns True only for yes. Ctrl+C and Ctrl+D are no."""
    try:
        return ask_line(f"{question} [y/N] ").strip().lower() in ("y", "yes")
    except (EOFError, KeyboardInterrupt):
        return False


def approve_all(plan: Sequence[tuple[str, Change]]) -> frozenset[str]:
    """Approves every change without a question; returns their ids."""
    return frozenset(change.id for _, change in plan)


def approve_by_asking(plan: Sequence[tuple[str, Change]], has_tests: bool = True) -> frozenset[str] | None:
    """Shows the totals and asks once whether to make all changes; returns their ids, or None if not approved.

    `has_tests`: True if test servers boot after the changes.
    """
    from mhv_tui.engine.plan_summary import TEST_SERVERS

    tests = f" {TEST_SERVERS}" if has_tests else ""
    question = f"{totals(change for _, change in plan)}{tests}\nMake {these(len(plan), 'change')}?"
    return approve_all(plan) if is_confirmed(question) else None
