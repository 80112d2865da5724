"""`mhv-tui` without a command: runs the wizard on a screen or as line prompts.

The wizard offers to resume an unfinished session. The process ends only after the current change is completed.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import signal
import sys
import termios
from importlib import import_module
from typing import cast

from mhv_tui.cli import finish_tools, output, preflight
from mhv_tui.cli.exits import leave
from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.prompts import approve_by_asking, ask_line, ask_unseen, at_terminal
from mhv_tui.cli.session_store import OpenSessions
from mhv_tui.cli.setup import titles
from mhv_tui.cli.signals import AT_ONCE, stopping
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.files import write_atomic
from mhv_tui.engine.session_status import state_words
from mhv_tui.engine.state import read_private, state_home
from mhv_tui.engine.wizard_state import WizardState

THEME = "theme"
"""The name of the file with the theme that the operator selected last."""


def run(options: WizardOptions) -> int:
    """Runs the wizard to its end; returns the exit code."""
    preflight.check_options(options)
    if not (at_terminal() and sys.stderr is not None and sys.stderr.isatty()):
        raise UsageError(
            "the wizard needs a terminal",
            "run mhv-tui in a terminal, or use `mhv-tui apply FILE`; `mhv-tui answers template` prints such a FILE",
        )
    with contextlib.closing(OpenSessions(options)) as sessions:
        code = _run_plain(sessions) if options.is_plain else _run_screen(sessions, options)
    return leave(code)


def load_asyncio() -> None:
    """Loads asyncio without TLS: the screen needs none, and to load OpenSSL delays the first page."""
    modules = cast("dict[str, object]", sys.modules)
    if "ssl" not in modules:
        modules["ssl"] = None  # now `import ssl` fails, which asyncio expects on some systems
        import_module("asyncio")
        del modules["ssl"]


def _run_screen(sessions: OpenSessions, options: WizardOptions) -> int:
    load_asyncio()
    from mhv_tui.domain import catalogue
    from mhv_tui.tui.app import Wizard
    from mhv_tui.tui.finish_tools import FinishTools
    from mhv_tui.tui.themes import first_theme

    logging.getLogger().addHandler(logging.NullHandler())  # no thread writes a record to stderr after the log is closed
    state = None if sessions.unfinished() else sessions.open("")
    tools = FinishTools(finish_tools.collect, finish_tools.report)
    theme = options.theme or first_theme(remembered=remembered_theme())
    app = Wizard(state or sessions, catalogue.explain_finding, tools=tools, sessions=sessions, theme=theme)
    app.is_simulated = options.demo
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # the app's event loop handles it while it runs
    try:
        code = app.run(mouse=False)
    except OSError:
        app.end_with(129)
        code = 129
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if app.theme != theme:
        remember_theme(app.theme)
    if app.crash:
        _discard_input()
    if app.busy and app.applying:
        output.say(f"mhv-tui {app.ending}; {AT_ONCE.format(again='')}", sys.stderr)
        app.applying.join()
    gc.freeze()  # the process ends now: a last search for garbage would only delay it
    if app.crash and not app.requested_exit:
        raise app.crash
    return app.requested_exit or code or app.return_code or 0


def remembered_theme() -> str:
    """Returns the theme that the operator selected last; "" if there is none, or if it cannot be read."""
    with contextlib.suppress(UsageError):
        return read_private(state_home() / THEME, 100).decode(errors="replace").strip()
    return ""


def remember_theme(name: str) -> None:
    """Saves the theme for the next start, if that is possible."""
    with contextlib.suppress(UsageError, OSError):  # a theme is not worth an error at the end
        write_atomic(state_home() / THEME, f"{name}\n")


def _discard_input() -> None:
    """Discards keys typed after the screen has crashed: they may be a password, and the shell must not read them."""
    with contextlib.suppress(termios.error, ValueError):
        termios.tcflush(sys.stdin, termios.TCIFLUSH)


def _run_plain(sessions: OpenSessions) -> int:
    from mhv_tui.tui.plain import ask_all_pages

    state = _state_to_begin(sessions)
    if not ask_all_pages(state, output.say, ask_line, ask_unseen, lambda: columns_of(sys.stdout)):
        return 130
    with stopping() as state.stop:
        return state.apply(output.line_listener(titles(), state.answers.accepts), approve_by_asking).exit


def _state_to_begin(sessions: OpenSessions) -> WizardState:
    """Opens the newest unfinished session if the operator wants to resume it; else a new session."""
    unfinished = sessions.unfinished()
    if not unfinished:
        begun = sessions.open("")
        for text in filter(None, (sessions.resume_text(begun.session.name), sessions.demo_text())):
            output.say(text)
        return begun
    row = unfinished[0]
    state = f"{state_words(row.status)}, changes in place: {row.status.progress}, {row.used}"
    try:
        answer = ask_line(f"Resume session {row.name} ({state})? [Y/n] ")
    except EOFError:
        answer = "n"
    if answer.strip().lower() in ("n", "no"):
        return sessions.create(sessions.new_name())
    if text := sessions.resume_text(row.name):
        output.say(text)
    return sessions.open(row.name)
