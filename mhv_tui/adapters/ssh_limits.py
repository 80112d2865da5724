"""Limits of an SSH connection: seconds for each phase, bytes for each output.

A time limit is the total of a phase, even if bytes arrive slowly. paramiko's own time limits start again with each
read, so `SshBudget` closes the connection from a second thread.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")

MIB = 1 << 20


@dataclass(frozen=True)
class SshLimits:
    """Maximum seconds of each phase of an SSH connection."""

    config: float = 10.0
    """Seconds for `ssh -G`, which may run programs (Match exec)."""
    resolve: float = 15.0
    """Seconds to resolve the machine's name."""
    tcp: float = 10.0
    """Seconds to connect by TCP, for all addresses of the machine together."""
    negotiation: float = 15.0
    """Seconds for one banner and key exchange."""
    connect: float = 40.0
    """Seconds for all connections and key exchanges until the server shows a known host key. A server has several."""
    login: float = 60.0
    """Seconds to try all keys and the password, without the time in which the operator types."""
    agent: float = 10.0
    """Seconds in which the SSH agent of this machine must list its keys."""
    channel: float = 10.0
    """Seconds in which the machine must open a channel or, as a jump host, connect to the next machine."""
    start: float = 30.0
    """Seconds in which the machine must confirm that it starts a command."""
    first_output: float = 60.0
    """Seconds until the first byte of output. become.sh first prints a line, but before that, sudo may query LDAP."""

    lost: float = 180.0
    """To reach the machine again while a detached job continues."""


LIMITS = SshLimits()

MAX_BANNER = 64 * 1024
"""Maximum bytes before the key exchange. OpenSSH sends one line of at most 255 bytes."""
MAX_PACKET = 256 * 1024
"""Maximum bytes of one SSH packet, as in OpenSSH (PACKET_MAX_SIZE). paramiko itself would accept 4 GiB."""
MAX_ITEMS = 64
"""Maximum number of extensions or questions in one SSH message. paramiko itself would read four billion."""
MAX_STDERR = MIB
"""Maximum bytes of a command's error output."""
MAX_FILE = 8 * MIB
"""Maximum bytes of a known_hosts file or key file."""


@dataclass(frozen=True)
class Bounds:
    """Limits of one command. `action` completes the sentence "MACHINE did not ..."."""

    action: str
    seconds: float = 120.0
    output: int = 4 * MIB
    """Maximum bytes of standard output."""


def size(number: int) -> str:
    """Returns a number of bytes as text: `16 MiB`, `64 KiB`."""
    return f"{number // MIB} MiB" if number >= MIB else f"{number // 1024} KiB"


class SshBudget:
    """A time limit for several calls together. If it ends during a call, closes what the call waits for."""

    def __init__(self, seconds: float) -> None:
        self.remaining = seconds
        self.expired = False
        """True if the time limit ended during a call."""

    @contextlib.contextmanager
    def spend(self, close: Callable[[], object]) -> Iterator[None]:
        """Limits the `with` block to the remaining seconds; then runs `close`, which must make the block fail."""
        began = time.monotonic()
        timer = threading.Timer(max(self.remaining, 0.0), self._expire, (close,))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            self.remaining -= time.monotonic() - began

    def _expire(self, close: Callable[[], object]) -> None:
        self.expired = True
        close()


def within(seconds: float, function: Callable[[], T]) -> T:
    """Returns the result of `function`. If it hangs, raises TimeoutError; it then continues in a daemon thread."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)
