"""The command line."""

from __future__ import annotations

import gc
from collections.abc import Sequence

COLLECTION_THRESHOLD = 100_000
"""New objects after which Python searches for garbage. Imports create many objects, and hardly any garbage."""


def main(argv: Sequence[str] | None = None) -> int:
    """Runs one command; returns its exit code. Raises SystemExit for --help, --version and unknown options."""
    gc.set_threshold(COLLECTION_THRESHOLD)  # before the imports
    from mhv_tui.cli.dispatch import run

    return run(argv)
