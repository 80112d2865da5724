"""A report as one HTML file without scripts and without anything from the network, for light and dark screens."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from mhv_tui.core.findings import GLYPHS
from mhv_tui.core.redaction import shown
from mhv_tui.export.document import Block, Bullets, Preformatted, ReportDocument, ReportTable, Text

STYLE = """
:root { color-scheme: light dark; --text: #1b1f24; --back: #ffffff; --line: #c9d1d9; --soft: #f3f5f7;
  --ok: #1a7f37; --missing: #0550ae; --failure: #b42318; --warning: #8a5a00; }
@media (prefers-color-scheme: dark) { :root { --text: #e6e9ec; --back: #14171a; --line: #3b434b; --soft: #1e2328;
  --ok: #56d364; --missing: #79b8ff; --failure: #ff8d85; --warning: #e3b341; } }
body { color: var(--text); background: var(--back); font: 16px/1.5 system-ui, sans-serif; max-width: 72rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
.verdict { border-left: .4rem solid var(--line); background: var(--soft); padding: .8rem 1rem; font-weight: 600; }
.ok { border-color: var(--ok); } .missing { border-color: var(--missing); } .failure { border-color: var(--failure); }
.unknown, .warning { border-color: var(--warning); }
table { border-collapse: collapse; width: 100%; } .scroll { overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top;
  overflow-wrap: anywhere; }
pre { background: var(--soft); padding: .8rem 1rem; overflow-x: auto; line-height: 1.3; }
@media print { body { margin: 0; max-width: none; } pre { white-space: pre-wrap; } }
"""


def html(document: ReportDocument) -> str:
    """Returns the report as HTML 5; every name is escaped, and the page may load nothing."""
    return "\n".join(["<!DOCTYPE html>", '<html lang="en">', *_head(document), "<body>", *_body(document), "</html>\n"])


def _head(document: ReportDocument) -> Iterator[str]:
    yield "<head>"
    yield '<meta charset="utf-8">'
    yield "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">'
    yield f"<title>{_text(document.title)}</title>"
    yield f"<style>{STYLE}</style>"
    yield "</head>"


def _body(document: ReportDocument) -> Iterator[str]:
    yield f"<h1>{_text(document.title)}</h1>"
    for section in document.sections:
        if section.title:
            yield f"<h2>{_text(section.title)}</h2>"
        yield from (_block(block) for block in section.blocks)
    yield "</body>"


def _text(text: str) -> str:
    return escape(shown(text))


def _block(block: Block) -> str:
    match block:
        case Text(text=text, level=level):
            return f'<p class="verdict {level}">{GLYPHS[level]} {_text(text)}</p>' if level else f"<p>{_text(text)}</p>"
        case Bullets(items=items):
            return f"<ul>{''.join(f'<li>{_text(item)}</li>' for item in items)}</ul>"
        case Preformatted(lines=lines):
            content = "\n".join(map(_text, lines))
            return f"<pre>{content}</pre>"
        case ReportTable(headers=headers, rows=rows):
            body = "".join(_row("td", row) for row in rows)
            head = f"<thead>{_row('th', headers)}</thead>"
            return f'<div class="scroll"><table>{head}<tbody>{body}</tbody></table></div>'


def _row(tag: str, cells: Sequence[str]) -> str:
    return f"<tr>{''.join(f'<{tag}>{_text(cell)}</{tag}>' for cell in cells)}</tr>"
