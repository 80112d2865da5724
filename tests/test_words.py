"""The words of every shipped text: no word that readers of plain English do not know.

A text is a string, docstring or comment of a Python or Go source, or the whole of any other file.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

import mhv_tui

PACKAGE = Path(mhv_tui.__file__).parent
ROOT = PACKAGE.parent

ARCHAIC = re.compile(
    r"\b(lest|anew|afresh|mend|mends|mended|mending|whence|thereof|hence|amiss|nought|naught|whoever|nobody|told"
    r"|spelt|misspelt|roads?|stands?\s+in|but\s+for|as\s+no"
    r"|(is|are)\s+to\s+be|(take|takes|taken|taking|took)\s+back|(look|looks|looked|looking)\s+at)\b",
    re.IGNORECASE,
)
GO_TEXT = re.compile(r'"(?:\\.|[^"\\\n])*"|`[^`]*`|//[^\n]*|/\*.*?\*/', re.DOTALL)


def shipped_files() -> list[Path]:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    texts = [ROOT / "README.md", ROOT / "pyproject.toml", *(ROOT / ".github").glob("*.md")]
    return sorted([*files, *texts])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def python_texts(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string, docstring and comment."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.JoinedStr):  # as one text: a phrase can continue behind a line's end
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.lineno, node.value
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def go_texts(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of every string and comment."""
    for match in GO_TEXT.finditer(source):
        yield source.count("\n", 0, match.start()) + 1, match.group()


def archaic_words(source: str, suffix: str) -> list[tuple[int, str]]:
    """(line, word) of every archaic word in a file's texts."""
    texts = {".py": python_texts, ".go": go_texts}.get(suffix, lambda whole: [(1, whole)])(source)
    words = {
        (first + text.count("\n", 0, match.start()), match.group())
        for first, text in texts
        for match in ARCHAIC.finditer(text)
    }
    return sorted(words)


@pytest.mark.parametrize("path", shipped_files(), ids=name_of)
def test_no_shipped_text_has_an_archaic_word(path: Path) -> None:
    assert archaic_words(path.read_text(encoding="utf-8"), path.suffix) == []


@pytest.mark.parametrize(
    ("suffix", "source", "expected"),
    [
        (".toml", 'for = "taking back"\n# all roads\n', [(1, "taking back"), (2, "roads")]),
        (".py", '"""One\n\nlooked\nat."""\nx = "told"  # anew\n', [(3, "looked\nat"), (5, "anew"), (5, "told")]),
        (".py", 'x = f"{name} is to "\\\n    "be lest"\n', [(1, "is to be"), (1, "lest")]),
        (".py", "def told(road):\n    return road.mend, 'the broad amendment'\n", []),
        (
            ".go",
            'package told\n\n// Nobody\nvar road = "whence" /* a\nlest */\n',
            [(3, "Nobody"), (4, "whence"), (5, "lest")],
        ),
    ],
)
def test_archaic_words_are_found_in_texts_and_not_in_names(
    suffix: str, source: str, expected: list[tuple[int, str]]
) -> None:
    assert archaic_words(source, suffix) == expected


PROOF = re.compile(r"\b(proof|proven|proved|proves|unproven|smoke tests?)\b", re.IGNORECASE)
"""Other words for the test servers, which readers took for other things."""

SCREENS = sorted((ROOT / "tests" / "tui" / "dumps").glob("*.txt"))


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", PACKAGE / "domain" / "catalogue.toml", *SCREENS], ids=lambda path: path.name
)
def test_operators_read_one_word_for_the_test_servers(path: Path) -> None:
    assert PROOF.findall(path.read_text(encoding="utf-8")) == []


OTHER_WORDS = re.compile(r"\b(failures?|nothing-to-do|unverified|waiting for (?!changes))\b")
"""Not for operators: they read "problem" for a level, the words of an outcome, and "waiting until" something is so."""

SPEAKING = [
    path for room in ("changes", "cli", "engine", "steps", "tui") for path in sorted((PACKAGE / room).rglob("*.py"))
]


def sentences(source: str) -> Iterator[str]:
    """The strings with a blank that are no docstrings and no words to search for."""
    tree = ast.parse(source)
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    strings = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    texts = [node.value for node in strings if isinstance(node.value, str)]
    return (text for text in texts if " " in text)


@pytest.mark.parametrize("path", SPEAKING, ids=name_of)
def test_a_sentence_has_no_word_of_the_events(path: Path) -> None:
    assert [s for s in sentences(path.read_text(encoding="utf-8")) if OTHER_WORDS.search(s)] == []


@pytest.mark.parametrize("path", SCREENS, ids=lambda path: path.name)
def test_a_screen_has_no_word_of_the_events(path: Path) -> None:
    assert OTHER_WORDS.findall(path.read_text(encoding="utf-8")) == []
