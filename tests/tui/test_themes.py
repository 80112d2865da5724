"""The themes: readable colours, levels that differ without colours, and the choice of a theme."""

from __future__ import annotations

import asyncio

import pytest
from rich.color import ANSI_COLOR_NAMES
from rich.palette import Palette
from rich.style import Style
from textual.color import Color

from mhv_tui.cli.options import THEMES
from mhv_tui.core.findings import GLYPHS
from mhv_tui.tui.fields import Field
from mhv_tui.tui.themes import DEFAULT, NATIVE, PAIRS, TEXTS, VARIABLES, first_theme, next_theme
from tests.tui.snapshots import demo_state, settled, text_of, wizard

VGA = Palette(
    [
        *((0, 0, 0), (170, 0, 0), (0, 170, 0), (170, 85, 0), (0, 0, 170), (170, 0, 170), (0, 170, 170)),
        *((170, 170, 170), (85, 85, 85), (255, 85, 85), (85, 255, 85), (255, 255, 85), (85, 85, 255)),
        *((255, 85, 255), (85, 255, 255), (255, 255, 255)),
    ]
)
"""The 16 colours of a Linux console."""


def colour(name: str) -> Color:
    """The colour of a theme; for a name such as ansi_bright_red, that of a Linux console."""
    if name.startswith("ansi_"):
        return Color(*VGA[ANSI_COLOR_NAMES[name.removeprefix("ansi_")]])
    return Color.parse(name)


def luminance(one: Color) -> float:
    """The relative luminance of WCAG 2.1."""
    parts = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in one.normalized]
    return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]


def contrast(one: Color, other: Color) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [name for name in VARIABLES if name != "mono"])
def test_every_text_has_a_contrast_of_4_5(theme: str) -> None:
    roles = VARIABLES[theme]
    low = {pair: contrast(colour(roles[pair[0]]), colour(roles[pair[1]])) for pair in PAIRS}
    assert {pair: round(value, 2) for pair, value in low.items() if value < 4.5} == {}


def test_every_text_of_the_theme_with_high_contrast_is_readable_in_the_current_row() -> None:
    roles = VARIABLES["contrast"]
    low = {text: contrast(colour(roles[text]), colour(roles["focus"])) for text in TEXTS}
    assert {text: round(value, 2) for text, value in low.items() if value < 4.5} == {}


def test_the_theme_without_colours_has_none() -> None:
    assert {value for role, value in VARIABLES["mono"].items() if not role.endswith("-style")} == {"ansi_default"}
    assert VARIABLES["mono"]["focus-style"] == "reverse", "the focus is visible"


def test_a_selected_text_has_no_colours_in_the_theme_without_colours() -> None:
    async def go() -> Style:
        async with wizard(demo_state(), "cluster") as pilot:
            pilot.app.theme = "mono"
            await settled(pilot)
            return pilot.app.screen.query_one("#field-path", Field).get_component_rich_style("input--selection")

    style = asyncio.run(go())
    assert style.underline and all(colour is None or colour.is_default for colour in (style.color, style.bgcolor))


def test_the_levels_differ_by_their_glyphs() -> None:
    assert len(set(GLYPHS.values())) == len(GLYPHS)


@pytest.mark.parametrize(
    ("environment", "theme"),
    [
        ({"TERM": "xterm-256color"}, "dark"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "dark"),
        ({"TERM": "linux"}, "16"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "MHV_THEME": "light"}, "light"),
        ({"TERM": "linux", "MHV_THEME": "no such theme"}, "16"),
    ],
)
def test_the_first_theme_suits_the_terminal(environment: dict[str, str], theme: str) -> None:
    assert first_theme(environment) == theme


@pytest.mark.parametrize(
    ("environment", "remembered", "theme"),
    [
        ({"TERM": "xterm-256color"}, "contrast", "contrast"),
        ({"TERM": "xterm-256color"}, "gone", "dark"),
        ({"TERM": "xterm-256color", "MHV_THEME": "light"}, "contrast", "light"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "contrast", "mono"),
        ({"TERM": "linux"}, "contrast", "16"),
        ({"TERM": "linux"}, "mono", "mono"),
    ],
)
def test_a_remembered_theme_counts_less_than_the_environment(
    environment: dict[str, str], remembered: str, theme: str
) -> None:
    assert first_theme(environment, remembered) == theme


def test_a_key_shows_each_theme_and_the_same_text() -> None:
    async def go() -> dict[str, str]:
        texts = {}
        async with wizard(demo_state("drs-off"), "cluster") as pilot:
            for _ in VARIABLES:
                texts[pilot.app.theme] = text_of(pilot).rstrip().rpartition("\n")[0]
                await pilot.press("f9")
                await settled(pilot)
            assert pilot.app.theme == DEFAULT
        return texts

    texts = asyncio.run(go())
    assert set(texts) == set(VARIABLES) and len(set(texts.values())) == 1
    assert ">✗ CL05" in texts["mono"] and ">  3 cluster" in texts["mono"], "the current row has a mark"


def test_the_key_returns_to_the_first_theme() -> None:
    assert next_theme(list(VARIABLES)[-1]) == DEFAULT == next_theme("unknown")
    assert set(NATIVE) < set(VARIABLES) == set(THEMES)
