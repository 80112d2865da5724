"""Colours and attributes of a cell, and the shortest control sequence from one style to another.

A style is read from the parameters of SGR sequences (ECMA-48, 8.3.117).
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

OFF = {
    "1": "22", "2": "22", "3": "23", "4": "24", "21": "24", "5": "25", "6": "25", "7": "27", "8": "28", "9": "29",
    "51": "54", "52": "54", "53": "55",
}  # fmt: skip
"""Each attribute, and the parameter that switches it off. Two attributes may share one."""

SHOWN_ON_BLANKS = frozenset({"4", "21", "7", "9", "51", "52", "53"})
"""Attributes that change the look of a blank: lines, frames and reverse."""


class Style(NamedTuple):
    """A look. `attributes`: sorted parameters, such as "1" for bold; `fg`, `bg`: parameters of a colour, or ""."""

    attributes: tuple[str, ...] = ()
    fg: str = ""
    bg: str = ""


DEFAULT = Style()


@lru_cache(maxsize=4096)
def apply_parameters(style: Style, parameters: str) -> Style:
    """Returns the style after an SGR sequence with these parameters."""
    attributes, fg, bg = set(style.attributes), style.fg, style.bg
    words = parameters.split(";")
    while words:
        word = words.pop(0).lstrip("0")
        if word in ("38", "48"):
            colour = _take_colour(word, words)
            fg, bg = (colour, bg) if word == "38" else (fg, colour)
        elif word == "":
            attributes, fg, bg = set(), "", ""
        elif word in OFF:
            attributes.add(word)
        elif word in OFF.values():
            attributes -= {attribute for attribute, off in OFF.items() if off == word}
        elif word[:-1] in ("3", "9"):
            fg = "" if word == "39" else word
        elif word[:-1] in ("4", "10"):
            bg = "" if word == "49" else word
    return Style(tuple(sorted(attributes)), fg, bg)


def _take_colour(kind: str, words: list[str]) -> str:
    """Removes an indexed colour (5;N) or a direct colour (2;R;G;B) from `words`; returns its parameters."""
    length = 4 if words and words[0] == "2" else 2
    colour = ";".join([kind, *words[:length]])
    del words[:length]
    return colour


@lru_cache(maxsize=4096)
def blank_style(style: Style) -> Style:
    """Returns the style without all that a blank does not show. Blanks of equal look have equal styles."""
    return Style(tuple(a for a in style.attributes if a in SHOWN_ON_BLANKS), _shown_colour(style), style.bg)


def _shown_colour(style: Style) -> str:
    return style.fg if SHOWN_ON_BLANKS.intersection(style.attributes) else ""


@lru_cache(maxsize=4096)
def style_for_blank(pen: Style, blank: Style) -> Style:
    """Returns the style nearest to `pen` with which a blank looks like `blank`."""
    if SHOWN_ON_BLANKS.intersection(blank.attributes):
        return blank
    attributes = tuple(a for a in pen.attributes if a not in SHOWN_ON_BLANKS)
    return Style(attributes, pen.fg, blank.bg)


@lru_cache(maxsize=4096)
def transition(old: Style, new: Style) -> str:
    """Returns the shortest sequence that changes the terminal's current style from `old` to `new`."""
    if old == new:
        return ""
    if new == DEFAULT:
        return "\x1b[m"
    colours = [colour for colour in (new.fg, new.bg) if colour]
    from_default = ";".join(["0", *new.attributes, *colours])
    only_changes = ";".join(_changes(old, new))
    return f"\x1b[{min(only_changes, from_default, key=len)}m"


def _changes(old: Style, new: Style) -> list[str]:
    lost = sorted({OFF[attribute] for attribute in old.attributes if attribute not in new.attributes})
    kept = {attribute for attribute in old.attributes if OFF[attribute] not in lost}
    changes = lost + [attribute for attribute in new.attributes if attribute not in kept]
    if old.fg != new.fg:
        changes.append(new.fg or "39")
    if old.bg != new.bg:
        changes.append(new.bg or "49")
    return changes
