"""Runs a command; every error becomes a sentence on stderr and an exit code."""

from __future__ import annotations

import errno
import os
import sys
import threading
from collections.abc import Callable, Mapping
from functools import partial

from mhv_tui.cli.program import callable_here
from mhv_tui.cli.streams import columns_of
from mhv_tui.core.errors import Cancelled, MhvError, SecretMissing, UsageError
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.core.wrapping import with_command_lines, wrapped_text

EXIT_CODES: Mapping[int, str] = {
    0: "done, or nothing to do",
    1: "a change failed",
    2: "wrong usage or answers",
    3: "stopped by a check",
    4: "verification failed",
    129: "the terminal was closed",
    130: "cancelled",
    143: "terminated",
}
"""Every exit code of mhv-tui, and its meaning."""


def exit_code_of(command: Callable[[], int]) -> int:
    """Runs a command and returns its exit code; prints every error to stderr."""
    code = _exit_code_of(command)
    return _exit_code_of(partial(flushed, code))


NO_READER = (errno.EPIPE, errno.EIO)
"""The errors of a stream whose reader has ended, and of a terminal that was closed."""


def flushed(code: int) -> int:
    """Writes what stdout and stderr still hold, and returns the exit code. Raises OSError, not for a lost reader.

    If the interpreter's own last flush failed, it would replace the exit code by 120.
    """
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if error.errno not in NO_READER:
                raise
    return code


def _exit_code_of(command: Callable[[], int]) -> int:
    try:
        return command()
    except Cancelled as cancelled:
        return cancelled.exit_code
    except KeyboardInterrupt:
        return 130
    except UsageError as error:
        return _report(error, 2)
    except SecretMissing as error:
        return _report(error, 2)
    except MhvError as error:
        return _report(error, 3)
    except BrokenPipeError:
        return 0  # the reader has what it needs
    except OSError as error:
        return _report(
            MhvError(_sentence(error), "check the disk and the file's permissions, then run the command again"), 1
        )
    except Exception as error:
        return _report_crash(error)


def leave(code: int) -> int:
    """Ends the process at once if a check still waits for a system; else returns the exit code.

    A thread in the code of a library can abort the interpreter's own end. Call it when everything is saved and closed.
    """
    if threading.active_count() == 1:
        return code
    os._exit(flushed(code))


def _sentence(error: OSError) -> str:
    from mhv_tui.engine.failures import disk_sentence, is_disk_error

    if is_disk_error(error):
        return disk_sentence(error)
    return f"{error.filename}: {error.strerror}" if error.filename else str(error.strerror or error)


def _report_crash(error: Exception) -> int:
    """Prints a sentence for the operator, and writes the traceback without values to crash.log for the developers."""
    import traceback

    from mhv_tui.engine.state import state_home

    message = f"mhv-tui has a defect ({type(error).__name__})"
    try:
        path = state_home() / "crash.log"
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_NONBLOCK
        with os.fdopen(os.open(path, flags, 0o600), "w") as file:
            file.write(shown_lines("".join(traceback.format_tb(error.__traceback__)) + type(error).__name__ + "\n"))
    except (UsageError, OSError):
        last = traceback.extract_tb(error.__traceback__)[-1]
        return _report(MhvError(message, f"report the defect with its position, {last.filename}:{last.lineno}"), 1)
    return _report(MhvError(message, f"report the defect with the file {path}"), 1)


def _report(error: MhvError, code: int) -> int:
    remedy = with_command_lines(f"  remedy: {error.remedy}", " " * 4).split("\n") if error.remedy else []
    for line in (f"mhv-tui: {error.message}", *(f"  {line}" for line in error.lines), *remedy):
        print(wrapped_text(shown(callable_here(line)), columns_of(sys.stderr)), file=sys.stderr)
    return code
