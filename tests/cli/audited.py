"""Runs a command of mhv-tui with every log record, also of debugging, on stderr; on request it leaks a secret first.

Run it as `python -m tests.cli.audited ARGUMENTS`. The leaks prove that the audit finds what it searches for.
"""

from __future__ import annotations

import base64
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable

from mhv_tui import cli
from mhv_tui.cli.setup import SafeFormatter
from mhv_tui.engine.state import state_home

PAUSE = "import time; time.sleep(0.4)"
"""A program that runs long enough to be sampled."""


def _in_arguments(secret: str) -> None:
    subprocess.run([sys.executable, "-S", "-c", PAUSE, f"--password={secret}"], check=True)


def _in_environment(secret: str) -> None:
    subprocess.run([sys.executable, "-S", "-c", PAUSE], env={"LEAKED": secret}, check=True)


def _in_state(secret: str) -> None:
    (state_home() / "crash.log").write_text(secret.encode().hex())


def _in_temporary_file(secret: str) -> None:
    with tempfile.NamedTemporaryFile("wb", delete=False) as file:
        file.write(base64.b64encode(b":" + secret.encode()))


LEAKS: dict[str, Callable[[str], object]] = {
    "argv": _in_arguments,
    "environ": _in_environment,
    "stdout": print,
    "stderr": logging.getLogger("leak").debug,
    "crash.log": _in_state,
    "tmp": _in_temporary_file,
}
"""By the place where the audit must report it."""


def main() -> int:
    handler = logging.StreamHandler()
    handler.setFormatter(SafeFormatter("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.DEBUG, handlers=[handler])
    place, _, variable = os.environ.get("LEAK", "").partition(" ")
    if place:
        LEAKS[place](os.environ[variable])
    return cli.main()


if __name__ == "__main__":
    sys.exit(main())
