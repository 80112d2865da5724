"""The wizard ends at once while a check waits for a system that never answers."""

from __future__ import annotations

import signal
import socket
import time
from pathlib import Path

import pytest

from tests.tui.terminals import terminal

ANSWERS = """
mhv_answers = 1
[cloud]
auth_url = "http://127.0.0.1:{port}/v3"
username = "admin"
password = {{ env = "CLOUD_PASSWORD" }}
project_name = "admin"
"""


@pytest.mark.parametrize(("number", "code"), [(0, 0), (signal.SIGTERM, 143)], ids=["Ctrl+Q", "SIGTERM"])
def test_the_wizard_ends_at_once_while_a_check_hangs(number: int, code: int, tmp_path: Path) -> None:
    """It takes about 0.1 s; the limit leaves room for a busy machine."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        file = tmp_path / "answers.toml"
        file.write_text(ANSWERS.format(port=silent.getsockname()[1]))
        with terminal("--answers", str(file), CLOUD_PASSWORD="s3cret") as term:
            silent.settimeout(20)
            connection, _ = silent.accept()
            began = time.monotonic()
            if number:
                term.signal(number)
            else:
                term.press(b"\x11")
            assert term.exit_code(10) == code
            assert time.monotonic() - began < 2.0
            connection.close()
