"""The screen of an undo: what is undone now, what is done, and the outcome."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import PurePath
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from mhv_tui.core.errors import MhvError
from mhv_tui.core.events import Applying, Event, Failed, Finished, Planned, Progress, Undone
from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count, these
from mhv_tui.engine.commands import UNDO_SIMULATED
from mhv_tui.engine.stop import Stop
from mhv_tui.tui import dialog_help
from mhv_tui.tui.apply_rows import clock
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.dialogs import ConfirmDialog, TextViewer
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.header import header_line
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.messages import EngineEvent, post_from_thread
from mhv_tui.tui.quitting import close_stop_question
from mhv_tui.tui.render import COLOURS, KeyHint, bar, error_text, truncate, wrap_lines
from mhv_tui.tui.screens import WizardScreen
from mhv_tui.tui.session_rows import change_lines
from mhv_tui.tui.session_store import SessionStore
from mhv_tui.tui.stop_questions import STOP_UNDO, STOP_UNDO_WAITING
from mhv_tui.tui.timers import every

if TYPE_CHECKING:
    from mhv_tui.tui.session_app import SessionApp

POLL = 0.2
"""While a question is open, the seconds between two checks for a stop request."""

INDENT = " " * 12
"""The indent of a line that continues the line above."""

OUTCOMES = {
    "done": "the undo is complete",
    "nothing-to-do": "there was nothing to undo",
    "stopped": "nothing is undone",
    "failed": "not every change is undone",
    "cancelled": "the undo was stopped before its end; run it again to continue",
}
"""The last line of the screen, by the outcome."""


NOT_ENDED = "The undo has not ended: it goes on, ^C stops it and quits."
"""The answer to the keys that act after the undo."""

HELP = """Up, Down           scroll what is undone; also PgUp, PgDn
Ctrl+C, Ctrl+Q     stop after the change that is being undone
                   (asks)
Ctrl+Z Ctrl+Z      suspend: the undo stands still until `fg`
Enter, Esc         after the undo: back
F9                 next colour theme
Ctrl+L             draw the screen again

