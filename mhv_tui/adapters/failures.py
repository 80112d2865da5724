"""Builds the one error that leaves an adapter: a FindingError with a finding of the catalogue.

Refuses codes that the catalogue lacks.
"""

from __future__ import annotations

from mhv_tui.core.errors import FindingError
from mhv_tui.domain import catalogue


def failure(code: str, detail: str, *, subject: str = "", remedy: str | None = None) -> FindingError:
    """A failure of `code`, ready to be raised; `remedy` replaces the catalogue's where more is known."""
    return FindingError(catalogue.finding(code, "failure", detail, subject=subject, remedy=remedy))


def endpoint(host: str, port: int) -> str:
    """`host:port` as people write it, an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
