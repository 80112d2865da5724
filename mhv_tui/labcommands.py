"""The command `mhv-tui lab`; the work is done in mhv_tui/lab/."""

from __future__ import annotations

import argparse
from pathlib import Path

from mhv_tui.core.answerfile import dumps


def run(arguments: argparse.Namespace) -> int:
    """Runs one of up, status, answers, down, destroy; returns the exit code."""
    from mhv_tui.lab import lifecycle

    match arguments.verb:
        case "up":
            inventory = Path(arguments.vcenter) if arguments.vcenter else None
            parts = tuple(part.strip() for part in arguments.parts.split(",") if part.strip())
            lifecycle.up(arguments.name, profile=arguments.profile, vcenter=inventory, parts=parts)
        case "status":
            print(lifecycle.status(arguments.name))
        case "answers":
            print(dumps(lifecycle.answers(arguments.name, kind=arguments.kind)), end="")
        case "down":
            lifecycle.down(arguments.name)
        case _:
            lifecycle.destroy(arguments.name, cache=True)
    return 0
