"""What the wizard has loaded when its first page is visible with its fields. These counts depend on no machine."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tui.terminals import page_at, terminal

PROGRAM = [sys.executable, "-m", "tests.tui.listing_wizard"]
ANSWERS = """
mhv_answers = 1
[cloud]
auth_url = "http://127.0.0.1:1/v3"
username = "admin"
"""
VENDORS = {"openstack", "keystoneauth1", "pyVmomi", "paramiko", "requests", "cryptography", "urllib3", "ssl", "_ssl"}
MOST = 553
"""The largest number of modules, of which Textual, Rich and Python 3.11 have about 400; newer ones have some more."""
LATE = (
    *(".checks", ".facts", ".plan", ".plan_screen", ".dialogs", ".picker", ".signatures", ".adapters.backend"),
    *(".domain.nova", ".domain.ini", ".parser_commands", ".cli.export", ".change_lines", ".waits"),
)
MOST_OF_OURS = 150


@pytest.mark.parametrize("is_demo", [True, False], ids=["demo", "answer file"])
def test_the_first_frame_needs_few_modules(is_demo: bool, tmp_path: Path) -> None:
    file, modules, frames = tmp_path / "answers.toml", tmp_path / "modules", tmp_path / "frames"
    file.write_text(ANSWERS)
    arguments = ["--demo", "--fresh"] if is_demo else ["--answers", str(file)]
    page = page_at("cloud" if is_demo else "vcenter")
    with terminal(*arguments, program=PROGRAM, LOADED_MODULES=str(modules), WHOLE_FRAMES=str(frames)) as term:
        term.wait_for(page)
        term.wait_until_idle()
        term.press(b"\x11")
        assert term.exit_code(20) == 0
    loaded = modules.read_text().split()
    assert not VENDORS & {name.partition(".")[0] for name in loaded}
    ours = [name for name in loaded if name.startswith("mhv_tui.")]
    assert len(ours) <= MOST_OF_OURS and len(loaded) <= MOST + 12 * (sys.version_info >= (3, 12))
    assert not [name for name in ours if name.endswith(LATE)]
    assert len(frames.read_text().splitlines()) == 1  # the whole page is drawn once


def test_the_imports_search_for_no_garbage() -> None:
    program = (
        "import gc\nfrom mhv_tui.cli import main\ngc.collect()\nbefore = gc.get_stats()[0]['collections']\n"
        "try:\n    main(['--version'])\nfinally:\n    print(gc.get_stats()[0]['collections'] - before)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.splitlines()[-1] == "0"
