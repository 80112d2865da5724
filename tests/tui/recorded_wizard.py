"""Runs the wizard and records what Textual's own driver would write, in the file $RECORDED_OUTPUT."""

import os
from typing import Any

from mhv_tui.cli import main
from mhv_tui.tui import app
from mhv_tui.tui.driver import TerminalDriver


class RecordingDriver(TerminalDriver):
    """The wizard's driver, with a record of all output before it is reduced."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._record = os.open(os.environ["RECORDED_OUTPUT"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        super().__init__(*arguments, **options)

    def write(self, data: str) -> None:
        os.write(self._record, data.encode())
        super().write(data)


if __name__ == "__main__":
    vars(app)["TerminalDriver"] = RecordingDriver
    raise SystemExit(main())
