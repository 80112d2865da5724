"""The hand-over of a finished cloud as data: the rows of its map, and the notes for its users and operators.

The page `finish` computes it from the facts of all pages; the last page and the report show it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field

from mhv_tui.core.findings import Level
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.matrix_text import text_width
from mhv_tui.core.redaction import set_texts, shown

USERS_HEAD = "To create a server on VMware vCenter, replace KEY and NAME, and run:"
"""The line above the command for the cloud's users, with every word of the command that they replace."""

FOR_OPERATORS = "For the cloud's operators"
"""The heading of their notes."""

GAPS = (3, 2)
"""The columns between two cells of a row: the first number with which the row fits."""


@dataclass(frozen=True)
class MapRow:
    """A row of the map. Rows follow their parent, which has the depth before theirs; the first row has the depth 0."""

    depth: int
    cells: tuple[str, ...]
    """The name and its properties; the cells of neighbours of the same depth are aligned."""
    level: Level = "ok"
    """missing: the object does not exist yet; unknown: it was not checked; warning: it does not work."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "cells", tuple(shown(cell) for cell in self.cells))


@dataclass(frozen=True, kw_only=True)
class Handover:
    """What the facts of the last check show of the cloud. All texts are safe to show."""

    checked_at: str = ""
    """The time of the check in UTC (ISO 8601); empty in a wizard, which shows the state of now."""
    cloud: str = ""
    """The cloud and its release, such as `prod (Zed)`; empty if the cloud was not checked."""
    vcenter: str = ""
    """The vCenter and its version; empty if it was not checked."""
    rows: tuple[MapRow, ...] = ()
    types: Mapping[str, str] = field(default_factory=dict)
    """Compute service -> hypervisor type, such as QEMU."""
    command: str = ""
    """The command that creates a server on vCenter; empty if a part of it is not known or does not exist."""
    command_missing: tuple[str, ...] = ()
    """One sentence for each part of the command that is not known or does not exist."""
    users: tuple[str, ...] = ()
    """The notes for the cloud's users, one sentence or two each."""
    operators: tuple[str, ...] = ()
    """The notes for the cloud's operators: what is left to do, the costs of a second hypervisor, and what to watch."""

    def __post_init__(self) -> None:
        set_texts(self, cloud=shown(self.cloud), vcenter=shown(self.vcenter), command=shown(self.command))
        for name in ("command_missing", "users", "operators"):
            object.__setattr__(self, name, tuple(map(shown, getattr(self, name))))


def users_text(handover: Handover) -> str:
    """The text for the cloud's users, ready to copy: the command, then the notes as a list; "" without a command."""
    if not handover.command:
        return ""
    notes = "\n".join(f"- {note}" for note in handover.users)
    return "\n".join([USERS_HEAD, "", *wrapped_command(handover.command), "", notes]) + "\n"


def wrapped_command(command: str, width: int = 76) -> list[str]:
    """A shell command in lines of at most `width` columns where possible; each line but the last ends with \\ ."""
    lines, line = list[str](), "   "
    for part in command.replace(" --", "\0--").split("\0"):
        if line.strip() and text_width(f"{line} {part} \\") > width:
            lines.append(f"{line} \\")
            line = "     "
        line = f"{line} {part}"
    return [*lines, line]


CHILD, LAST, BELOW, BLANK = "├─ ", "└─ ", "│  ", "   "
"""The lines of the tree: before a child, before the last child, and below each of them."""


def map_lines(rows: Sequence[MapRow], width: int) -> list[tuple[MapRow, str]]:
    """The map as lines of at most `width` columns, each with its row. A longer row continues in the next line."""
    lines: list[tuple[MapRow, str]] = []
    for index, (row, text) in enumerate(zip(rows, _texts(rows, width), strict=True)):
        first, rest = _stems(rows, index)
        has_children = index + 1 < len(rows) and rows[index + 1].depth > row.depth
        under = rest + (BELOW if has_children else "")
        parts = _wrapped(text, max(width - text_width(under), 8), max(width - text_width(first), 8))
        lines += [(row, f"{first if n == 0 else under}{part}".rstrip()) for n, part in enumerate(parts)]
    return lines


def _stems(rows: Sequence[MapRow], index: int) -> tuple[str, str]:
    """The lines of the tree before a row, and before what continues the row."""
    depth = rows[index].depth
    if depth == 0:
        return "", ""
    above = "".join(BELOW if _continues(rows, index, level) else BLANK for level in range(1, depth))
    if _continues(rows, index, depth):
        return above + CHILD, above + BELOW
    return above + LAST, above + BLANK


def _continues(rows: Sequence[MapRow], index: int, depth: int) -> bool:
    """Whether the ancestor of this depth (or the row itself) has a later sibling."""
    for row in rows[index + 1 :]:
        if row.depth <= depth:
            return row.depth == depth
    return False


def _texts(rows: Sequence[MapRow], width: int) -> list[str]:
    """The text of each row. Rows of the same depth are aligned, with smaller gaps if the screen is narrow."""
    groups: dict[int, list[Sequence[str]]] = {}
    for row in rows:
        groups.setdefault(row.depth, []).append(_cells(row))
    texts = {depth: iter(_group_texts(cells, width - 3 * depth)) for depth, cells in groups.items()}
    return [next(texts[row.depth]) for row in rows]


def _cells(row: MapRow) -> Sequence[str]:
    """The cells of a row without empty ones at its end."""
    last = max((place for place, cell in enumerate(row.cells) if cell), default=0)
    return row.cells[: last + 1]


def _group_texts(group: Sequence[Sequence[str]], width: int) -> list[str]:
    """The texts of the rows of one depth: with the largest gap that fits, else unaligned."""
    sizes: list[int] = []
    for cells in group:
        for place, cell in enumerate(cells[:-1]):  # what follows the last cell needs no column
            sizes += [0] * (place + 1 - len(sizes))
            sizes[place] = max(sizes[place], text_width(cell))
    for gap in GAPS:
        texts = [_padded(cells, sizes, gap) for cells in group]
        if all(text_width(text) <= width for text in texts):
            return texts
    return ["  ".join(filter(None, cells)) for cells in group]


def _padded(cells: Sequence[str], sizes: Sequence[int], gap: int) -> str:
    *head, last = cells
    padded = (cell + " " * (size - text_width(cell) + gap) for cell, size in zip(head, sizes, strict=False))
    return "".join((*padded, last))


def _wrapped(text: str, width: int, first_width: int) -> Iterator[str]:
    """The text in parts of at most `width` columns, the first of `first_width`; breaks at spaces if possible."""
    limit = first_width
    while text_width(text) > limit:
        cut = _cut(text, limit)
        yield text[:cut].rstrip()
        text, limit = text[cut:].lstrip(), width
    yield text


def _cut(text: str, width: int) -> int:
    """The number of characters that fit into `width` columns, between two cells or at a space if possible."""
    fitting = max(next((n for n in range(len(text), 0, -1) if text_width(text[:n]) <= width), 1), 1)
    space = max(text.rfind("  ", 1, fitting + 2), 0) or text.rfind(" ", 1, fitting + 1)
    return space if space > 0 else fitting
