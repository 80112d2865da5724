"""Builds the one exception that adapters raise: a FindingError with a finding of the catalogue."""

from __future__ import annotations

from mhv_tui.core.errors import FindingError
from mhv_tui.domain import catalogue


def failure(code: str, detail: str, *, subject: str = "", remedy: str | None = None) -> FindingError:
    """The exception for a finding of `code`. `remedy` replaces the catalogue's if the cause is known better.

    Raises ValueError if the catalogue has no such code.
    """
    return FindingError(catalogue.finding(code, "failure", detail, subject=subject, remedy=remedy))
