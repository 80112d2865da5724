"""A report as Markdown with tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.redaction import shown
from mhv_tui.export.document import Block, Bullets, Preformatted, ReportDocument, ReportTable, Text

_MARKDOWN = re.compile(r"[\\`*\[\]<>#|~&]|(?<!\w)_|_(?!\w)")
"""The characters with a meaning inside a line of Markdown. An underscore within a word has no meaning."""
_CODE = re.compile(r"""((?<!`)`[\w/.-][\w ./:;=,@%+'"{}()$-]*`(?!`))""")
"""A command in a text. It has no character of a heading, link or HTML, so that a name in it is only text."""
_FIRST = re.compile(r"^(\s*\d*)([-+=.)])")
"""What makes a line of Markdown a list or the line above it a heading."""


def markdown(document: ReportDocument) -> str:
    """Returns the report as Markdown; no part of a name is read as heading, link, emphasis or HTML."""
    parts = [f"# {markdown_text(document.title)}"]
    for section in document.sections:
        if section.title:
            parts.append(f"## {markdown_text(section.title)}")
        parts += [_block(block) for block in section.blocks]
    return "\n\n".join(parts) + "\n"


def markdown_text(text: str) -> str:
    """Returns Markdown that shows exactly these characters within a line, and commands in backticks as code."""
    parts = _CODE.split(shown(text))
    return "".join(part if place % 2 else _MARKDOWN.sub(r"\\\g<0>", part) for place, part in enumerate(parts))


def _line(text: str) -> str:
    """Markdown for a whole line, which no number or dash at its beginning makes a list."""
    return _FIRST.sub(r"\1\\\2", markdown_text(text))


def _block(block: Block) -> str:
    match block:
        case Text(text=text, level=level):
            return f"**{GLYPHS[level]} {markdown_text(text)}**" if level else _line(text)
        case Bullets(items=items):
            return "\n".join(f"- {_line(item)}" for item in items)
        case Preformatted(lines=lines):
            return "\n".join(_fenced([shown(line) for line in lines]))
        case ReportTable():
            return "\n".join(_table(block))


def _fenced(lines: Sequence[str]) -> Iterator[str]:
    """A block of code whose fence is longer than any row of backticks in it."""
    longest = max((len(run) for line in lines for run in re.findall("`+", line)), default=0)
    fence = "`" * max(longest + 1, 3)
    yield f"{fence}text"
    yield from lines
    yield fence


def _table(table: ReportTable) -> Iterator[str]:
    yield _row(table.headers)
    yield _row(["---"] * len(table.headers))
    yield from (_row([markdown_text(cell) for cell in row]) for row in table.rows)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
