"""A line editor for nova.conf: changes only the lines that must change.

Every other byte stays: comments, order, spacing, duplicates, line ends. Refuses to change a file that oslo.config
cannot read, and never interpolates: callers escape a `$` (see nova.escape).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from mhv_tui.domain.ini import IniLine, parse, quote, same_section, unreadable_line

Value = str | Sequence[str]
OptionRow = tuple[str, str, Value]


def set_values(text: str, settings: Iterable[OptionRow]) -> str:
    """Returns `text` with these settings: a text is one value, a sequence repeats the key for each of its values.

    Settings that are right already stay unchanged. A new key goes after its commented-out default, else to its
    section's end. Raises ValueError if oslo.config cannot read `text`, or if no file can contain a value.
    """
    lines = _readable(text)
    for section, key, value in settings:
        if isinstance(value, str):
            lines = _set_one(lines, section, key, value)
        else:
            lines = _set_all(lines, section, key, list(value))
    return "".join(line.text for line in lines)


def remove(text: str, keys: Iterable[tuple[str, str]]) -> str:
    """Returns `text` without the settings of these (section, key) pairs. Comments and empty sections stay.

    Raises ValueError if oslo.config cannot read `text`.
    """
    lines = _readable(text)
    for section, key in keys:
        lines = _without(lines, _spans(lines, section, key))
    return "".join(line.text for line in lines)


def _readable(text: str) -> list[IniLine]:
    """The lines of `text`. Raises ValueError if oslo.config cannot read it."""
    if problem := unreadable_line(text):
        raise ValueError(f"line {problem.number} {problem.reason}")
    return parse(text)


Span = tuple[int, int]
"""The line number of a setting, and the number of the line after its last continuation line."""


def _spans(lines: list[IniLine], section: str, key: str) -> list[Span]:
    spans: list[Span] = []
    for i, line in enumerate(lines):
        if line.key != key or not same_section(line.section, section):
            continue
        if line.kind == "setting":
            spans.append((i, i + 1))
        elif line.kind == "more":
            spans[-1] = (spans[-1][0], i + 1)
    return spans


def _value(lines: list[IniLine], span: Span) -> str:
    return "\n".join(line.value for line in lines[slice(*span)])


def _without(lines: list[IniLine], spans: list[Span]) -> list[IniLine]:
    gone = {i for span in spans for i in range(*span)}
    return [line for i, line in enumerate(lines) if i not in gone]


def _set_one(lines: list[IniLine], section: str, key: str, value: str) -> list[IniLine]:
    spans = _spans(lines, section, key)
    if not spans:
        return _add(lines, section, key, [value])
    return lines if _value(lines, spans[-1]) == value else _replace(lines, spans[-1], value)


def _set_all(lines: list[IniLine], section: str, key: str, values: list[str]) -> list[IniLine]:
    spans = _spans(lines, section, key)
    if [_value(lines, span) for span in spans] == values:
        return lines
    for span, value in reversed(list(zip(spans, values, strict=False))):
        if _value(lines, span) != value:
            lines = _replace(lines, span, value)
    spans = _spans(lines, section, key)
    lines = _without(lines, spans[len(values) :])
    return _add(lines, section, key, values[len(spans) :])


def _replace(lines: list[IniLine], span: Span, value: str) -> list[IniLine]:
    """Returns the setting with another value. Key, spacing and line end stay; continuation lines are removed."""
    first, last = lines[span[0]], lines[span[1] - 1]
    head = re.match(r"[^=:]*[=:][ \t]*", first.text)
    assert head, "a setting has a sign"
    gap = " " if re.search(r"[ \t][=:]$", head[0]) else ""
    text = head[0] + gap + quote(value).replace("\n", _end(first.text) or "\n") + _end(last.text)
    return [*lines[: span[0]], *_parsed_in(first.section, text), *lines[span[1] :]]


def _parsed_in(section: str, text: str) -> list[IniLine]:
    """The lines of settings of a section."""
    return [replace(line, section=section) for line in parse(text)]


def _add(lines: list[IniLine], section: str, key: str, values: list[str]) -> list[IniLine]:
    if not values:
        return lines
    name = next((x.section for x in lines if x.kind == "section" and same_section(x.section, section)), section)
    new = [f"{key} = {quote(value)}" for value in values]
    at = _place(lines, name, key)
    if at is None:
        gap = [""] if lines and lines[-1].kind != "blank" else []
        return _insert(lines, len(lines), name, [*gap, f"[{name}]", *new])
    return _insert(lines, at, name, new)


def _place(lines: list[IniLine], section: str, key: str) -> int | None:
    """Returns the line number for a new `key`: after its last setting, else its default, else at the section's end."""
    inside = [i for i, line in enumerate(lines) if line.section and same_section(line.section, section)]
    if not inside:
        return None
    for kinds in (("setting", "more"), ("comment",)):
        alike = [i for i in inside if lines[i].kind in kinds and lines[i].key == key]
        if alike:
            return alike[-1] + 1
    start = next(i for i in inside if lines[i].kind == "section")
    end = next((i for i in range(start + 1, len(lines)) if lines[i].kind == "section"), len(lines))
    return _before_tail(lines, start, end)


def _before_tail(lines: list[IniLine], start: int, end: int) -> int:
    """Returns the end of a block: before its last blank lines, and before comments directly above the next section."""
    at = end
    if end < len(lines):
        while at - 1 > start and lines[at - 1].kind == "comment" and not lines[at - 1].key:
            at -= 1
    while at - 1 > start and lines[at - 1].kind == "blank":
        at -= 1
    return at


def _insert(lines: list[IniLine], at: int, section: str, new: list[str]) -> list[IniLine]:
    """Inserts `new` before line `at`, with the line end of its neighbours. A file without a final newline stays so."""
    ends = [_end(line.text) for line in (*reversed(lines[:at]), *lines[at:])]
    end = next((e for e in ends if e), "\n")
    before, texts = lines[:at], [text.replace("\n", end) + end for text in new]
    if before and not _end(before[-1].text):
        last = before[-1]
        before[-1] = IniLine(last.text + end, last.kind, last.section, last.key, last.value)
        texts[-1] = texts[-1].removesuffix(end)
    return [*before, *(line for text in texts for line in _parsed_in(section, text)), *lines[at:]]


def _end(text: str) -> str:
    return text[len(text.rstrip("\r\n")) :]
