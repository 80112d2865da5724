"""nova.conf as oslo.config reads it. A file is parsed once, because it may have thousands of lines."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from mhv_tui.domain import ini
from mhv_tui.domain.packages import Python

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""A byte that is not UTF-8, as `decoded` of changes/files.py reads it."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def without_comments(text: str) -> str:
    """Returns the text without empty lines and comments, which may be most of the file."""
    return "".join(line for line in _LINE.findall(text) if line.strip() and line[0] not in "#;")


@dataclass(frozen=True)
class NovaConf:
    """One configuration file of nova; the text is empty if the file is absent."""

    text: str

    def problem(self, python: Python) -> ini.UnreadableLine | None:
        """The first line for which nova cannot read the file; None if it can. Python 3 reads UTF-8 only."""
        lines = self.text.split("\n")
        if python == "python3" and (bad := [n for n, line in enumerate(lines, 1) if _NOT_UTF8.search(line)]):
            return ini.UnreadableLine(bad[0], "is not UTF-8 text")
        return ini.unreadable_line(self.text)

    @cached_property
    def options(self) -> Mapping[tuple[str, str], tuple[str, ...]]:
        """Every value of every option, in the file's order, by section and name."""
        rows: dict[tuple[str, str], list[str]] = {}
        for line in ini.parse(without_comments(self.text)):
            name = (_section(line.section), line.key)
            if line.kind == "setting":
                rows.setdefault(name, []).append(line.value)
            elif line.kind == "more":
                rows[name][-1] += f"\n{line.value}"
        return {name: tuple(values) for name, values in rows.items()}

    def values(self, section: str, option: str) -> tuple[str, ...]:
        """Every value of an option, in the file's order."""
        return self.options.get((_section(section), option), ())

    def last(self, section: str, option: str) -> str:
        """Returns the last value of an option, which nova uses; "" if the file does not set the option."""
        return (self.values(section, option) or ("",))[-1]

    def names(self, section: str) -> tuple[str, ...]:
        """Returns the names of the options that the file sets in a section."""
        return tuple(option for name, option in self.options if name == _section(section))


def _section(name: str) -> str:
    return name if name == "DEFAULT" else name.lower()