If the terminal closes, the undo of the current change is
completed. To continue, start mhv-tui again and undo the session
again (F4, then u): what is undone is not repeated.
"""


@dataclass
class UndoFinished(Message, bubble=False):
    """The undo has ended."""

    finished: Finished


@dataclass
class SecretNeeded(Message, bubble=False):
    """The undo needs the secret of the answer `label`. It waits for `answer`; None means that there is no secret."""

    label: str
    answer: SimpleQueue[str | None]


class SecretPrompt(Dialog[str | None]):
    """A dialog for one secret, which is not shown. Returns None if cancelled. Ctrl+C asks whether to stop the undo."""

    closes_on_interrupt = False
    about = dialog_help.SECRET
    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    def __init__(self, label: str) -> None:
        super().__init__()
        self._label = label

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown(f"The undo needs {self._label}:")))
            yield TextInput(password=True)
        yield KeyLine((KeyHint("Enter", "accept"), KeyHint("Esc", "continue without it")))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        self.dismiss(event.value or None)


class UndoScreen(WizardScreen[None]):
    """The undo of one session. It starts at once; when it has ended, Enter or Esc goes back."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["undo.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [("escape,enter", "leave", "Back"), ("f1", "help", "Help")]

    def __init__(self, store: SessionStore, name: str) -> None:
        super().__init__()
        self.finished: Finished | None = None
        self._store = store
        self._session_name = name
        self._began = self._change_began = time.monotonic()
        self._end = 0.0
        """The time of the end of the undo; 0 while it runs."""
        self._total = self._undone = 0
        self._lines: list[Content] = []
        self._now = "reading what the session changed ..."
        self._note = ""
        self._is_undoing = False
        """True while a change is being undone."""

    def compose(self) -> ComposeResult:
        yield Label("", id="head")
        with Vertical(id="undo-body"):
            yield Static("", id="undo-progress")
            with VerticalScroll(id="undo-log"):
                yield Static("")
            yield Static("", id="undo-now")
        yield KeyLine([KeyHint("^C", "stop and quit"), KeyHint("F1", "help")])

    def on_mount(self) -> None:
        self._timer = every(self, 1.0, self._show)
        self.query_one("#undo-log").focus()
        stop = Stop()
        self.wizard.start_undo(threading.Thread(target=self._undo, args=(stop,), name="undo", daemon=True), stop)

    def on_resize(self) -> None:
        self.query_one("#head", Label).update(Content(header_line(self.size.width, self._session_name, "Undo", "")))
        self._show()

    def _undo(self, stop: Stop) -> None:
        """Runs in a thread: undoes the changes and reports each event to this screen."""

        def ask(label: str) -> str | None:
            answer: SimpleQueue[str | None] = SimpleQueue()
            post_from_thread(self, SecretNeeded(label, answer))
            while not stop.requested:
                try:
                    return answer.get(timeout=POLL)
                except Empty:
                    continue
            return None

        def listen(event: Event) -> None:
            post_from_thread(self, EngineEvent(event))

        try:
            finished = self._store.undo(self._session_name, listen, stop, ask)
        except (MhvError, OSError) as error:
            remedy = getattr(error, "remedy", "")
            finished = Finished("stopped", 3, message=f"{error}; {remedy}".rstrip("; "))
        post_from_thread(self, UndoFinished(finished))

    def on_secret_needed(self, message: SecretNeeded) -> None:
        self.app.push_screen(SecretPrompt(message.label), message.answer.put)

    def on_engine_event(self, message: EngineEvent) -> None:
        self._note_event(message.event)
        self._show()

    def _note_event(self, event: Event) -> None:
        self._is_undoing &= not isinstance(event, Undone | Failed)
        match event:
            case Planned():
                self._total += 1
            case Applying(step=step, summary=summary, id=id):
                self._change_began, self._note = time.monotonic(), ""
                self._now, self._is_undoing = f"{step:<9} {summary or id}", True
            case Undone(step=step, seconds=seconds):
                self._undone += 1
                self._add_done(GLYPHS["ok"], self._now, seconds, COLOURS["ok"])
                self._now = ""
            case Failed(step=step, id=id, finding=finding, seconds=seconds):
                self._add_done(GLYPHS["failure"], self._now or f"{step:<9} {id}", seconds, COLOURS["failure"])
                self._add(f"{finding.code} {finding.sentence}")
                self._add(finding.remedy)
                self._now = ""
            case Progress(done=done, total=total, unit=unit, note=note):
                share = f"{100 * done // total} %" if total else f"{done} {unit}"
                self._note = f"{share}  {note}"
            case _:
                pass

    def _add_done(self, glyph: str, text: str, seconds: float, colour: str) -> None:
        width = max(self.size.width - 6, 30)
        duration = f"  {seconds:.1f} s" if seconds >= 0.05 else ""
        step, summary = text[: len(INDENT) - 2], text[len(INDENT) - 2 :]
        first, *others = wrap_lines(summary, width - len(duration), INDENT)
        line = f"{step}{first[len(INDENT) :]}"
        padding = " " * max(width - cell_len(line) - len(duration) - 2, 0)
        self._lines.append(Content.assemble((f"{glyph} ", f"bold {colour}"), f"{line}{padding}{duration}"))
        self._lines += [Content(other) for other in others]
        self._show_log()

    def _add(self, text: str) -> None:
        self._lines += [Content(line) for line in wrap_lines(text, max(self.size.width - 6, 30), INDENT)]
        self._show_log()

    def _show_log(self) -> None:
        self.query_one("#undo-log Static", Static).update(Content("\n").join(self._lines))
        self.query_one("#undo-log").scroll_end(animate=False)

    def _show(self) -> None:
        self.query_one("#undo-progress", Static).update(self._bar())
        if self.finished:
            return
        seconds = int(time.monotonic() - self._change_began)
        now = f"> {self._now}   {seconds} s" if self._now else ""
        width = max(self.size.width - 4, 30)
        text = "\n".join([*wrap_lines(now, width, "", 2), *wrap_lines(self._note, width, "  ", 1)])
        self.query_one("#undo-now", Static).update(Content(text))

    def _bar(self) -> Content:
        columns = max(min(self.size.width - 42, 40), 10)
        elapsed = clock((self._end or time.monotonic()) - self._began)
        label = f"  {self._undone} of {count(self._total, 'change')}   {elapsed} elapsed"
        return bar(columns, self._undone, self._total) + label

    def on_undo_finished(self, message: UndoFinished) -> None:
        self._end = time.monotonic()
        self._timer.stop()
        self._show()
        self.finished = finished = message.finished
        level: Level = "ok" if finished.exit == 0 else "failure"
        text = f"{GLYPHS[level]} {OUTCOMES.get(finished.outcome, finished.outcome)}: {finished.message}"
        lines = "\n".join(wrap_lines(text, max(self.size.width - 4, 30), ""))
        self.query_one("#undo-now", Static).update(Content.styled(lines, f"bold {COLOURS[level]}"))
        self.query_one(KeyLine).show([KeyHint("Enter", "back"), KeyHint("^Q", "quit"), KeyHint("F1", "help")])
        close_stop_question(self.wizard, "undo")
        self.wizard.end_undo(self._session_name)

    @property
    def stop_question(self) -> str:
        """The question whether to stop what the undo does now."""
        return STOP_UNDO if self._is_undoing else STOP_UNDO_WAITING

    def action_help(self) -> None:
        """Shows what the keys do."""
        self.wizard.show_help("Keys while changes are undone", HELP, self._progress)

    def _progress(self, width: int) -> Content:
        """What stays visible of the undo while its help is open; after its end also the outcome."""
        outcome = self.finished and OUTCOMES.get(self.finished.outcome, self.finished.outcome)
        line = f"{outcome}; Esc shows it" if outcome else f"The undo goes on: {' '.join(self._now.split())}"
        return Content(f"{self._bar().plain}\n{truncate(line, width)}")

    def action_leave(self) -> None:
        """Closes the screen when the undo has ended."""
        if self.finished:
            self.app.pop_screen()
        else:
            self.notice(NOT_ENDED)


def ask_to_undo(app: SessionApp, store: SessionStore, name: str) -> None:
    """Shows what an undo of a session would undo, asks, and opens the screen of the undo."""
    try:
        rows = store.undo_rows(name)
    except (MhvError, OSError) as error:
        app.push_screen(TextViewer("Nothing is undone", error_text(error)))
        return
    if not rows and rows is not None:
        app.push_screen(TextViewer(f"Session {name}", "No change of this session is in place: nothing to undo."))
        return

    def undo(confirmed: bool | None) -> None:
        if confirmed:
            app.push_screen(UndoScreen(store, name))

    changes = these(len(rows), "change") if rows else "the changes that its damaged journal still shows"
    signed = [(f"{sign} {step}", text) for sign, step, text in rows or ()]
    lines = change_lines(signed, TextViewer.columns(app.size.width))
    simulated = [UNDO_SIMULATED] if app.is_simulated else []
    order = "" if rows and len(rows) == 1 else ", in this order"
    question = "\n".join([f"Undo {changes} of session {name}{order}?", *simulated, "", *lines])
    app.push_screen(ConfirmDialog(question, dialog_help.UNDO), undo)
