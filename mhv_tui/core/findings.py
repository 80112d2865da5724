"""Findings: the results of checks. A warning or failure must have a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from mhv_tui.core.redaction import set_texts, shown
from mhv_tui.core.text import capitalised, count

Level = Literal["ok", "skipped", "unknown", "missing", "warning", "failure"]

LEVELS: tuple[Level, ...] = ("skipped", "ok", "missing", "unknown", "warning", "failure")
"""The order in which every interface sorts and counts them, the worst last; a skipped check tells nothing bad."""

GLYPHS: dict[Level, str] = {
    "ok": "✓",
    "skipped": "-",
    "unknown": "?",
    "missing": "+",
    "warning": "!",
    "failure": "✗",
}
"""One glyph for each level, so that colour alone never shows it. Every terminal font has them."""

UNCHECKED: tuple[Level, ...] = ("skipped", "unknown")
"""Levels of a check without a result."""

StepKey = tuple[str, str]
"""(target id, step id)."""


@dataclass(frozen=True)
class Finding:
    """One result of one check. `title` is a positive sentence that is true only if the level is ok.

    Its texts are safe to show: each is one line without control characters and without revealed secrets.
    """

    code: str
    level: Level
    title: str
    detail: str = ""
    """If ok, the evidence; else a sentence that states by itself what is wrong, missing or not known."""
    remedy: str = ""
    subject: str = ""
    fix: str | None = None
    """The id of a Change that fixes it; made only on request."""
    fatal: bool = False
    """The operator cannot accept it."""
    accepted: str = ""
    """The operator's reason, if this failure was accepted."""

    def __post_init__(self) -> None:
        if self.level in ("warning", "failure") and not self.remedy:
            raise ValueError(f"{self.code}: a {self.level} needs a remedy")
        texts = {"title": self.title, "detail": self.detail, "remedy": self.remedy, "subject": self.subject}
        set_texts(self, **{name: shown(text) for name, text in {**texts, "accepted": self.accepted}.items()})

    @property
    def sentence(self) -> str:
        """What is wrong, as a sentence."""
        return self.detail or self.headline

    @property
    def stops(self) -> bool:
        """True if `apply` must stop."""
        return self.level == "failure" and not self.accepted

    @property
    def headline(self) -> str:
        """What is true now, in one sentence: the title if ok, else the detail."""
        if self.level == "ok":
            return self.title
        return capitalised(self.detail) or f"{'Not checked' if self.level in UNCHECKED else 'Not so'}: {self.title}"

    @property
    def subline(self) -> str:
        """The line below the headline: the evidence if ok, else nothing."""
        return self.detail if self.level == "ok" else ""


KeyedFinding = tuple[StepKey, Finding]
"""A finding with its target and step."""


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level of a page's findings; ok if there are none, skipped if all of them are."""
    return max((f.level for f in findings), key=LEVELS.index, default="ok")


def split_skipped(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings of a page that a face shows one by one, and the skipped ones that it counts in one line.

    If all of them are skipped, the page itself is, and each is shown, as it has the reason.
    """
    shown = [f for f in findings if f.level != "skipped"]
    return (shown, [f for f in findings if f.level == "skipped"]) if shown else (list(findings), [])


def skipped_line(skipped: Sequence[Finding]) -> str:
    """What a face shows instead of skipped findings."""
    return f"{count(len(skipped), 'check')} not needed, or not possible yet"
