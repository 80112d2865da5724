"""Why a key does nothing in the findings of a page, as sentences for the last line."""

from __future__ import annotations

from mhv_tui.core.findings import Level

NO_ROW = "Choose a finding with the arrow keys first."
COUNTED = "This row counts findings: Enter lists them, and {key} acts on one of them."
NO_RESULT = "The page is being checked: the findings appear in a moment."
NO_MATCH = "No finding matches the filter: Esc shows all."
NO_CELL = "This cell has no problem: choose another one with the arrow keys."
COPIED = "{code} is sent to the terminal's clipboard."
NO_FIX: dict[Level, str] = {
    "ok": "{code} has passed: there is nothing to fix.",
    "skipped": "{code} was not checked: there is nothing to fix.",
    "missing": "{code}: the plan makes this change. ^G shows the plan.",
}
NO_OWN_FIX = "{code} has no fix that mhv-tui can make: follow its remedy."
NOT_ACCEPTABLE: dict[Level, str] = {
    "ok": "{code} has passed: there is nothing to accept.",
    "skipped": "{code} was not checked: there is nothing to accept.",
    "missing": "{code}: the plan makes this change, so there is nothing to accept.",
    "unknown": "{code} is unknown and stops nothing: there is nothing to accept.",
    "warning": "{code} is a warning and stops nothing: there is nothing to accept.",
    "failure": "{code} cannot be accepted: apply cannot work without it. Fix the cause.",
}
"""Level -> the reason why a finding cannot be accepted."""
