"""The logins that a system has refused. They are not repeated until the operator asks for another attempt."""

from __future__ import annotations

import time
from collections.abc import Hashable
from dataclasses import replace
from typing import Never

from mhv_tui.core.errors import FindingError


class RefusedLogins:
    """Remembers each refusal by its login."""

    def __init__(self) -> None:
        self._rows: dict[Hashable, FindingError] = {}

    def refuse(self, login: Hashable, error: FindingError) -> Never:
        """Raises the error of an attempt; later calls of `raise_if_refused` name the time of this attempt."""
        detail = f"{error.finding.detail.rstrip('.')} (login at {time.strftime('%H:%M:%S')}, not repeated since)"
        self._rows[login] = FindingError(replace(error.finding, detail=detail))
        raise error

    def raise_if_refused(self, login: Hashable) -> None:
        """Raises the error of the last attempt if this login was refused."""
        if login in self._rows:
            raise self._rows[login]

    def clear(self) -> None:
        """Forgets all refusals: the next login is tried again."""
        self._rows.clear()
