"""The last page: the hand-over, and the keys that write the report, save the answers, copy the text and undo."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from mhv_tui.core.answerfile import text_of
from mhv_tui.core.errors import MhvError
from mhv_tui.core.handover import users_text
from mhv_tui.core.redaction import shown_lines
from mhv_tui.engine.commands import apply_command
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.tui.keys import KeyLine, back_to_plan
from mhv_tui.tui.messages import NoticePosted
from mhv_tui.tui.page import Page
from mhv_tui.tui.page_help import EVERYWHERE_HELP, SIGNS_HELP
from mhv_tui.tui.render import KeyHint, error_text
from mhv_tui.tui.save_dialog import SaveDialog
from mhv_tui.tui.sidebar import Sidebar
from mhv_tui.tui.summary import render_summary

KEYS_HELP = {
    "Enter": "go to what is missing or blocked",
    "r": "write the report to a file",
    "s": "save the answers, to repeat this session",
    "y": "copy the text for the cloud's users",
    "u": "undo the changes of this session (asks)",
    "Up, Down": "scroll",
    "1 to 9, 0": "open the page with this number",
}
"""The keys of this page, and what they do if they act at present."""
ROOMY = 100
"""The number of columns from which the list of pages is beside the text."""
REPORT_FORMATS = "The end of the name selects the format: .md, .html, .xml (JUnit), .json; others are text."
ANSWERS_USE = "`{}` repeats the session with them. They contain no password."
CHECKING = "  Checking all pages ..."
NO_TEXT = "There is no text to copy yet: the page says why."
COPIED = "Sent to the terminal's clipboard. If it is not there: r writes it to a file."


def help_text(idle_keys: Collection[str] = ()) -> str:
    """The keys of this page without those that do nothing at present, then the keys of every page."""
    keys = (f"  {key:<16} {does}\n" for key, does in KEYS_HELP.items() if key not in idle_keys)
    return f"On this page:\n{''.join(keys)}\n{SIGNS_HELP}{EVERYWHERE_HELP.rstrip()}\n"


class FinishPage(Page):
    """The page of the step without answers: it shows the session as a whole."""

    CSS_PATH: ClassVar[list[str | PurePath]] = ["finish.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "follow", "Continue", priority=True),
        ("r", "report", "Report"),
        ("s", "save_answers", "Save answers"),
        ("y", "copy", "Copy"),
        ("u", "app.undo", "Undo"),
        Binding("down", "scroll(1)", "Down", priority=True),
        Binding("up", "scroll(-1)", "Up", priority=True),
    ]

    source: ReportInput | None = None
    """The session as the page shows it; None until the page is checked."""

    def show_summary(self) -> None:
        try:
            self.source = self.wizard.tools.collect(self.state)
        except (MhvError, OSError) as error:  # a file of the session cannot be read
            self.source = None
            self.query_one("#summary Static", Static).update(Content(shown_lines(error_text(error))))
        self._draw()

    def action_check_again(self) -> None:
        """Checks all pages again. A refused login is tried again; a check that hangs is replaced."""
        self.show_keys()
        self.state.try_again()
        for step in self.state.flow:
            self.state.forget(step.id)
        self.query_one(Sidebar).refresh_levels()
        self.action_check(is_requested=True)

    def action_check(self, is_requested: bool = False) -> None:
        """Starts a check, until whose end the page shows no session, because all pages can have changed."""
        self.source = None
        self.query_one("#summary Static", Static).update(CHECKING)
        self.pane.display = True
        self.show_keys(keeps_notice=True)
        super().action_check(is_requested)

    def on_resize(self, event: events.Resize) -> None:
        self.set_class(event.size.width >= ROOMY, "roomy")
        self.call_after_refresh(self._draw)

    def _draw(self) -> None:
        if self.source:
            width = self.query_one("#summary").content_size.width
            self.query_one("#summary Static", Static).update(render_summary(self.source, width))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Every action works on a complete page: it has no field that could have the focus."""
        return self.is_complete

    def show_keys(self, keeps_notice: bool = False) -> None:
        state = self.source.verdict.state if self.source else ""
        keys = [
            KeyHint("Enter", "plan" if state in ("missing", "incomplete", "unproven") else "open page"),
            KeyHint("r", "report"),
            KeyHint("s", "save answers"),
            KeyHint("y", "copy text"),
            KeyHint("u", "undo"),
            KeyHint("^P", "back"),
            KeyHint("^G", "plan"),
            KeyHint("F1", "help"),
            KeyHint("^Q", "quit"),
        ]
        keys = [key for key in keys if key.key not in self._idle_keys]
        self.query_one(KeyLine).show(keys if self.plan_place is None else back_to_plan(keys), keeps_notice)

    @property
    def _idle_keys(self) -> set[str]:
        """The keys that do nothing at present."""
        source = self.source
        if source is None:
            return {"Enter", "r", "y", "u"}
        idle = {
            "Enter": source.verdict.state in ("done", "outdated"),
            "y": not (source.handover and source.handover.command),
            "u": not source.can_undo,
        }
        return {key for key, is_idle in idle.items() if is_idle}

    def action_scroll(self, lines: int) -> None:
        self.query_one("#summary").scroll_relative(y=lines, animate=False)
        self.show_keys()

    async def action_follow(self) -> None:
        """Opens the page or the plan to which the verdict leads."""
        verdict = self.source.verdict if self.source else None
        if verdict is None or verdict.state in ("done", "outdated"):
            self.post_message(NoticePosted("Nothing is missing." if verdict else "The page is not checked yet."))
        elif verdict.state in ("blocked", "unchecked", "test failed") and verdict.step:
            await self.wizard.show_page(verdict.step)
        else:
            self.wizard.action_plan()

    def action_report(self) -> None:
        """Asks for a path and writes the report."""
        source = self.source
        if source:
            name = f"{self.state.session.name}-report.md"
            dialog = SaveDialog(
                "Write the report", name, lambda path: self.wizard.tools.report(source, path.suffix), REPORT_FORMATS
            )
            self.app.push_screen(dialog, self._written)

    def action_save_answers(self) -> None:
        """Asks for a path and writes the answers, which contain no secret."""
        name, text = f"{self.state.session.name}-answers.toml", text_of(self.state.answers)
        use = ANSWERS_USE.format(apply_command("FILE", self.source.scene if self.source else None))
        self.app.push_screen(SaveDialog("Save the answers", name, lambda path: text, use), self._written)

    def _written(self, place: str | None) -> None:
        if place:
            self.post_message(NoticePosted(f"Written: {place}"))

    def action_copy(self) -> None:
        """Copies the text for the cloud's users to the clipboard of the terminal."""
        handover = self.source.handover if self.source else None
        text = users_text(handover) if handover else ""
        if text:
            self.app.copy_to_clipboard(text)
        self.post_message(NoticePosted(COPIED if text else NO_TEXT))

    def action_help(self) -> None:
        """Shows the keys that act on this page, then those of every page."""
        self.wizard.show_help(f"{self.state.step(self.step_id).title}: help", help_text(self._idle_keys))
