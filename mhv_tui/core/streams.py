"""Bytes that are produced while they are read, such as an image that is converted during its upload."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

ReadAt = Callable[[int, int], bytes]
"""Reads at a position this number of bytes, fewer at the end of the data."""


class ByteStream(Protocol):
    """A known number of bytes that can be read from the start several times; each time they are the same."""

    @property
    def size(self) -> int:
        """The number of bytes that `chunks` yields in total."""

    def chunks(self) -> Iterator[bytes]:
        """Yields the bytes from the start. Raises FindingError if the source changed or is damaged."""
