"""The colour themes of the wizard as tables: one colour per role, and the style of what has the focus.

Colour is never the only sign: levels have glyphs, problems are bold, the current row has a mark.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import MappingProxyType

from textual.theme import Theme

ROLES = (
    *("background", "text", "text-muted", "text-success", "text-primary", "text-warning", "text-error", "text-accent"),
    *("surface", "panel", "field", "focus", "focus-text", "bar", "bar-text", "line", "focus-style", "bar-style"),
)
"""The roles of a theme. `field`: an input; `focus`: what has the focus; `bar`: the first and the last line."""

_ROWS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "dark": (
            *("#101418", "#e2e6ea", "#98a2ad", "#74d08a", "#7ab8f5", "#e8c15a", "#ff8a80", "#8fd3ff"),
            *("#1a2027", "#1a2027", "#1d252d", "#173a5c", "#ffffff", "#23303d", "#e8eef4", "#4d5a67", "none", "none"),
        ),
        "light": (
            *("#ffffff", "#1b1f24", "#57606a", "#14692c", "#0a55b3", "#7a5200", "#b3261e", "#0a55b3"),
            *("#f3f5f7", "#f3f5f7", "#eef1f4", "#cfe4ff", "#0b1f33", "#dfe5eb", "#1b1f24", "#8a94a0", "none", "none"),
        ),
        "contrast": (
            *("#000000", "#ffffff", "#e0e0e0", "#5cff7a", "#7fd0ff", "#ffe14d", "#ff9d94", "#ffffff"),
            *("#000000", "#000000", "#1c1c1c", "#00397a", "#ffffff", "#ffffff", "#000000", "#ffffff", "bold", "none"),
        ),
        "16": (
            *("ansi_black", "ansi_white", "ansi_white", "ansi_bright_green", "ansi_bright_cyan"),
            *("ansi_bright_yellow", "ansi_bright_red", "ansi_bright_white"),
            *("ansi_black", "ansi_black", "ansi_black", "ansi_black", "ansi_bright_white", "ansi_white", "ansi_black"),
            *("ansi_white", "reverse", "none"),
        ),
        "mono": (*("ansi_default",) * 16, "reverse", "reverse"),
    }
)
"""Theme -> the value of each role."""

VARIABLES: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {name: MappingProxyType(dict(zip(ROLES, row, strict=True))) for name, row in _ROWS.items()}
)
"""Theme -> role -> colour or style."""

NATIVE = ("16", "mono")
"""The themes that use the colours of the terminal itself."""

DEFAULT = "dark"

TEXTS = ("text", "text-muted", "text-success", "text-primary", "text-warning", "text-error", "text-accent")
PAIRS = (
    *((text, background) for text in TEXTS for background in ("background", "surface", "focus")),
    *(("text", "field"), ("text-muted", "field"), ("focus-text", "focus"), ("bar-text", "bar")),
)
"""The pairs of text and background that occur on a screen."""


def _theme(name: str, roles: Mapping[str, str]) -> Theme:
    return Theme(
        name=name,
        primary=roles["text-primary"],
        secondary=roles["text-primary"],
        warning=roles["text-warning"],
        error=roles["text-error"],
        success=roles["text-success"],
        accent=roles["text-accent"],
        foreground=roles["text"],
        background=roles["background"],
        surface=roles["surface"],
        panel=roles["panel"],
        boost=roles["field"],
        dark=name != "light",
        variables={
            **roles,
            "ansi-background": roles["background"],
            "ansi-foreground": roles["text"],
            "input-cursor-text-style": "reverse",
            "scrollbar": roles["line"],
            "scrollbar-background": roles["background"],
            "scrollbar-corner-color": roles["background"],
        },
        ansi=name in NATIVE,
    )


THEMES: dict[str, Theme] = {name: _theme(name, roles) for name, roles in VARIABLES.items()}
"""All themes by their names, in the order in which a key selects them."""


def first_theme(environment: Mapping[str, str] = os.environ, remembered: str = "") -> str:
    """Returns the theme that $MHV_THEME names, else the remembered one, else one for the colours of the terminal.

    A remembered theme with more colours than the terminal has is ignored.
    """
    named = environment.get("MHV_THEME", "")
    if named in VARIABLES:
        return named
    if "NO_COLOR" in environment:
        return "mono"
    has_many = "256color" in environment.get("TERM", "") or environment.get("COLORTERM") in ("truecolor", "24bit")
    if remembered in (VARIABLES if has_many else NATIVE):
        return remembered
    return DEFAULT if has_many else "16"


def next_theme(name: str) -> str:
    """Returns the theme after `name`."""
    names = list(VARIABLES)
    return names[(names.index(name) + 1) % len(names)] if name in names else DEFAULT
