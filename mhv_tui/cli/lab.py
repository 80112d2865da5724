"""`mhv-tui lab`: real parts to rehearse against. Everything it knows is in mhv_tui/lab/."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from mhv_tui.core.answerfile import dumps


def run(arguments: argparse.Namespace) -> int:
    """up, status, answers, down, destroy; returns the exit code."""
    from mhv_tui.lab import world

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    match arguments.verb:
        case "up":
            inventory = Path(arguments.vcenter) if arguments.vcenter else None
            parts = tuple(part.strip() for part in arguments.parts.split(",") if part.strip())
            world.up(arguments.name, profile=arguments.profile, vcenter=inventory, parts=parts, progress=progress)
        case "status":
            print(world.status(arguments.name))
        case "answers":
            print(dumps(world.answers(arguments.name, kind=arguments.kind)), end="")
        case "down":
            world.down(arguments.name, progress=progress)
        case _:
            world.destroy(arguments.name, progress=progress, cache=True)
    return 0
