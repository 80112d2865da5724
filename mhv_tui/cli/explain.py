"""`mhv-tui explain`: prints a finding's cause, check and remedy, or the known errors in a nova-compute log."""

from __future__ import annotations

import errno
import gzip
import os
import sys
import zlib
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path

from mhv_tui.cli import output
from mhv_tui.cli.options import ExplainOptions
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import open_regular
from mhv_tui.core.redaction import shown
from mhv_tui.domain import catalogue, signatures

MAX_LOG = 1 << 30
"""The largest log that `explain --log` reads, in bytes after unpacking."""
WIDTH = 100
"""The most columns of an explanation."""
PIPED = 80
"""The columns of an explanation that goes through a pipe, mostly to a program that shows it."""
HEAD = 4096
"""The bytes that decide whether a file is text."""
MAX_LINE = 1 << 16
"""The bytes of each log line that `explain --log` searches; the rest of a longer line is skipped."""


def run(options: ExplainOptions) -> int:
    """Prints the explanation of a code or the known errors in a log; returns the exit code."""
    if options.log and options.code:
        raise UsageError("explain takes a code or --log, not both", "leave out one of them")
    if options.log:
        return _explain_log(Path(options.log))
    if not options.code:
        raise UsageError("explain needs a code or a log", "add a code, such as CL06, or --log FILE")
    try:
        output.say(catalogue.explain(options.code.upper(), min(columns_of(sys.stdout) or PIPED, WIDTH)))
    except ValueError as error:
        raise UsageError(str(error), "`mhv-tui check` shows the code of each finding") from None
    return 0


def _explain_log(path: Path) -> int:
    try:
        matches = signatures.recognise_lines(_lines_of(path))
        is_empty = not path.stat().st_size
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UsageError(f"{path}: cannot be unpacked: {error}", "name a complete nova-compute log") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "name a nova-compute log") from None
    for line, code, excerpt in matches:
        entry = catalogue.ENTRIES[code]
        output.say(f"{shown(f'{path}:{line}: {code} {excerpt}')}\n    cause: {entry.cause}\n    remedy: {entry.remedy}")
    if not matches:
        output.say(f"{shown(str(path))}: {'the log is empty' if is_empty else 'no known error found'}")
    return 0


def _is_text(head: bytes) -> bool:
    """Whether the first bytes of a file can be those of a log: at most one character in ten is not UTF-8."""
    text = head.decode("utf-8", "replace")
    return text.count("\ufffd") * 10 <= len(text)


def _lines_of(path: Path) -> Iterator[str]:
    """Yields the lines of a log, which may be compressed with gzip; at most MAX_LINE bytes of each.

    Raises UsageError if it is not text, OSError (also for more than MAX_LOG bytes) and the errors of gzip and zlib.
    """
    with os.fdopen(open_regular(path), "rb") as raw:
        packed = raw.peek(2)[:2] == b"\x1f\x8b"
        if not packed and not _is_text(raw.peek(HEAD)[:HEAD]):
            raise UsageError(f"{path}: is not text", "name a nova-compute log as text, or compressed with gzip")
        with gzip.open(raw) if packed else nullcontext(raw) as log:
            size, complete = 0, True
            while piece := log.readline(MAX_LINE):
                size += len(piece)
                if size > MAX_LOG:
                    raise OSError(
                        errno.EFBIG, f"it has more than {MAX_LOG >> 30} GiB; name a part of the log", str(path)
                    )
                if complete:
                    yield piece.decode("utf-8", "replace")
                complete = piece.endswith(b"\n")
