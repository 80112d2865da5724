"""The dialogs of the last page: the path of a file, and whether to replace it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, Static

from mhv_tui.core.files import write_output
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.paths import expanded
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.tui.dialogs import ConfirmDialog
from mhv_tui.tui.fields import TextInput


class PathDialog(ModalScreen[str | None]):
    """Asks for the path of a file to write. Returns None if cancelled.

    `write` writes the file and returns "", or returns the problem, which the dialog shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = [("escape", "dismiss(None)", "Back")]
    DEFAULT_CSS = "PathDialog #path-problem { color: $text-warning; height: auto; }"

    def __init__(self, question: str, path: str, write: Callable[[str, bool], None]) -> None:
        super().__init__()
        self._question = question
        self._path = path
        self._write = write

    def compose(self) -> ComposeResult:
        with Vertical(classes="box"):
            yield Static(Content(shown_lines(self._question)))
            yield TextInput(self._path)
            yield Static("", id="path-problem")
            yield Label("Enter write   Esc back", classes="hint")

    def on_input_submitted(self, event: Input.Submitted) -> None:
        path = event.value.strip()
        if path:
            self._try(path, False)

    def _try(self, path: str, replace: bool) -> None:
        try:
            self._write(path, replace)
        except FileExistsError:
            question = f"{path} exists already. Replace it?"
            self.app.push_screen(ConfirmDialog(question), lambda yes: self._try(path, True) if yes else None)
        except OSError as error:
            problem = f"{GLYPHS['failure']} {path} cannot be written: {error.strerror}"
            self.query_one("#path-problem", Static).update(Content(shown(problem)))
        else:
            self.dismiss(path)


def ask_and_write(
    app: App[int], question: str, path: str, text: Callable[[str], str], then: Callable[[str], None]
) -> None:
    """Asks for a path and writes a file, after another question if it exists. `text` gets the suffix of the path.

    Calls `then` with the written path.
    """

    def write(path: str, replace: bool) -> None:
        target = Path(expanded(path))
        write_output(target, text(target.suffix), replace)

    app.push_screen(PathDialog(question, path, write), lambda path: then(path) if path else None)
