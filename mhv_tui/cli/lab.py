"""The command `mhv-tui lab`; the work is done in mhv_tui/lab/."""

from __future__ import annotations

from pathlib import Path

from mhv_tui.cli.options import LabOptions
from mhv_tui.core.answerfile import dumps


def run(options: LabOptions) -> int:
    """Runs one of up, status, answers, down, destroy; returns the exit code."""
    from mhv_tui.lab import lifecycle

    match options.action:
        case "up":
            inventory = Path(options.vcenter) if options.vcenter else None
            parts = tuple(part.strip() for part in options.parts.split(",") if part.strip())
            recording = Path(options.recording) if options.recording else None
            lifecycle.up(
                options.name,
                options.profile,
                vcenter=inventory,
                parts=parts,
                debian=options.debian,
                recording=recording,
            )
        case "status":
            print(lifecycle.status(options.name))
        case "answers":
            document = dumps(lifecycle.answers(options.name, kind=options.kind))
            print(f"# {lifecycle.title(options.name)}\n{document}", end="")
        case "down":
            lifecycle.down(options.name)
        case "destroy":
            lifecycle.destroy(options.name, cache=True)
    return 0
