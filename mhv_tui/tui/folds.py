"""The rows of the findings list that count several findings: those of a level, or those of one code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.cells import cell_len
from textual.content import Content

from mhv_tui.core.findings import GLYPHS, Finding, Level, split_skipped
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.text import count
from mhv_tui.tui.render import BODY, COLOURS, truncate, wrap_lines

SHORT_ROW = 50
"""The columns of a row up to which its text is more important than the hint at its end."""

LABEL_LINES = 2
"""The most lines of a row that counts the findings of one code."""

LABELS: Mapping[Level, str] = MappingProxyType(
    {"missing": "waiting for changes", "ok": "passed", "skipped": "skipped, with the reason"}
)
"""The levels whose findings are one row, in their order, and what the row says about them."""


@dataclass(frozen=True)
class Fold:
    """The row that counts the findings of a level, or those of one code if it has a code."""

    level: Level
    findings: tuple[Finding, ...]
    code: str = ""

    @property
    def key(self) -> tuple[str, str]:
        return (self.level, self.code)

    @property
    def label(self) -> str:
        if self.code:
            return f"{len(self.findings)} like this: {self.findings[0].headline}"
        return f"{count(len(self.findings), 'check')} {LABELS[self.level]}"

    @property
    def lines(self) -> str:
        """Code and sentence of each finding."""
        return "\n".join(f"{f.code}  {f.headline}" for f in self.findings)

    @property
    def hint(self) -> str:
        """What Enter does on the closed row."""
        return f"Enter lists {'it' if len(self.findings) == 1 else 'them'}"


def split_folds(findings: Sequence[Finding]) -> tuple[list[Finding], dict[Level, list[Finding]]]:
    """Returns the findings that are rows, or of rows of their code, and those that one row of their level counts."""
    shown, skipped = split_skipped(findings)
    folds = {level: [f for f in (*shown, *skipped) if f.level == level and not f.fix] for level in LABELS}
    if not skipped:
        folds["skipped"] = []
    folded = {id(f) for rows in folds.values() for f in rows}
    return [f for f in shown if id(f) not in folded], folds


def fold_row(fold: Fold, width: int, hint: str) -> Content:
    """Returns a row that counts findings, and at its end what Enter does if there is room."""
    head = f" {GLYPHS[fold.level]} " + (f"{fold.code:<6}" if fold.code else "")
    label = fold.label if cell_len(head + fold.label + hint) + 2 <= width else fold.label.partition(",")[0]
    text = "\n".join(_label_lines(fold, width, hint)) if fold.code else truncate(label, width - len(head))
    last = text.rpartition("\n")[2]
    padding = width - cell_len(last) - len(hint) - (0 if "\n" in text else len(head))
    tail = f"{' ' * padding}{hint}" if padding > 1 else ""
    return Content.assemble((head[:3], COLOURS[fold.level]), head[3:], text, (tail, "$text-muted"))


def _label_lines(fold: Fold, width: int, hint: str) -> list[str]:
    """The label of a code in lines that leave room for the hint; the first line begins after the code."""
    indent = " " * BODY
    lines = wrap_lines(fold.label, width, indent, LABEL_LINES)
    if cell_len(lines[-1]) + len(hint) + 2 > width > SHORT_ROW:
        lines = wrap_lines(fold.label, width - len(hint) - 2, indent, LABEL_LINES)
    return [lines[0][BODY:], *lines[1:]]
