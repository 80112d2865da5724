"""The dialog that saves a text to a file: asks for the path, and asks again before it overwrites a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Label, Static

from mhv_tui.core.files import write_output
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.redaction import shown
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.dialogs import ConfirmDialog
from mhv_tui.tui.fields import TextInput
from mhv_tui.tui.keys import KeyLine
from mhv_tui.tui.render import KeyHint


class SaveDialog(Dialog[str | None]):
    """Saves a text. Returns the name and the directory of the file for a message; None if the operator cancelled.

    `path` is the path that the dialog suggests; a relative path is below the current directory. `text` returns the text
    for the chosen path, whose suffix may select a format. `hint` is a line below the title.
    """

    about = dialog_help.SAVE

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]

    DEFAULT_CSS = """
    SaveDialog #save-problem { color: $text-muted; min-height: 1; }
    SaveDialog #save-problem.problem { color: $text-warning; }
    """

    def __init__(self, title: str, path: str, text: Callable[[Path], str], hint: str = "") -> None:
        super().__init__()
        self._title = title
        self._hint = hint
        self._path = path
        self._text = text

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Label(Content(self._title), classes="title")
            if self._hint:
                yield Static(Content(self._hint), classes="hint-above")
            yield TextInput(self._path)
            yield Static("", id="save-problem")
        yield KeyLine((KeyHint("Enter", "save"), KeyHint("Esc", "back")))

    def on_mount(self) -> None:
        field = self.query_one(TextInput)
        field.focus()
        field.cursor_position = len(field.value)
        self._show_problem("")

    def on_input_changed(self) -> None:
        self._show_problem("")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        path = self._expanded(text)
        if not text or path is None:
            self._show_problem(f"the path is empty or names an unknown user; write a path such as {self._path}")
        else:
            self._write(path)

    def _expanded(self, text: str) -> Path | None:
        try:
            return Path(text).expanduser()
        except RuntimeError:  # the home directory of ~user is not known
            return None

    def _write(self, path: Path, replace: bool = False) -> None:
        try:
            write_output(path, self._text(path), replace)
        except FileExistsError:
            self.app.push_screen(
                ConfirmDialog(f"{path} exists. Overwrite it?", dialog_help.OVERWRITE), partial(self._overwrite, path)
            )
        except OSError as error:
            self._show_problem(f"{path} cannot be written: {error.strerror or error}; choose another path")
        else:
            self.dismiss(f"{path.name} in {path.absolute().parent}")

    def _overwrite(self, path: Path, confirmed: bool | None) -> None:
        if confirmed:
            self._write(path, replace=True)

    def _show_problem(self, text: str) -> None:
        """Shows a problem; without one, the directory of the file."""
        path = self._expanded(self.query_one(TextInput).value.strip() or "file")
        place = f"in the directory {shown(str(path.absolute().parent))}" if path else ""
        line = self.query_one("#save-problem", Static)
        line.set_class(bool(text), "problem")
        line.update(Content(f"{GLYPHS['failure']} {shown(text)}" if text else place))
