"""The whole path in a simulated world, key by key: as an animated picture, and recorded on a pseudo terminal."""

from __future__ import annotations

import codecs
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from textual.pilot import Pilot

from mhv_tui.core.events import Event, Progress
from tests.tui.apply_runs import apply_screen, record
from tests.tui.screens import TerminalScreen
from tests.tui.snapshots import dated, demo_state, settled, svg_of, wizard
from tests.tui.terminals import PtyProgram, terminal

SCENE = "drs-off"
FIX = "CL05"
COLUMNS, ROWS = 80, 24

BYTES = {
    **{"ctrl+g": b"\x07", "ctrl+n": b"\x0e", "ctrl+q": b"\x11", "enter": b"\r", "tab": b"\t"},
    **{"down": b"\x1b[B", "f2": b"\x1bOQ", "f": b"f", "y": b"y"},
}
"""The name of a key -> what a terminal sends."""


NEEDLESS = re.compile(r'<defs>.*?</defs>|<!--.*?-->| clip-path="[^"]*"| shape-rendering="[^"]*"', re.DOTALL)
"""The parts of a screenshot that can be left out."""


@dataclass(frozen=True)
class Stop:
    """A place on the path: the keys that lead to it, a pattern of its screen, and the seconds for which it is shown.

    `caption`: the title of its picture in the animation; "" if the animation does not show it.
    """

    name: str
    keys: tuple[str, ...]
    pattern: str
    seconds: float
    caption: str = ""


@dataclass(frozen=True)
class Frame:
    """A screenshot of the animation, and the seconds for which it is shown."""

    svg: str
    seconds: float
    caption: str


FIRST = f"mhv-tui --demo --scene {SCENE}"
DOWN_TO_NOVA_CONF = ("down",) * 4
BEFORE = (
    Stop("cloud", (), "5 passed", 3, f"{FIRST}: each page is checked at once"),
    Stop("vcenter", ("ctrl+n",), "7 passed", 1.5),
    Stop("cluster", ("ctrl+n",), "1 problem · 11 passed", 1.5),
    Stop("problem", ("f2",), ">✗ CL05", 4, "Ctrl+N, then F2: the next problem, its remedy and its fix"),
    Stop("fix", ("f",), "f cancel the fix", 3, "f: the fix is part of the plan"),
    Stop("datastore", ("ctrl+n",), "── 11 passed", 1.5),
    Stop("matrix", ("tab",), ">nfs-gold", 3, "Ctrl+N, then Tab: which host mounts which datastore"),
    Stop("plan", ("ctrl+g",), "11 changes: ", 4, "Ctrl+G: the plan; nothing is changed yet"),
    Stop("preview", (*DOWN_TO_NOVA_CONF, "enter", "down", "down"), "compute_driver", 4, "Enter: the lines of a change"),
    Stop("question", ("ctrl+g",), "Make these", 3, "Ctrl+G: apply the plan"),
)
DONE = Stop("done", ("y",), "done: all changes are made", 4, "All changes are made and checked again")
AFTER = Stop("finish", ("enter",), "✓ Done", 5, "Enter: the result, with notes for users and operators")
QUIT = Stop("quit", ("ctrl+q",), "session demo", 4)

RUN = {
    "Setting up nova-compute ": "y: the changes are made one after the other",
    "copies a new image": "One server boots on vCenter, and one on an existing hypervisor",
}
"""The notes of a run's progress at which the animation shows the run, and the captions."""

RUN_SECONDS = 3.0


async def pictures() -> list[Frame]:
    """The frames of the animation."""
    frames = []
    async with wizard(demo_state(SCENE), "cloud") as pilot:
        for stop in BEFORE:
            await _press(pilot, stop.keys)
            if stop.caption:
                frames.append(Frame(svg_of(pilot), stop.seconds, stop.caption))
    return [*frames, *await _run_pictures()]


async def _press(pilot: Pilot[int], keys: Sequence[str]) -> None:
    for key in keys:
        await pilot.press(key)
        await settled(pilot)


async def _run_pictures() -> list[Frame]:
    state = demo_state(SCENE)
    state.request_fix(FIX)
    run, frames = record(state), []
    async with apply_screen(run.state, run.approved) as player:
        begin = 0
        for note, caption in RUN.items():
            end = begin + _position(run.events[begin:], note)
            await player.play(run.events[begin:end])
            frames.append(Frame(svg_of(player.pilot), RUN_SECONDS, caption))
            begin = end
        await player.play(run.events[begin:])
        frames.append(Frame(svg_of(player.pilot), DONE.seconds, DONE.caption))
        await _press(player.pilot, AFTER.keys)
        frames.append(Frame(dated(svg_of(player.pilot)), AFTER.seconds, AFTER.caption))
    return frames


def _position(events: Sequence[Event], note: str) -> int:
    """The number of events up to the first progress with this note."""
    return next(number for number, event in enumerate(events, 1) if isinstance(event, Progress) and note in event.note)


