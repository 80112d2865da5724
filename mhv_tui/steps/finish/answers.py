"""The last page has no answers."""

from __future__ import annotations

from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class FinishAnswers:
    """The answers of the last page: none."""
