"""Limits of what a machine over SSH may take from us: seconds for each phase, bytes for each output.

A limit of seconds is the total of a phase, however slowly bytes drip in. paramiko's own time limits start again with
each read, so `SshBudget` closes the connection from a second thread.
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
    """Seconds of each phase as a whole."""

    config: float = 10.0
    """For `ssh -G`, which may run programs (Match exec)."""
    resolve: float = 15.0
    """To resolve the machine's name."""
    tcp: float = 10.0
    """To connect by TCP, all addresses of the name together."""
    negotiation: float = 15.0
    """For one banner and key exchange."""
    connect: float = 40.0
    """For all connections and key exchanges until a known host key is shown. A server has several host keys."""
    login: float = 60.0
    """For all keys and the password, without the time in which the operator types."""
    agent: float = 10.0
    """For the SSH agent of this machine to list its keys."""
    channel: float = 10.0
    """For the machine to open a channel, or as a jump host to connect to the next machine."""
    start: float = 30.0
    """For the machine to confirm that it starts a command."""
    first_output: float = 60.0
    """For the first byte of output. become.sh writes a line before it runs a script; sudo may first ask LDAP."""

    lost: float = 180.0
    """To reach the machine again while a detached job continues."""


LIMITS = SshLimits()

MAX_BANNER = 64 * 1024
"""Bytes before the key exchange. OpenSSH sends one line of at most 255."""
MAX_PACKET = 256 * 1024
"""Bytes of one SSH packet, as in OpenSSH (PACKET_MAX_SIZE). paramiko itself would accept 4 GiB before the login."""
MAX_ITEMS = 64
"""Extensions or questions in one SSH message. paramiko itself would read four billion."""
MAX_STDERR = MIB
"""Bytes of the error output of a command."""
MAX_FILE = 8 * MIB
"""Bytes of a known_hosts or key file."""


@dataclass(frozen=True)
class Bounds:
    """Limits of one command. `action` completes the sentence "MACHINE did not ..."."""

    action: str
    seconds: float = 120.0
    output: int = 4 * MIB
    """Bytes of standard output."""


def size(number: int) -> str:
    """`16 MiB`, `64 KiB`."""
    return f"{number // MIB} MiB" if number >= MIB else f"{number // 1024} KiB"


class SshBudget:
    """Seconds for several calls together. If they are used up during a call, closes what the call waits for."""

    def __init__(self, seconds: float) -> None:
        self.remaining = seconds
        self.expired = False
        """True after a call was closed."""

    @contextlib.contextmanager
    def spend(self, close: Callable[[], object]) -> Iterator[None]:
        """Runs the `with` block for at most the remaining seconds; then runs `close`, which must make it fail."""
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
    """The result of a call that cannot be closed; raises TimeoutError and leaves it to a daemon thread if it hangs."""
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:
            future.set_exception(error)

    threading.Thread(target=run, daemon=True).start()
    return future.result(timeout=seconds)
