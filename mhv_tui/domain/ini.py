"""A line editor for nova.conf: reads it as oslo.config does and changes only the lines that must change.

Every other byte stays: comments, order, spacing, duplicates, line ends. Refuses to change a file that oslo.config
cannot read, and never interpolates: callers escape a `$` (see nova.escape).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

LineKind = Literal["blank", "section", "comment", "setting", "more", "junk"]
Value = str | Sequence[str]
OptionRow = tuple[str, str, Value]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_COMMENTED = re.compile(r"[#;]\s*([^\s=:#;]+)\s*[=:]")


@dataclass(frozen=True)
class IniLine:
    """One line with its end, and its role in its section."""

    text: str
    kind: LineKind
    section: str = ""
    key: str = ""
    """Of a setting, or of a commented-out default."""
    value: str = ""
    """The value of a setting, without its outer quotes; for a continuation line (`more`), the text that it adds."""


def parse(text: str) -> list[IniLine]:
    """The lines of `text`; their texts joined are `text` again."""
    lines: list[IniLine] = []
    section, key = "", ""
    for raw in _LINE.findall(text):
        line = _classify(raw, section, key)
        section = line.section
        key = line.key if line.kind in ("setting", "more") else ""
        lines.append(line)
    return lines


@dataclass(frozen=True)
class UnreadableLine:
    """A line that oslo.config refuses, and with it the whole file."""

    number: int
    """Counted from 1."""
    reason: str
    """Completes the sentence "line N ..."."""


REFUSALS: tuple[tuple[str, str], ...] = (
    ("\ufeff", "begins with a byte order mark (BOM)"),
    (r"[ \t]", "is indented, but continues no setting"),
    (r"\[\]$", "is a section without a name"),
    (r"\[", "begins with [ and does not end with ]"),
    (r"\s*[=:]", "has no name before its = or :"),
    ("[^=:]*$", "has neither = nor :"),
    ("", "is a setting before the first [section]"),
)
"""The first match of a refused line is why oslo.config refuses it (oslo_config/iniparser.py and ConfigParser in cfg.py;
the same from 1.2 of Havana to 10.7). A section that occurs twice is none of them. Every refused line is one of these.
"""


def unreadable_line(text: str) -> UnreadableLine | None:
    """The first line for which oslo.config refuses the file; None if it reads the file."""
    return _unreadable_line(parse(text))


def _unreadable_line(lines: list[IniLine]) -> UnreadableLine | None:
    for number, line in enumerate(lines, 1):
        if line.kind == "junk" or (line.kind == "setting" and not line.section):
            bare = line.text.rstrip()
            return UnreadableLine(number, next(reason for pattern, reason in REFUSALS if re.match(pattern, bare)))
    return None


def _readable(text: str) -> list[IniLine]:
    """The lines of `text`. Raises ValueError if oslo.config cannot read it."""
    lines = parse(text)
    if problem := _unreadable_line(lines):
        raise ValueError(f"line {problem.number} {problem.reason}")
    return lines


def _classify(raw: str, section: str, open_key: str) -> IniLine:
    bare = raw.rstrip()
    if not bare:
        return IniLine(raw, "blank", section)
    if bare[0] in " \t":
        return IniLine(raw, "more", section, open_key, bare.lstrip()) if open_key else IniLine(raw, "junk", section)
    if bare[0] == "[":
        named = bare[-1] == "]" and len(bare) > 2
        return IniLine(raw, "section", bare[1:-1]) if named else IniLine(raw, "junk", section)
    if bare[0] in "#;":
        default = _COMMENTED.match(bare)
        return IniLine(raw, "comment", section, default[1] if default else "")
    key, sign, value = _split(bare)
    return IniLine(raw, "setting", section, key, unquote(value)) if sign and key else IniLine(raw, "junk", section)


def _split(bare: str) -> tuple[str, str, str]:
    """Key, sign and value, split at the first `=` or `:`."""
    at = min((i for i in (bare.find("="), bare.find(":")) if i >= 0), default=-1)
    return (bare[:at].strip(), bare[at], bare[at + 1 :].strip()) if at >= 0 else ("", "", "")


def unquote(value: str) -> str:
    """The value that oslo.config reads from the text after the sign: without matching outer quotes."""
    return value[1:-1] if value and value[0] == value[-1] and value[0] in "\"'" else value


def quote(value: str) -> str:
    """The text to write so that `value` is read back: quoted only if oslo.config would change it otherwise.

    The lines of a value after its first are indented. Raises ValueError for a value that no file can contain: one of
    these lines is empty, or begins or ends with a blank.
    """
    first, *more = value.split("\n")
    if "\r" in value or any(not line or line != line.strip() for line in more):
        raise ValueError("nova.conf cannot contain this line break")
    return "\n  ".join([f'"{first}"' if first != first.strip() or first != unquote(first) else first, *more])


def same_section(one: str, other: str) -> bool:
    """Whether oslo.config reads both names as one section: case does not matter, except for DEFAULT."""
    if "DEFAULT" in (one, other):
        return one == other
    return one.lower() == other.lower()


def sections(text: str) -> list[str]:
    """The names of the sections, each once, in the order and spelling of their first appearance."""
    names: list[str] = []
    for line in parse(text):
        if line.kind == "section" and not any(same_section(line.section, name) for name in names):
            names.append(line.section)
    return names


def items(text: str, section: str) -> list[tuple[str, str]]:
    """Every setting of `section` in the order of the file, duplicates too."""
    settings: list[tuple[str, str]] = []
    for line in parse(text):
        if not same_section(line.section, section):
            continue
        if line.kind == "setting":
            settings.append((line.key, line.value))
        elif line.kind == "more":
            settings[-1] = (line.key, f"{settings[-1][1]}\n{line.value}")
    return settings


def get(text: str, section: str, key: str) -> list[str]:
    """Every value of the setting, in the order of the file; the last one wins unless the option collects them all."""
    return [value for name, value in items(text, section) if name == key]


def set_values(text: str, settings: Iterable[OptionRow]) -> str:
    """`text` with these settings: a text sets one value, a sequence repeats the key for each of its values.

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
    """`text` without any setting of these (section, key) pairs; comments and empty sections stay.

    Raises ValueError if oslo.config cannot read `text`.
    """
    lines = _readable(text)
    for section, key in keys:
        lines = _without(lines, _spans(lines, section, key))
    return "".join(line.text for line in lines)


Span = tuple[int, int]
"""First line of a setting, and the line after its last continuation."""


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
    """The setting with another value; its key, spacing and line end stay, its continuations are removed."""
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
    """The line number of a new `key`: after its last setting, else after its default, else at the section's end."""
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
    """The end of a block, before its blank lines and before comments right above the next section."""
    at = end
    if end < len(lines):
        while at - 1 > start and lines[at - 1].kind == "comment" and not lines[at - 1].key:
            at -= 1
    while at - 1 > start and lines[at - 1].kind == "blank":
        at -= 1
    return at


def _insert(lines: list[IniLine], at: int, section: str, new: list[str]) -> list[IniLine]:
    """`new` before line `at`, with the line end of the lines around it; a file without a final newline keeps none."""
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
