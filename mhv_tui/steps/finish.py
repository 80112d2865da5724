"""The page `finish`: nothing is asked and nothing is done; the faces offer the answers and the report here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FinishAnswers:
    """The last page asks nothing."""
