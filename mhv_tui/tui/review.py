"""The end of the walk: the plan of the whole road with its previews, before anything is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label, OptionList, Static
from textual.widgets.option_list import Option

from mhv_tui.core.changes import Change
from mhv_tui.core.findings import Finding
from mhv_tui.core.text import count
from mhv_tui.engine.check import StepResult
from mhv_tui.tui.modals import Confirm, Reader
from mhv_tui.tui.running import Running, undoable
from mhv_tui.tui.words import row, wrapped

if TYPE_CHECKING:
    from mhv_tui.tui.app import Wizard


class Review(Screen[None]):
    """What is missing on the whole road. Enter shows a change's preview; Ctrl+G makes them all, after a question."""

    BINDINGS: ClassVar[list[BindingType]] = [
        ("ctrl+g", "apply", "Apply"),
        ("ctrl+r", "look", "Look"),
        ("escape,ctrl+p", "app.pop_screen", "Back"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._changes: list[tuple[str, Change]] = []
        self._stopped: list[tuple[str, Finding]] = []
        self._ready = False
        self._shown = False

    @property
    def wizard(self) -> Wizard:
        """The app, typed."""
        return cast("Wizard", self.app)

    @property
    def ready_to_read(self) -> bool:
        """True once the whole road was seen."""
        return self._shown

    def compose(self) -> ComposeResult:
        yield Label(Content(f" mhv-tui  {self.wizard.state.session.name}   the plan"), id="head")
        with Vertical(id="review"):
            yield Static("looking at the whole road ...", id="intro")
            yield OptionList(id="plan", compact=True)
        yield Label(KEYS["changes"], id="keys")

    def on_mount(self) -> None:
        self._look()

    def action_look(self) -> None:
        """Looks at every page afresh, unless that is under way."""
        if self._shown:
            self._look()

    def _look(self) -> None:
        """At the operator's word, so that what was refused is tried once more."""
        self._ready = self._shown = False
        self.query_one("#intro", Static).update("looking at the whole road ...")
        self.wizard.state.try_again()
        self.wizard.look_all()

    def show_looks(self, looks: list[StepResult]) -> None:
        """The whole road was seen."""
        findings = [(s.step.id, f) for s in looks for f in s.findings]
        stopped = [(step, f) for step, f in findings if f.stops]
        self._stopped = stopped or [(step, f) for step, f in findings if f.code in ("WZ08", "WZ10")]
        self._changes = [] if self._stopped else [(s.step.id, c) for s in looks for c in s.plan]
        rows = self.query_one("#plan", OptionList)
        rows.clear_options()
        width = max(self.size.width - 5, 30)
        if self._stopped:
            words = "These checks stand in the way; nothing can be applied yet. Enter goes to the page."
            rows.add_options([Option(Content.assemble(f"{s}\n", row(f, width))) for s, f in self._stopped])
        elif self._changes:
            words = f"{_to_make(len(self._changes))}. {undoable(self.wizard.state)}"
            rows.add_options([Option(_change_row(step, c, width)) for step, c in self._changes])
        else:
            words = "Nothing is missing: every step is done. Ctrl+G boots the test servers again."
        self.query_one("#keys", Label).update(KEYS["stopped" if self._stopped else "changes"])
        self._ready = not self._stopped
        self._shown = True
        self.query_one("#intro", Static).update(Content(words))
        rows.highlighted = 0 if rows.option_count else None
        rows.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self._changes:
            change = self._changes[event.option_index][1]
            self.app.push_screen(Reader(change.summary, change.preview() or change.summary))
        elif self._stopped:
            self.wizard.go_to(self._stopped[event.option_index][0])

    def action_apply(self) -> None:
        """Asks once, then makes them."""
        if self._ready:
            number = len(self._changes)
            make = "Make this change now?" if number == 1 else f"Make these {number} changes now?"
            question = make if number else "Boot one server on each hypervisor now?"
            self.app.push_screen(Confirm(question), self._confirmed)

    def _confirmed(self, yes: bool | None) -> None:
        if yes:
            ids = frozenset(c.id for _, c in self._changes)
            self.app.switch_screen(Running(ids))


KEYS = {
    "changes": "Enter read  ^G apply  ^R look again  Esc back  ^Q quit",
    "stopped": "Enter to its page  ^R look again  Esc back  ^Q quit",
}
"""The last line: no key is named that does nothing."""


def _to_make(number: int) -> str:
    return f"{count(number, 'change')} to make; Ctrl+G makes {'it' if number == 1 else 'them'}"


def _change_row(step: str, change: Change, width: int) -> Content:
    first, *more = wrapped(change.summary, width, " " * 12)
    rest = "".join(f"\n{line}" for line in more)
    return Content.assemble(("+ ", "bold $text-primary"), (f"{step:<10}", "$text-muted"), first[12:], rest)
