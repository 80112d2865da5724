"""The end of the walk: the plan of the whole road with its previews, the run that makes it, and its outcome."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, ClassVar, cast

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Label, OptionList, RichLog, Static
from textual.widgets.option_list import Option

from mhv_tui.core.events import Applied, Applying, Event, Failed, Finished, Found, Looked, Progress
from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.steps import Change
from mhv_tui.engine.look import StepLook
from mhv_tui.tui.modals import Confirm, Reader

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
        yield Label(Content(f" mhv-tui  {self.wizard.road.session.name}   the plan"), id="head")
        yield Static("looking at the whole road ...", id="intro")
        yield OptionList(id="plan", compact=True)
        yield Label("Enter preview  ^G apply  ^R look again  Esc back  ^Q quit", id="keys")

    def on_mount(self) -> None:
        self.action_look()

    def action_look(self) -> None:
        """Looks at every page afresh."""
        self._ready = self._shown = False
        self.wizard.look_all()

    def show_looks(self, looks: list[StepLook]) -> None:
        """The whole road was seen."""
        stopped = [(s.step.id, f) for s in looks for f in s.findings if f.stops]
        skipped = [(s.step.id, f) for s in looks for f in s.findings if f.code in ("WZ08", "WZ10")]
        self._changes = [] if stopped else [(s.step.id, c) for s in looks for c in s.plan]
        rows = self.query_one("#plan", OptionList)
        rows.clear_options()
        bad = stopped or skipped
        if bad:
            words = "These checks stand in the way; nothing can be applied yet. Esc goes back."
            rows.add_options([Option(Content(f"{GLYPHS[f.level]} {step}: {f.code} {f.detail}")) for step, f in bad])
        elif self._changes:
            words = f"{len(self._changes)} changes are missing. Ctrl+G makes them; nothing was changed so far."
            rows.add_options([Option(Content(f"+ {step:<9} {c.summary}")) for step, c in self._changes])
        else:
            words = "Nothing is missing: the road is done. Ctrl+G boots the proof once more."
        self._ready = not bad
        self._shown = True
        self.query_one("#intro", Static).update(Content(words))
        rows.focus()

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        if self._changes:
            change = self._changes[event.option_index][1]
            self.app.push_screen(Reader(change.summary, change.preview() or change.summary))

    def action_apply(self) -> None:
        """Asks once, then makes them."""
        if self._ready:
            count = len(self._changes)
            question = f"Make these {count} changes now?" if count else "Boot one server on each hypervisor now?"
            self.app.push_screen(Confirm(question), self._confirmed)

    def _confirmed(self, yes: bool | None) -> None:
        if yes:
            ids = frozenset(c.id for _, c in self._changes)
            self.app.switch_screen(Running(ids))


class Running(Screen[None]):
    """The run, as it goes: what is being made, how far, and in the end the outcome."""

    BINDINGS: ClassVar[list[BindingType]] = [("ctrl+c", "app.quit", "Stop"), ("escape", "leave", "Back")]

    def __init__(self, approved: frozenset[str]) -> None:
        super().__init__()
        self._approved = approved
        self._last = 0.0
        self.finished: Finished | None = None

    @property
    def wizard(self) -> Wizard:
        """The app, typed."""
        return cast("Wizard", self.app)

    def compose(self) -> ComposeResult:
        yield Label(Content(f" mhv-tui  {self.wizard.road.session.name}   applying"), id="head")
        yield RichLog(id="log", wrap=True, markup=False, highlight=False)
        yield Static("", id="now")
        yield Label("^C stop after the change in hand   ^Q quit", id="keys")

    def on_mount(self) -> None:
        self.query_one(RichLog).focus()
        self.wizard.start_apply(self._approved)

    def hear(self, event: Event) -> None:
        """One event of the run."""
        log = self.query_one(RichLog)
        match event:
            case Applying(step=step, summary=summary, id=id):
                self._now(f"> {step}: {summary or id} ...")
            case Applied(step=step, id=id, seconds=seconds):
                log.write(f"{GLYPHS['ok']} done     {step}: {id} ({seconds:.1f} s)")
                self._now("")
            case Failed(step=step, id=id, error=error):
                log.write(f"{GLYPHS['failure']} failed   {step}: {id}: {error}")
            case Progress():
                self._tick(event)
            case Found(step=step, finding=finding) if finding.stops or finding.code == "PR01":
                log.write(f"{GLYPHS[finding.level]} {finding.level:<8} {step}: {finding.code} {finding.detail}")
                if finding.stops:
                    log.write(f"    remedy: {finding.remedy}")
            case Looked(step=step):
                self._now(f"looked at {step}")
            case _:
                pass

    def _tick(self, event: Progress) -> None:
        now = time.monotonic()
        if now - self._last >= 1.0:
            self._last = now
            share = f"{100 * event.done // event.total} %" if event.total else f"{event.done} {event.unit}"
            self._now(f"> {event.id}: {share}  {event.note}")

    def _now(self, text: str) -> None:
        self.query_one("#now", Static).update(Content(text))

    def end(self, finished: Finished) -> None:
        """The run has ended."""
        self.finished = finished
        self._now("")
        log = self.query_one(RichLog)
        log.write("")
        log.write(f"{finished.outcome}: {finished.message or 'the cloud has its second hypervisor'}")
        log.write(f"answers and journal are kept: mhv-tui export {self.wizard.road.session.name} --to answers")
        self.query_one("#keys", Label).update("Esc back to the pages   ^Q quit")

    def action_leave(self) -> None:
        """Back to the pages, once the run has ended."""
        if self.finished:
            self.app.pop_screen()
