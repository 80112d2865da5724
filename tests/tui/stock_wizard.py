"""Runs the wizard with Textual's own driver, to compare its screen and its bytes with ours."""

from textual.drivers.linux_driver import LinuxDriver

from mhv_tui.cli import main
from mhv_tui.tui import app

if __name__ == "__main__":
    vars(app)["TerminalDriver"] = LinuxDriver
    raise SystemExit(main())
