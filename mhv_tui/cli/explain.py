"""`mhv-tui explain`: a finding's cause, evidence and remedy, or the known errors in a nova-compute log."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from mhv_tui.cli.options import ExplainOptions
from mhv_tui.core.errors import UsageError
from mhv_tui.domain import catalogue, signatures


def run(options: ExplainOptions) -> int:
    """Prints one or the other; returns the exit code."""
    if options.log and options.code:
        raise UsageError("a code and a log are two questions", "name a code, or --log FILE")
    if options.log:
        return _explain_log(Path(options.log))
    if not options.code:
        raise UsageError("explain what?", "name a code, such as CL06, or --log FILE")
    try:
        print(catalogue.explain(options.code.upper()))
    except ValueError as error:
        raise UsageError(str(error), "`mhv-tui check` shows the code of each finding") from None
    return 0


def _explain_log(path: Path) -> int:
    matches = signatures.recognise(_text_of(path))
    for line, code, excerpt in matches:
        entry = catalogue.ENTRIES[code]
        print(f"{path}:{line}: {code} {excerpt}\n    cause: {entry.cause}\n    remedy: {entry.remedy}")
    if not matches:
        print(f"{path}: no known error found")
    return 0


def _text_of(path: Path) -> str:
    """The text of a log, unpacked if logrotate has packed it."""
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if raw.startswith(b"\x1f\x8b") else raw).decode("utf-8", "replace")
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise UsageError(f"{path}: cannot be unpacked: {error}", "name a nova-compute log that is whole") from None
    except OSError as error:
        raise UsageError(f"{path}: cannot be read: {error.strerror}", "name a nova-compute log") from None
