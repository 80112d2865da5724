"""Limits of the calls to other systems: seconds and bytes for a call as a whole, not for each read of a socket.

`limited` starts a budget of seconds and bytes. All reads and requests of this module's connections use it up. A library
may hide the error of a socket, so `limited` itself raises an error when the budget is used up.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import queue
import socket
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mhv_tui.core.errors import MhvError
from mhv_tui.core.waits import waiting

MIB = 1 << 20


@dataclass(frozen=True)
class Limit:
    """Maximum seconds and maximum received bytes of one budget."""

    seconds: float
    size: int = MIB


@dataclass(frozen=True)
class Limits:
    """The limits of a connection to vCenter or to a cloud."""

    first_contact: Limit = Limit(12.0)
    """Limit of the first contact: name resolution, TCP, TLS and the first answer, before any secret is sent."""
    login: Limit = Limit(30.0, 8 * MIB)
    """Limit of a login. It is longer than that of the first contact, because the server may query LDAP."""
    call: Limit = Limit(60.0, 16 * MIB)
    """Limit of one request to the cloud and its answer. Parsed text can take ten times the memory of its bytes."""
    soap: Limit = Limit(60.0, 16 * MIB)
    """Limit of one vCenter call and its answer, which is at most one page of the inventory."""
    operation: Limit = Limit(150.0, 64 * MIB)
    """Limit of one method of an adapter, with all of its calls and all pages of a list."""
    task: Limit = Limit(180.0)
    """The longest wait for a vCenter task. Afterwards mhv-tui stops waiting; the task itself continues in vCenter."""
    stall: Limit = Limit(120.0)
    """Limit of a pause in an upload: in this time, the server must accept the next MiB."""
    stored: Limit = Limit(900.0)
    """Limit from the last byte of an upload to the answer. Glance answers only after its store has written the file."""
    repeats: Limit = Limit(180.0)
    """Limit of all pauses before an upload is repeated."""
    close: Limit = Limit(5.0)
    """Limit of a logout, and of the removal of a helper object."""


LIMITS = Limits()


class DeadlinePassed(TimeoutError):
    """A call did not end within its time limit of `seconds`; `received`: bytes that arrived of the last answer."""

    def __init__(self, seconds: float, received: int) -> None:
        super().__init__(f"not finished after {seconds:g} s")
        self.seconds = seconds
        self.received = received

    def sentence(self, server: str) -> str:
        """Returns a message about `server`."""
        if self.received:
            return f"{server} answers too slowly: {self.received} bytes in {self.seconds:g} s"
        return f"{server} did not answer in {self.seconds:g} s"


class AnswerTooLong(OSError):
    """The other system sent more than the limit; `amount` is the limit with its unit."""

    def __init__(self, amount: str) -> None:
        super().__init__(f"longer than {amount}")
        self.amount = amount

    def sentence(self, server: str) -> str:
        """Returns a message about `server`."""
        return f"{server} sends more than {self.amount}"


class Budget:
    """The seconds and bytes that remain of a limit. A budget inside another budget uses up both."""

    def __init__(self, limit: Limit, outer: Budget | None = None) -> None:
        self._seconds, self._end = limit.seconds, time.monotonic() + limit.seconds
        self._size, self._left = limit.size, limit.size
        self._before_answer = limit.size
        self._outer = outer

    def remaining(self) -> float:
        """Returns the seconds until the deadline. Raises DeadlinePassed after the deadline."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(self._seconds, self._before_answer - self._left)
        return min(left, self._outer.remaining()) if self._outer else left

    def room(self) -> int:
        """Returns the number of bytes that may still arrive. Raises AnswerTooLong if too many have arrived."""
        if self._left < 0:
            raise self.exceeded()
        return min(self._left, self._outer.room()) if self._outer else self._left

    def exceeded(self) -> AnswerTooLong:
        """Returns the exception for an answer that is longer than the limit."""
        return AnswerTooLong(f"{self._size // MIB} MiB" if self._size >= MIB else f"{self._size} bytes")

    def spend(self, count: int) -> None:
        """Subtracts received bytes from the budget. Raises AnswerTooLong if they exceed it."""
        self._left -= count
        if self._outer:
            self._outer.spend(count)
        self.room()

    def begin_answer(self) -> None:
        """Starts a new answer: `DeadlinePassed.received` counts only bytes that arrive from now on."""
        self._before_answer = self._left
        if self._outer:
            self._outer.begin_answer()

    def extend(self, seconds: float) -> None:
        """Sets the deadline to `seconds` from now, because the call made progress."""
        self._seconds, self._end = seconds, time.monotonic() + seconds


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budget() -> Budget:
    """Returns the budget of the innermost `limited` block of this thread; outside of one, a new one for a call."""
    return _current.get() or Budget(LIMITS.call)


@contextlib.contextmanager
def limited(limit: Limit, system: str = "") -> Iterator[Budget]:
    """Limits all network traffic of the `with` block. Raises DeadlinePassed and AnswerTooLong.

    `system`: the name under which a screen shows the wait for the system that is called; "" shows none.
    """
    spent = Budget(limit, _current.get())
    token = _current.set(spent)
    try:
        with waiting(system, limit.seconds) if system else contextlib.nullcontext():
            yield spent
    except MhvError:
        raise
    except Exception:
        spent.room()
        spent.remaining()
        raise
    finally:
        _current.reset(token)


def connect(host: str, port: int) -> socket.socket:
    """Opens a TCP connection within the budget. Tries all addresses of the host, each for its share of the time."""
    budget().begin_answer()
    addresses = _resolve(host, port)
    failed: OSError = OSError(f"{host} has no address")
    for position, (family, kind, protocol, _, address) in enumerate(addresses):
        connection = socket.socket(family, kind, protocol)
        try:
            connection.settimeout(budget().remaining() / (len(addresses) - position))
            connection.connect(address)
            connection.settimeout(budget().remaining())
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection
        except OSError as error:
            connection.close()
            failed = error
    budget().remaining()
    raise failed


def _resolve(host: str, port: int) -> list[Any]:
    """Resolves a host name within the budget. Runs getaddrinfo in a thread, because it has no time limit."""
    answers: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

    def ask() -> None:
        try:
            answers.put(list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
        except (OSError, ValueError) as error:  # ValueError: the name has a NUL character or is no valid IDNA name
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=budget().remaining())
    except queue.Empty:
        budget().remaining()
        raise
    if isinstance(answer, Exception):
        raise answer
    return answer


class _LimitedReader(io.RawIOBase):
    """Reads a socket; each read waits only for the time left in the budget."""

    def __init__(self, connection: socket.socket, raw: Any) -> None:
        self._connection, self._raw = connection, raw

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self._connection.settimeout(budget().remaining())
        count = int(self._raw.readinto(buffer) or 0)
        budget().spend(count)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


class LimitedResponse(http.client.HTTPResponse):
    """An HTTP answer that is read within the budget, header and body."""

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        budget().begin_answer()
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_LimitedReader(sock, self.fp.detach()))
