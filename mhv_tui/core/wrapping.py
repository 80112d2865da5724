"""Wraps texts to lines. A fingerprint breaks only after 16 bytes, and keeps the colon there."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

_FINGERPRINT = re.compile(r"\b(?:[0-9A-Fa-f]{2}:){15,}[0-9A-Fa-f]{2}\b")
_GROUP = re.compile(r"(?:[0-9A-Fa-f]{2}:){16}(?=[0-9A-Fa-f]{2}\b)")
GROUP_WIDTH = 48
"""The columns of 16 bytes of a fingerprint with their colons."""

_SHORT_GROUP = re.compile(r"(?:[0-9A-Fa-f]{2}:){8}(?=[0-9A-Fa-f]{2}\b)")
"""The same of a line that has no room for 16 bytes."""

GAP = re.compile(r"(?<=(?:[0-9A-Fa-f]{2}:){8}) (?=[0-9A-Fa-f]{2}\b)")
"""A blank at a place where a fingerprint may break."""

_MEASURED = re.compile(r"\(\d[^()\s]*(?: [^()\s]+)+\)")
"""A measured value in brackets, such as (0.3 s; 1 of 10)."""

_COLUMNS = re.compile(r" *(?:\S+(?: \S+)*  +)?(?=\S)")
"""The indent of a line, or its first column and the blanks after it."""

_PIPELINE = re.compile(r" *`([^`]+ \| [^`]+)` *")
"""A command with pipes in a text. It gets lines of its own, so that its begin and its end are seen."""

UNBROKEN = "\0"
"""A blank at which a line may not break; no printable text has this character."""

HANGING = "  "
"""The additional indent of the lines that continue an indented line."""


def wrap(text: str, width: int, indent: str = "", *, long_words: bool = True) -> list[str]:
    """Returns the text in lines of at most `width` columns, each with the indent; no line if the text is empty.

    A command with pipes has lines of its own, with a larger indent, which a shell takes as one command.
    `long_words`: whether a word that is longer than a line is broken.
    """
    group = _group(width - len(indent))
    breakable = _FINGERPRINT.sub(lambda match: group.sub(r"\g<0> ", match[0]), text)
    lines: list[str] = []
    wrapper = textwrap.TextWrapper(
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=long_words,
        break_on_hyphens=False,
    )
    start = indent + HANGING
    for number, part in enumerate(_PIPELINE.split(breakable)):
        if number % 2 == 1:
            lines += [start + line for line in _command_lines(part, width - len(start))]
        else:
            lines += wrapper.wrap(part)
    return [GAP.sub("", line) for line in lines]


def _command_lines(command: str, width: int) -> list[str]:
    """A command in one line, else one for each part up to a pipe; a backslash continues a line in a longer part."""
    if len(command) <= width:
        return [command]
    lines: list[str] = []
    for part in command.replace(" | ", " |\n").split("\n"):
        room = width if len(part) <= width else width - len(" \\")
        *begin, end = textwrap.wrap(part, room, break_long_words=False, break_on_hyphens=False)
        lines += [*(f"{line} \\" for line in begin), end]
    return lines


def _group(width: int) -> re.Pattern[str]:
    """The bytes of a fingerprint after which a line of so many columns may break."""
    return _GROUP if width >= GROUP_WIDTH else _SHORT_GROUP


def with_command_lines(text: str, indent: str = "") -> str:
    """Returns the text with each command with pipes on a line of its own, after the indent."""
    return f"\n{indent}".join(filter(None, _PIPELINE.split(text)))


def wrapped_text(text: str, width: int) -> str:
    """Returns a text whose long lines are broken at blanks; a longer word stays whole, and so does a short value
    in brackets.

    The lines that continue an indented line have a larger indent.

    `width`: the most columns of a line; 0 returns the text as it is.
    """
    return "\n".join(_wrapped_line(line, width) if 0 < width < len(line) else line for line in text.split("\n"))


def _wrapped_line(line: str, width: int) -> str:
    words = _MEASURED.sub(lambda match: _unbroken(match[0], 2 * width // 3), line.lstrip())
    indent = " " * min(len(line) - len(words), width // 2)
    hanging = indent + HANGING if indent else ""
    first, *others = wrap(words, width - len(hanging), long_words=False) or [""]
    return "\n".join([indent + first, *(hanging + other for other in others)]).replace(UNBROKEN, " ")


def _unbroken(value: str, width: int) -> str:
    """A value in brackets that stays in one line, unless it is longer than `width`."""
    return value.replace(" ", UNBROKEN) if len(value) <= width else value


def unwrapped(text: str) -> str:
    """Returns a text in which each paragraph, and each row of columns, is one line.

    A line continues the one before if it begins below the last column of that one and has no columns itself.
    """
    lines: list[str] = []
    column = -1
    for line in text.split("\n"):
        has_columns = bool(re.search(r"\S {2}", line))
        if line and len(line) - len(line.lstrip()) == column and not has_columns:
            lines[-1] += f" {line.lstrip()}"
        else:
            lines.append(line)
            column = _text_column(line) if line else -1
    return "\n".join(lines)


def _text_column(line: str) -> int:
    """The column in which the text of a line begins: after its indent, and after its first column if it has one."""
    columns = _COLUMNS.match(line)
    return columns.end() if columns else 0


def with_hanging_lines(text: str, width: int) -> str:
    """Returns a text whose long lines continue below their second column, such as what a key does.

    Columns are separated by at least two blanks.
    """
    return "\n".join(line if len(line) <= width else _hanging_line(line, width) for line in text.split("\n"))


def _hanging_line(line: str, width: int) -> str:
    column = _text_column(line)
    indent = column if column <= width // 2 else 0
    return "\n".join(textwrap.wrap(line, width, subsequent_indent=" " * indent, break_on_hyphens=False))


def broken_at_slashes(text: str, width: int) -> str:
    """Returns a text of wrapped lines in which an address that is longer than a line continues after a slash.

    An address without a slash at which it can break stays whole.
    """
    return "\n".join(piece for line in text.split("\n") for piece in _pieces(line, width))


def _pieces(line: str, width: int) -> Iterator[str]:
    while len(line) > width:
        start = line.rfind(" ", 0, width) + 1
        end = line.rfind("/", start, width) + 1
        if end <= max(start, line.find("://") + 3):
            break
        yield line[:end]
        line = " " * start + line[end:]
    yield line


def fingerprint_breaks(text: str, width: int) -> list[int]:
    """Returns the positions at which the fingerprints of a text may break in lines of so many columns."""
    prints = _FINGERPRINT.finditer(text)
    return [whole.start() + group.end() for whole in prints for group in _group(width).finditer(whole[0])]
