"""`mhv-tui lab`: real parts to rehearse against. All knowledge of them is in mhv_tui/lab/."""

from __future__ import annotations

import sys
from pathlib import Path

from mhv_tui.cli.options import LabOptions
from mhv_tui.core.answerfile import dumps


def run(options: LabOptions) -> int:
    """up, status, answers, down or destroy; returns the exit code."""
    from mhv_tui.lab import world

    def progress(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    match options.action:
        case "up":
            inventory = Path(options.vcenter) if options.vcenter else None
            parts = tuple(part.strip() for part in options.parts.split(",") if part.strip())
            world.up(options.name, profile=options.profile, vcenter=inventory, parts=parts, progress=progress)
        case "status":
            print(world.status(options.name))
        case "answers":
            print(dumps(world.answers(options.name, kind=options.kind)), end="")
        case "down":
            world.down(options.name, progress=progress)
        case "destroy":
            world.destroy(options.name, progress=progress, cache=True)
    return 0
