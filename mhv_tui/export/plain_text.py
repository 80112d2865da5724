"""A report as plain text: one line for each row, and the long cells of a row below it."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.matrix_text import text_width
from mhv_tui.core.redaction import shown
from mhv_tui.export.document import Block, Bullets, Preformatted, ReportDocument, ReportTable, Text

INDENT = "  "


def plain_text(document: ReportDocument) -> str:
    """Returns the report as text; each line of it is one row, whatever the names in it contain."""
    lines = [shown(document.title)]
    for section in document.sections:
        if section.title:
            lines += ["", shown(section.title)]
        for block in section.blocks:
            if not section.title:
                lines.append("")
            lines += _lines(block)
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _lines(block: Block) -> Iterator[str]:
    match block:
        case Text(text=text, level=level):
            yield f"{GLYPHS[level]} {shown(text)}" if level else f"{INDENT}{shown(text)}"
        case Bullets(items=items):
            yield from (f"{INDENT}- {shown(item)}" for item in items)
        case Preformatted(lines=lines):
            yield from (f"{INDENT}{shown(line)}" for line in lines)
        case ReportTable():
            yield from _table(block)


def _table(table: ReportTable) -> Iterator[str]:
    across = len(table.headers) - table.below
    head = [table.headers[:across]] if all(table.headers) else []
    rows = [tuple(map(shown, row)) for row in table.rows]
    across_rows = [*head, *(row[:across] for row in rows)]
    sizes = [max(text_width(row[place]) for row in across_rows) for place in range(across)]
    yield from (_row(row, sizes) for row in head)
    for row in rows:
        yield _row(row[:across], sizes)
        for header, cell in zip(table.headers[across:], row[across:], strict=True):
            if cell:
                yield f"{INDENT * 3}{header}: {cell}"


def _row(cells: tuple[str, ...], sizes: list[int]) -> str:
    return (
        INDENT
        + "  ".join(cell + " " * (size - text_width(cell)) for cell, size in zip(cells, sizes, strict=True)).rstrip()
    )
