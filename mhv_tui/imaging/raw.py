"""Reads a raw image: the bytes of the disk as they are. Skips the holes of a sparse file."""

from __future__ import annotations

import errno
import io
import os
from collections.abc import Iterator
from functools import partial
from typing import BinaryIO

from mhv_tui.imaging.source import CLUSTER, ImageError, Piece, SourceDisk, reason_against_size, size_of


def unsupported(file: BinaryIO) -> str:
    """Why this module cannot read the image, as a sentence without full stop; "" if it can."""
    return reason_against_size(size_of(file))


def open_disk(file: BinaryIO) -> SourceDisk:
    """Raises ImageError if `unsupported` has a reason."""
    size = size_of(file)
    if reason := reason_against_size(size):
        raise ImageError(reason)
    return SourceDisk(size, sum(end - start for start, end in _runs(file, size)), partial(_pieces, file, size))


def _pieces(file: BinaryIO, size: int) -> Iterator[Piece]:
    grain = 0
    for start, end in _runs(file, size):
        for number in range(max(grain, start // CLUSTER), -(-end // CLUSTER)):
            length = min(CLUSTER, size - number * CLUSTER)
            yield Piece(number, number * CLUSTER, length, length, False)
            grain = number + 1


def _runs(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    """Start and end of the parts of the file that are not holes; all of it if it is no file of the operating system.

    Readers of packed files also have a `fileno`, but their holes are those of the packed file.
    """
    if not isinstance(file, io.BufferedReader) or not isinstance(file.raw, io.FileIO):
        yield 0, size
        return
    end = 0
    while end < size:
        try:
            start = os.lseek(file.fileno(), end, os.SEEK_DATA)
            end = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        except OSError as error:
            if error.errno != errno.ENXIO:  # no data follows
                yield end, size
            return
        yield start, min(end, size)
