"""Runs the wizard and writes the names of the modules that are loaded at its first page to the file $LOADED_MODULES.

The file $WHOLE_FRAMES gets a line for each frame that has the introduction of the page, which never changes. The first
frame waits as on a busy machine.
"""

import os
import sys
from pathlib import Path

from mhv_tui.cli import main, wizard
from mhv_tui.steps import FLOW

BUSY = 0.5
"""Seconds until the terminal gets the first frame."""


def list_modules_and_frames() -> None:
    """Makes the wizard list its modules when the terminal gets the first page with all its fields, and its frames."""
    from mhv_tui.tui import app, driver
    from mhv_tui.tui.terminal import writer

    class ListingWriter(writer.FrameWriter):
        def _send(self, output: bytes) -> None:
            path = Path(os.environ["LOADED_MODULES"])
            if f" of {len(FLOW)} ".encode() in output and not path.exists():
                path.write_text("\n".join(sorted(sys.modules)))
            super()._send(output)

    class ListingDriver(driver.TerminalDriver):
        def write(self, data: str) -> None:
            if any(step.intro[:20] in data for step in FLOW):
                with Path(os.environ["WHOLE_FRAMES"]).open("a") as frames:
                    frames.write(f"{len(data)}\n")
            super().write(data)

    vars(writer)["SETTLING"] = BUSY
    vars(driver)["FrameWriter"] = ListingWriter
    vars(app)["TerminalDriver"] = ListingDriver


def load_asyncio() -> None:
    """As the wizard does, before anything loads Textual."""
    ORIGINAL()
    list_modules_and_frames()


ORIGINAL = wizard.load_asyncio
vars(wizard)["load_asyncio"] = load_asyncio

if __name__ == "__main__":
    raise SystemExit(main())