def animation(frames: Sequence[Frame]) -> str:
    """One SVG that shows the frames one after the other, for ever; only the first one if the reader wants no motion."""
    total, start = sum(frame.seconds for frame in frames), 0.0
    rules = [".frame { visibility: hidden }", ".f0 { visibility: visible }"]
    for number, frame in enumerate(frames):
        begin, end = (f"{100 * seconds / total:.2f}%" for seconds in (start, start + frame.seconds))
        before = "0% { visibility: hidden } " if number else ""
        rules += [
            f"@keyframes k{number} {{ {before}{begin} {{ visibility: visible }} {end} {{ visibility: hidden }} }}",
            f".f{number} {{ animation: k{number} {total:g}s step-end infinite }}",
        ]
        start += frame.seconds
    rules.append("@media (prefers-reduced-motion: reduce) { .frame { animation: none } }")
    lines = ["<style>", *rules, "</style>", *(_part(frame, number) for number, frame in enumerate(frames))]
    body = "\n".join(lines)
    return f'<svg viewBox="{_view(frames[0].svg)}" xmlns="http://www.w3.org/2000/svg">\n{body}\n</svg>\n'


def _view(svg: str) -> str:
    match = re.search(r'viewBox="([^"]*)"', svg)
    assert match
    return match[1]


def _part(frame: Frame, number: int) -> str:
    """A screenshot as a part of the animation: with its caption, with names of its own, without what it can lack."""
    titled = frame.svg.replace(">mhv-tui</text>", f">{escape(frame.caption)}</text>", 1)
    named = re.sub(r"terminal-(\d+-)?", f"f{number}-", titled)
    short = re.sub(
        r'<defs>.*?</defs>|<!--.*?-->| clip-path="[^"]*"| shape-rendering="[^"]*"', "", named, flags=re.DOTALL
    )
    return re.sub(r"<svg [^>]*>", f'<svg class="frame f{number}">', re.sub(r"\n\s*", "\n", short), count=1)


class Recorder:
    """Records a program on a pseudo terminal as asciicast v2, with a marker at each stop."""

    def __init__(self, program: PtyProgram, command: str) -> None:
        self._program = program
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._seconds = 1.5
        self.events: list[tuple[float, str, str]] = [(0.0, "o", f"$ {command}"), (1.0, "o", "\r\n")]

    def go_to(self, stop: Stop, expected: str = "") -> None:
        """Presses the keys, and records until the screen shows the stop, or the `expected` text, and does not change.

        Raises AssertionError with the screen if that takes too long.
        """
        for key in stop.keys:
            self._program.press(BYTES[key])
            self._record_until_quiet()
        deadline = time.monotonic() + 40
        while not self._shows(stop, expected):
            assert time.monotonic() < deadline, f"{stop.name} differs:\n{self._program.display.text()}\n{expected}"
            self._record(0.05)
        self._record_until_quiet()
        self.events.append((round(self._seconds, 2), "m", stop.name))
        self._seconds += stop.seconds

    def _shows(self, stop: Stop, expected: str) -> bool:
        text = self._program.display.text()
        return equal(timeless(text), expected) if expected else re.search(stop.pattern, text) is not None

    def _record_until_quiet(self) -> None:
        while self._record(0.4):
            pass

    def _record(self, seconds: float) -> bool:
        """Records the output of that time; returns True if there was any. Time without output is not recorded."""
        output = self._decoder.decode(self._program.read(seconds))
        if output:
            self.events.append((round(self._seconds, 2), "o", output))
            self._seconds += seconds
        return bool(output)


def cast(kept: Mapping[str, str]) -> str:
    """Records the whole path; returns the text of the asciicast. `kept`: the screens that are expected, by their stops.

    Raises AssertionError if a screen differs.
    """
    with terminal(*FIRST.split()[1:], MHV_DEMO_PACE="0.1", MHV_THEME="dark", COLORTERM="truecolor") as program:
        recorder = Recorder(program, FIRST)
        for stop in (*BEFORE, DONE, AFTER, QUIT):
            recorder.go_to(stop, kept.get(stop.name, ""))
        assert program.exit_code(10) == 0
    header = {"version": 2, "width": COLUMNS, "height": ROWS, "title": FIRST, "env": {"TERM": "xterm-256color"}}
    return "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in (header, *recorder.events))


def screens_of(text: str) -> dict[str, str]:
    """The screen at each marker of an asciicast, without times."""
    screen, shown = TerminalScreen(COLUMNS, ROWS), {}
    for _, kind, data in map(json.loads, text.splitlines()[1:]):
        if kind == "o":
            screen.feed(data.encode())
        else:
            shown[data] = timeless(screen.text())
    return shown


def equal(text: str, expected: str) -> bool:
    """True if both screens are the same; lines of `text` may be cut, as the seconds of a slow change need room."""
    pairs = list(zip(text.split("\n"), expected.split("\n"), strict=False))
    is_cut = [line.endswith("…") and whole.startswith(line[:-1]) for line, whole in pairs]
    same = [cut or line == whole for (line, whole), cut in zip(pairs, is_cut, strict=True)]
    return text.count("\n") == expected.count("\n") and all(same)


def timeless(text: str) -> str:
    """A screen without what differs in each recording: days, times of day, and the seconds of a change."""
    days = re.sub(r"20\d\d-\d\d-\d\d", "2026-11-26", text)
    return re.sub(r"( +\d+(\.\d)? s)? *$", "", re.sub(r"\d+:\d\d(:\d\d)?", "0:00", days), flags=re.MULTILINE)
