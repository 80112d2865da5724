"""The end of the wizard by a key: a question if something would be lost, and during a run whether to stop it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mhv_tui.core.text import be, join_names
from mhv_tui.tui import dialog_help
from mhv_tui.tui.dialog import Dialog
from mhv_tui.tui.dialogs import ConfirmDialog, QuitDialog, StopDialog
from mhv_tui.tui.page import Page

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard

QUIT_QUESTION = "Quit, although this page has text that is not saved?\n\n{problem}"
SECRET_LOST = "The typed {keys} {be} not saved."
HAS_ENDED = "The {work} has ended; press ^Q again to quit."


def quit_or_ask(wizard: Wizard) -> None:
    """Ends the wizard, after a question if something of the page is not saved. A second Ctrl+Q means yes."""

    def end(confirmed: bool | None) -> None:
        if confirmed:
            wizard.exit(wizard.last_run.exit if wizard.last_run else 0)

    question, about = ("", "") if isinstance(wizard.screen, QuitDialog) else _question(wizard)
    if question:
        wizard.push_screen(QuitDialog(question, about), end)
    else:
        end(True)


def _question(wizard: Wizard) -> tuple[str, str]:
    """The question about what the end would lose, and what F1 says about it; "" if it would lose nothing."""
    screens = (screen for screen in reversed(wizard.screen_stack) if not isinstance(screen, Dialog))
    page = next(screens, None)
    if not isinstance(page, Page):
        return "", ""
    secret = _lost_secret(wizard, page)
    if problem := page.unsaved():
        return QUIT_QUESTION.format(problem="\n".join(filter(None, (problem, secret)))), dialog_help.QUIT
    return (f"{secret} Quit?", dialog_help.QUIT_SECRET) if secret else ("", "")


def _lost_secret(wizard: Wizard, page: Page) -> str:
    """A sentence about the secrets that were typed on the page, which are kept in memory only; "" without any."""
    state = wizard.state
    here = (state.session.name, state.session.target, page.step_id)
    places = sorted(place for place in wizard.typed_secrets if place[:3] == here)
    keys = [key for *_, key in places if state.has_typed(page.step_id, key)]
    return SECRET_LOST.format(keys=join_names(keys), be=be(len(keys))) if keys else ""


def ask_to_stop(wizard: Wizard) -> None:
    """Asks whether to stop the run, which begins no change until the answer. A question that is open stays."""
    from mhv_tui.tui.apply_screen import ApplyScreen
    from mhv_tui.tui.stop_questions import STOP_CHANGE, ending_of
    from mhv_tui.tui.targets_screen import TargetsScreen
    from mhv_tui.tui.undo_screen import UndoScreen

    if isinstance(wizard.screen, ConfirmDialog):
        return
    stops = wizard.stops()
    for stop in stops:
        stop.on_hold = True
    kinds = ApplyScreen | UndoScreen | TargetsScreen
    run = next((screen for screen in reversed(wizard.screen_stack) if isinstance(screen, kinds)), None)

    def question() -> str:
        return run.stop_question if run else STOP_CHANGE

    def stop_run(confirmed: bool | None) -> None:
        if confirmed:
            wizard.ending = ending_of(question())
            wizard.end_with(130)
        for stop in stops:  # after the request, so that no change begins in between
            stop.on_hold = False

    wizard.push_screen(StopDialog(question), stop_run)


def close_stop_question(wizard: Wizard, work: str) -> None:
    """Closes the question about a run or undo that has ended; the last line then says how to quit. `work` names it."""
    if isinstance(wizard.screen, ConfirmDialog):
        is_asked = isinstance(wizard.screen, StopDialog)
        wizard.screen.dismiss(False)
        if is_asked:
            wizard.action_say(HAS_ENDED.format(work=work))
