"""Findings: the results of checks. A warning or failure must have a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Literal

from mhv_tui.core.frozen import dataclass
from mhv_tui.core.redaction import set_texts, shown
from mhv_tui.core.text import capitalised, count, imperative

Level = Literal["ok", "skipped", "unknown", "missing", "warning", "failure"]

LEVELS: tuple[Level, ...] = ("skipped", "ok", "missing", "unknown", "warning", "failure")
"""All levels, the worst last: the order in which every interface sorts and counts findings."""

GLYPHS: dict[Level, str] = {
    "ok": "✓",
    "skipped": "○",
    "unknown": "?",
    "missing": "+",
    "warning": "!",
    "failure": "✗",
}
"""Level -> glyph, so that colour is never the only sign of a level. Every terminal font has these glyphs."""

LEVEL_WORDS: Mapping[str, str] = MappingProxyType({"failure": "problem"})
"""Level -> its word on screens and in lines for people; the other levels are words already."""

UNCHECKED: tuple[Level, ...] = ("skipped", "unknown")
"""The levels of findings of checks that gave no result."""

SMOKE_TEST_CODE = "PR01"
"""The code of the smoke tests, which only apply can make; until then it is skipped, with the reason."""

TRIAL_CODE = "NW02"
"""The code of what a trial port shows, which apply creates and deletes before its first change."""

UNANSWERED, WAITING = OF_A_PAGE = ("WZ08", "WZ10")
"""The codes that say, skipped, why a whole page is not checked: it lacks answers, or it waits for other pages."""

StepKey = tuple[str, str]
"""A pair (target id, step id)."""


@dataclass(frozen=True)
class Finding:
    """One result of one check. `title` is a positive sentence that is true only if the level is ok.

    All texts are safe to show: each is one line without control characters and without revealed secrets.
    """

    code: str
    level: Level
    title: str
    detail: str = ""
    """The evidence if the level is ok, else a whole sentence that states what is wrong, missing or unknown."""
    remedy: str = ""
    subject: str = ""
    fix: str | None = None
    """The id of the change that fixes the problem; this change is made only on request."""
    fatal: bool = False
    """True if the operator cannot accept this finding, and pages that require its page cannot be checked."""
    acceptable: bool = True
    """False if the operator cannot accept this finding, because a change would fail; other pages can be checked."""
    tested_again: bool = False
    """True if the finding is a failed test that `apply` repeats: it neither stops `apply` nor can be accepted."""
    accepted: str = ""
    """The operator's reason if this failure is accepted; else ""."""

    def __post_init__(self) -> None:
        if self.level in ("warning", "failure") and not self.remedy:
            raise ValueError(f"{self.code}: a {self.level} needs a remedy")
        remedy = imperative(self.remedy)
        texts = {"title": self.title, "detail": self.detail, "remedy": remedy, "subject": self.subject}
        set_texts(self, **{name: shown(text) for name, text in {**texts, "accepted": self.accepted}.items()})

    @property
    def sentence(self) -> str:
        """The sentence that describes the problem."""
        return self.detail or self.headline

    @property
    def stops(self) -> bool:
        """True if `apply` must stop."""
        return self.level == "failure" and not (self.accepted or self.tested_again)

    @property
    def can_be_accepted(self) -> bool:
        return self.level == "failure" and self.acceptable and not (self.fatal or self.tested_again)

    @property
    def shown_level(self) -> Level:
        """The level with whose sign every interface shows the finding: an accepted failure has that of a warning."""
        return "warning" if self.accepted else self.level

    @property
    def counted_as(self) -> str:
        """The word under which every interface counts the finding: its level, or `accepted`."""
        return "accepted" if self.accepted else self.level

    @property
    def level_word(self) -> str:
        """The level as people read it."""
        return LEVEL_WORDS.get(self.level, self.level)

    @property
    def headline(self) -> str:
        """One sentence about the present state: the title if the level is ok, else the detail.

        A skipped check has its title before the reason, unless the reason says by itself what is not checked.
        """
        if self.level == "ok":
            return self.title
        if self.level == "skipped" and self.detail and self.code not in (*OF_A_PAGE, SMOKE_TEST_CODE):
            return f"{self.title}: not checked, because {self.detail}"
        return capitalised(self.detail) or f"Not {'checked' if self.level in UNCHECKED else 'true'}: {self.title}"

    @property
    def subline(self) -> str:
        """The line below the headline: the evidence if the level is ok, else ""."""
        return self.detail if self.level == "ok" else ""


KeyedFinding = tuple[StepKey, Finding]
"""A finding with the key of its step: (target id, step id)."""


def counted(level: str, number: int) -> str:
    """A number of findings of a level, or of accepted ones: `1 problem`, `2 warnings`, `3 ok`, `1 accepted`."""
    word = LEVEL_WORDS.get(level, level)
    return count(number, word) if word in ("problem", "warning") else f"{number} {word}"


def tally(findings: Iterable[Finding]) -> dict[str, int]:
    """Each word of `Finding.counted_as` -> number of findings, the worst word last."""
    words = [f.counted_as for f in findings]
    return {word: words.count(word) for word in (*LEVELS[:-1], "accepted", LEVELS[-1])}


def amount(findings: Iterable[Finding], level: Level) -> int:
    """The number beside the sign of a level: of its findings, or of the accepted ones if there is no other."""
    same = [f for f in findings if f.shown_level == level]
    return sum(not f.accepted for f in same) or len(same)


def worst(findings: Iterable[Finding]) -> Level:
    """The worst level with which some findings are shown; ok if there are no findings."""
    return max((f.shown_level for f in findings), key=LEVELS.index, default="ok")


def page_level(findings: Sequence[Finding]) -> Level:
    """The level with whose sign a page is shown: a problem, else an unknown, which is left to do, else the worst."""
    levels = {finding.shown_level for finding in findings}
    return next((level for level in ("failure", "unknown") if level in levels), worst(findings))


def urgency(finding: Finding) -> int:
    """Sorts findings for a list: the worst level first, the same in every list."""
    return -LEVELS.index(finding.level)


def split_skipped(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """Splits the findings of a page: those that an interface shows one by one, and skipped ones that it only counts.

    If all findings are skipped, all are shown one by one, because each contains the reason. So is what apply tests.
    """
    counted = [f for f in findings if f.level == "skipped" and f.code != SMOKE_TEST_CODE]
    shown = [f for f in findings if f not in counted]
    return (shown, counted) if shown else (list(findings), [])


def skipped_line(skipped: Sequence[Finding]) -> str:
    """The line that an interface shows instead of the skipped findings."""
    return f"{count(len(skipped), 'check')} not needed, or not possible yet"
