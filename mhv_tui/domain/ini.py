"""Reads nova.conf line by line as oslo.config does, and names the line for which oslo.config refuses a file.

Never interpolates: a `$` stays as the file has it (see nova.escape).
"""

from __future__ import annotations

import re
from typing import Literal

from mhv_tui.core.frozen import dataclass

LineKind = Literal["blank", "section", "comment", "setting", "more", "junk"]

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
_COMMENTED = re.compile(r"[#;]\s*([^\s=:#;]+)\s*[=:]")


@dataclass(frozen=True)
class IniLine:
    """One line with its end, and its role in its section."""

    text: str
    kind: LineKind
    section: str = ""
    key: str = ""
    """The key of a setting, or of a commented-out default."""
    value: str = ""
    """The value of a setting without outer quotes; for a continuation line (kind `more`), the text that it adds."""


def parse(text: str) -> list[IniLine]:
    """Returns the lines of `text`. Joined, the texts of the lines are `text` again."""
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
    """Returns the first line for which oslo.config refuses the file; None if it reads the file."""
    for number, line in enumerate(parse(text), 1):
        if line.kind == "junk" or (line.kind == "setting" and not line.section):
            bare = line.text.rstrip()
            return UnreadableLine(number, next(reason for pattern, reason in REFUSALS if re.match(pattern, bare)))
    return None


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
    """Returns key, sign and value of a line, split at the first `=` or `:`."""
    at = min((i for i in (bare.find("="), bare.find(":")) if i >= 0), default=-1)
    return (bare[:at].strip(), bare[at], bare[at + 1 :].strip()) if at >= 0 else ("", "", "")


def unquote(value: str) -> str:
    """Returns the value that oslo.config reads from the text after the sign: without matching outer quotes."""
    return value[1:-1] if value and value[0] == value[-1] and value[0] in "\"'" else value


def quote(value: str) -> str:
    """Returns the text from which oslo.config reads `value`: with quotes only if needed.

    The lines of a value after its first are indented. Raises ValueError for a value that no file can contain: one of
    these lines is empty, or begins or ends with a blank.
    """
    first, *more = value.split("\n")
    if "\r" in value or any(not line or line != line.strip() for line in more):
        raise ValueError("nova.conf cannot contain this line break")
    return "\n  ".join([f'"{first}"' if first != first.strip() or first != unquote(first) else first, *more])


def same_section(one: str, other: str) -> bool:
    """Returns True if oslo.config reads both names as one section. Case does not matter, except for DEFAULT."""
    if "DEFAULT" in (one, other):
        return one == other
    return one.lower() == other.lower()


def sections(text: str) -> list[str]:
    """Returns the names of the sections, each once, in the order and spelling of their first appearance."""
    names: list[str] = []
    for line in parse(text):
        if line.kind == "section" and not any(same_section(line.section, name) for name in names):
            names.append(line.section)
    return names


def items(text: str, section: str) -> list[tuple[str, str]]:
    """Returns key and value of every setting of `section` in the order of the file, with duplicates."""
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
    """Returns every value of the setting in the order of the file. The last value wins unless the option is a list."""
    return [value for name, value in items(text, section) if name == key]
