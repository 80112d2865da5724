"""What a look found: one frozen row per check. A warning or failure that says no remedy cannot be built."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Level = Literal["ok", "skipped", "unknown", "missing", "warning", "failure"]

#: From best to worst, as faces sort and sum them up.
LEVELS: tuple[Level, ...] = ("ok", "skipped", "missing", "unknown", "warning", "failure")

#: Glyph and word of each level: colour never stands alone. The glyphs are in every terminal font; the words in ASCII.
GLYPHS: dict[Level, str] = {
    "ok": "✓",
    "skipped": "-",
    "unknown": "?",
    "missing": "+",
    "warning": "!",
    "failure": "✗",
}


StepKey = tuple[str, str]
"""(target id, step id)."""


@dataclass(frozen=True)
class Finding:
    """One result of one check. `title` is a positive sentence that is true where the level is ok."""

    code: str
    level: Level
    title: str
    detail: str = ""
    remedy: str = ""
    subject: str = ""
    fix: str | None = None
    """The id of a Change that mends it, made only where asked for."""
    fatal: bool = False
    """Cannot be accepted with a reason."""
    accepted: str = ""
    """The operator's reason, where this failure was accepted."""

    def __post_init__(self) -> None:
        if self.level in ("warning", "failure") and not self.remedy:
            raise ValueError(f"{self.code}: a {self.level} needs a remedy")

    @property
    def sentence(self) -> str:
        """What is wrong, as a sentence."""
        return self.detail or self.title

    @property
    def stops(self) -> bool:
        """True where `apply` must not go on."""
        return self.level == "failure" and not self.accepted


KeyedFinding = tuple[StepKey, Finding]
"""A finding with the target and the step that it is of."""


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level among them; ok where there are none."""
    return max((f.level for f in findings), key=LEVELS.index, default="ok")
