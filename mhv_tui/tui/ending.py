"""What the last page says: what was made and proven, what is missing still, and how to undo and repeat it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.words import COLOURS


def ending(state: WizardState) -> Content:
    """As it stands now: from the session's journal and the last looks."""
    made, proven, missing = state.changes_made(), state.last_smoke_tests(), len(state.planned())
    open_ones = [step.id for step in state.flow if (seen := state.result(step.id)) and seen.stops]
    unchecked = [step.id for step in state.flow if state.result(step.id) is None]
    name = state.session.name
    lines: list[Content] = []
    if open_ones:
        lines.append(_line("failure", "stopped", f"checks stand in the way at {', '.join(open_ones)}"))
    elif missing:
        lines.append(_line("missing", "to make", f"{count(missing, 'change')}: Ctrl+G shows the plan and asks once"))
    elif unchecked:
        lines.append(_line("unknown", "unknown", f"not checked yet: {', '.join(unchecked)}; Ctrl+G checks all"))
    else:
        lines.append(_line("ok", "complete", "nothing is missing"))
    when = f"on {proven[0]}: {_booted(proven[1])}" if proven else "not yet; applying does it"
    lines.append(_line("ok" if proven else "skipped", "proven", when))
    lines += [*_commands(name), Content("")]
    lines.append(_line("ok" if made else "skipped", "made", count(len(made), "change") if made else "nothing so far"))
    lines += [Content.assemble((f"    {step:<9} ", "$text-muted"), id) for step, id in made]
    return Content("\n").join(lines)


def _booted(ids: Sequence[str]) -> str:
    """What a proof booted: one server a side, as it was recorded."""
    return "a server booted on each hypervisor" if len(ids) > 1 else f"a server booted on one side only ({ids[0]})"


def _line(level: str, word: str, text: str) -> Content:
    return Content.assemble((f"{GLYPHS[level]} {word:<11}", f"bold {COLOURS[level]}"), text)  # type: ignore[index]


def _commands(name: str) -> list[Content]:
    rows = {
        "undo": f"mhv-tui undo {name}",
        "repeat": f"mhv-tui export {name} --to answers",
        "report": f"mhv-tui export {name} --to report",
    }
    return [Content.assemble((f"  {word:<11}", "bold"), command) for word, command in rows.items()]
