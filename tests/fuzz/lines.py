"""Which lines of some modules run: those of functions alone, because the others run at the import."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import CodeType, FrameType, ModuleType
from typing import Any

Line = tuple[str, int]
"""File and line."""


@dataclass
class Coverage:
    """The lines of the functions of these modules, and those of them that ran."""

    modules: tuple[ModuleType, ...]
    ran: set[Line] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.files = {str(module.__file__) for module in self.modules}
        self.lines = {line for file in self.files for line in _lines_of(file)}

    @contextmanager
    def tracing(self) -> Iterator[None]:
        """Records the lines that run in this thread in the `with` block."""
        before = sys.gettrace()
        sys.settrace(self._call)
        try:
            yield
        finally:
            sys.settrace(before)

    def _call(self, frame: FrameType, event: str, arg: Any) -> Any:
        return self._line if frame.f_code.co_filename in self.files else None

    def _line(self, frame: FrameType, event: str, arg: Any) -> Any:
        self.ran.add((frame.f_code.co_filename, frame.f_lineno))
        return self._line

    @property
    def percent(self) -> float:
        return 100 * len(self.ran & self.lines) / len(self.lines)


def _lines_of(file: str) -> Iterator[Line]:
    module = compile(Path(file).read_text(encoding="utf-8"), file, "exec")
    for code in _functions(module):
        yield from ((file, line) for _, _, line in code.co_lines() if line and line != code.co_firstlineno)


def _functions(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            if constant.co_flags & 1:  # CO_OPTIMIZED: a function, not the body of a class
                yield constant
            yield from _functions(constant)
