"""The text of the last page: the missing changes, the smoke tests, the next commands, and the changes made."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content

from mhv_tui.core.findings import GLYPHS, Level
from mhv_tui.core.redaction import shown
from mhv_tui.core.text import count
from mhv_tui.engine.wizard_state import WizardState
from mhv_tui.tui.render import COLOURS


def render_summary(state: WizardState) -> Content:
    """Returns the text of the last page, from the session's journal and the last results."""
    changes, smoke_tests = state.changes_made(), state.last_smoke_tests()
    changes_text = count(len(changes), "change") if changes else "this session has made no change"
    when = (
        shown(f"on {smoke_tests[0]}: {_booted_servers(smoke_tests[1])}")
        if smoke_tests
        else "not run yet; apply runs the smoke tests"
    )
    return Content("\n").join(
        [
            _verdict(state),
            _line("ok" if smoke_tests else "skipped", "smoke tests", when),
            *_commands(state.session.name),
            Content(""),
            _line("ok" if changes else "skipped", "changes", changes_text),
            *(Content.assemble((f"    {step:<9} ", "$text-muted"), shown(id)) for step, id in changes),
        ]
    )


def _verdict(state: WizardState) -> Content:
    missing = len(state.planned())
    failed = [step.id for step in state.flow if (result := state.result(step.id)) and result.stops]
    if failed:
        return _line("failure", "blocked", f"checks fail in these steps: {', '.join(failed)}")
    if missing:
        return _line("missing", "to make", f"{count(missing, 'change')} missing; Ctrl+G shows the plan")
    if unchecked := [step.id for step in state.flow if state.result(step.id) is None]:
        return _line("unknown", "unknown", f"steps not checked yet: {', '.join(unchecked)}; Ctrl+G checks all steps")
    return _line("ok", "complete", "no change is missing")


def _booted_servers(test_ids: Sequence[str]) -> str:
    """Returns which servers the smoke tests booted: one per hypervisor."""
    if len(test_ids) > 1:
        return "a server booted on each hypervisor"
    return f"a server booted on one hypervisor only ({shown(test_ids[0])})"


def _line(level: Level, label: str, text: str) -> Content:
    return Content.assemble((f"{GLYPHS[level]} {label:<12}", f"bold {COLOURS[level]}"), text)


def _commands(session_name: str) -> list[Content]:
    commands = {
        "undo": f"mhv-tui undo {session_name}",
        "repeat": f"mhv-tui export {session_name} --to answers",
        "report": f"mhv-tui export {session_name} --to report",
    }
    return [Content.assemble((f"  {label:<12}", "bold"), command) for label, command in commands.items()]
