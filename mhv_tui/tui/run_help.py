"""The help of a screen whose run goes on meanwhile: its progress stays visible above the help."""

from __future__ import annotations

from collections.abc import Callable

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from mhv_tui.tui.dialogs import HelpViewer
from mhv_tui.tui.timers import every

Lines = Callable[[int], Content]
"""A function that returns two lines about the present progress, for a screen of so many columns."""

GOES_ON = "The run goes on: "
"""The beginning of the line about what a run does while its help is open."""


class RunHelp(HelpViewer):
    """A dialog with a help. `progress`: what stays visible above it; None if nothing runs."""

    DEFAULT_CSS = "RunHelp #run-progress { dock: top; width: 100%; height: 2; padding: 0 1; }"

    def __init__(self, title: str, text: str, progress: Lines | None = None) -> None:
        super().__init__(title, text)
        self._progress = progress

    def compose(self) -> ComposeResult:
        if self._progress:
            yield Static("", id="run-progress")
        yield from super().compose()

    def on_mount(self) -> None:
        if self._progress:  # else nothing changes, and no timer wakes the screen
            self._follow()
            every(self, 1.0, self._follow)

    def _follow(self) -> None:
        for line in self.query("#run-progress").results(Static):
            if self._progress and line.content != (text := self._progress(self.size.width - 2)):
                line.update(text)
