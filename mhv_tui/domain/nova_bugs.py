"""Lines of nova's own code that mhv-tui can correct on a node, and the versions of nova that have them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mhv_tui.domain.tables import LazyTable, read


@dataclass(frozen=True)
class CodeBug:
    """One wrong line in nova's code."""

    bug: str
    """The number of the bug on Launchpad."""
    file: str
    """The source file, from the directory of the package nova on: `nova/image/glance.py`."""
    since: str
    before: str
    """The versions of nova from `since` up to, but without, `before` have the line."""
    packages: tuple[str, ...]
    """The beginnings, without epoch, of the versions of packages in which the line was read."""
    line: str
    corrected: str

    def is_in(self, source: str) -> bool:
        """Returns True if the source text has the wrong line."""
        return corrected(source, self.line, self.corrected) != source

    def affects(self, version: str) -> bool:
        """Returns True if nova of this version, as OpenStack published it, has the line. A package may correct it."""
        return _numbers(self.since) <= _numbers(version) < _numbers(self.before)

    def is_known_in(self, version: str) -> bool:
        """Returns True if the line was read in the package of this version, such as `2:26.2.2-1~deb12u5`."""
        return _without_epoch(version).startswith(self.packages)


def corrected(source: str, line: str, new_line: str) -> str:
    """Returns the source text with `new_line` instead of `line`, which keeps its indentation."""
    pattern = re.compile(rf"^([ \t]*){re.escape(line)}", re.MULTILINE)
    return pattern.sub(lambda match: match[1] + new_line, source)


def _without_epoch(version: str) -> str:
    return version.rpartition(":")[2]


def _numbers(version: str) -> tuple[int, ...]:
    numbers = re.match(r"[0-9.]*", _without_epoch(version))
    return tuple(int(part) for part in (numbers[0] if numbers else "").split(".") if part)


def _load() -> dict[str, CodeBug]:
    return {code: CodeBug(**{**row, "packages": tuple(row["packages"])}) for code, row in read("nova_bugs").items()}


#: The bugs by the code of the check that reports them.
BUGS: LazyTable[CodeBug] = LazyTable(_load)
