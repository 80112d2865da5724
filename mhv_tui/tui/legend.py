"""The signs on a page and their words: one table, of which a page shows the part that it uses."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from textual.content import Content

from mhv_tui.core.changes import EFFECT_GLYPHS
from mhv_tui.core.findings import GLYPHS

UNCHECKED = "·"
"""The sign of a page that was not checked yet."""

NOT_CHECKED = "not checked"

SIGNS: Mapping[str, str] = {
    GLYPHS["failure"]: "problem",
    GLYPHS["warning"]: "warning",
    GLYPHS["unknown"]: "unknown",
    GLYPHS["missing"]: "planned",
    EFFECT_GLYPHS["edit"]: "edit",
    EFFECT_GLYPHS["delete"]: "delete",
    GLYPHS["ok"]: "passed",
    GLYPHS["skipped"]: "skipped",
    UNCHECKED: NOT_CHECKED,
}
"""Sign -> its word, the most important first. What is planned, a page lacks or a change creates."""


def legend_rows(signs: Collection[str], room: int, unchecked: str = NOT_CHECKED) -> list[Content]:
    """Returns a row for each of these signs, as many as there is room for, after a blank row if there is room.

    `unchecked`: the word for the sign of pages that were not checked.
    """
    words = {**SIGNS, UNCHECKED: unchecked}
    rows = [f" {sign} {word}" for sign, word in words.items() if sign in signs][: max(room, 0)]
    return [Content.styled(row, "dim $text-muted") for row in ([""] if 0 < len(rows) < room else []) + rows]
