"""The shortest sequence of the VT100 that moves the cursor."""

from __future__ import annotations

Position = tuple[int | None, int | None]
"""Row and column, from 0. None if unknown."""


def move(cursor: Position, row: int, column: int) -> str:
    """Returns what moves the cursor from `cursor` to `row` and `column`."""
    if cursor == (row, column):
        return ""
    sequences = [_absolute(row, column)]
    old_row, old_column = cursor
    if old_row is not None:
        vertical = _steps(row - old_row, "B", "A")
        sequences.append(f"{vertical}\r{_steps(column, 'C', 'D')}")
        if old_column is not None:
            sequences.append(vertical + _steps(column - old_column, "C", "D"))
            if old_column > column:
                sequences.append(vertical + "\b" * (old_column - column))
    return min(sequences, key=len)


def _absolute(row: int, column: int) -> str:
    parameters = f"{row + 1 if row else ''};{column + 1}" if column else f"{row + 1 if row else ''}"
    return f"\x1b[{parameters}H"


def _steps(distance: int, forward: str, backward: str) -> str:
    if distance == 0:
        return ""
    count = abs(distance) if abs(distance) > 1 else ""
    return f"\x1b[{count}{forward if distance > 0 else backward}"
