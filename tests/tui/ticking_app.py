"""An app that redraws its screen ten times a second, and writes the number of redraws into the file of its argument."""

import sys
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from mhv_tui.tui.driver import TerminalDriver


class TickingApp(App[int]):
    """Counts its redraws until the key q."""

    BINDINGS: ClassVar[list[BindingType]] = [("q", "count")]
    ticks = 0

    def compose(self) -> ComposeResult:
        yield Static()

    def on_mount(self) -> None:
        self.set_interval(0.1, self._tick)

    def _tick(self) -> None:
        self.ticks += 1
        Path(sys.argv[1]).write_text(str(self.ticks))
        row = "".join(chr(33 + (self.ticks * 7 + column * 11) % 90) for column in range(78))
        self.query_one(Static).update("\n".join([row.replace("[", "(")] * 20 + [f"tick {self.ticks}"]))

    def action_count(self) -> None:
        self.exit(0)


if __name__ == "__main__":
    raise SystemExit(TickingApp(driver_class=TerminalDriver).run(mouse=False))
