"""Limits of the calls to other systems: seconds and bytes for a call as a whole, not for each read of a socket.

`limited` starts a budget. Connections and answers of this module spend it, however many reads and requests there are.
A library may wrap or hide the error of a socket: `limited` raises its own error when the budget is used up.
"""

from __future__ import annotations

import contextlib
import http.client
import io
import queue
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

from mhv_tui.core.errors import MhvError

MIB = 1 << 20
MOST_TAGS = 700_000
"""In one XML answer. A page of an inventory has about one tag in 20 bytes, so a page of 13 MiB has as many."""


MOST_TEXT = MIB
"""Bytes of XML without a tag. The SDK copies the text so far with each piece that it reads."""


@dataclass(frozen=True)
class Limit:
    """Seconds and received bytes of one budget."""

    seconds: float
    size: int = MIB


@dataclass(frozen=True)
class Limits:
    """The limits of a connection to vCenter or to a cloud."""

    first_contact: Limit = Limit(12.0)
    """Name, TCP, TLS and the first answer, before any secret is sent."""
    login: Limit = Limit(30.0, 8 * MIB)
    """Longer than the first contact: the server may ask a directory."""
    call: Limit = Limit(60.0, 16 * MIB)
    """One request to the cloud and its answer. Parsed text can take ten times the memory of its bytes."""
    soap: Limit = Limit(60.0, 16 * MIB)
    """One call of vCenter and its answer, a page of the inventory at most."""
    operation: Limit = Limit(150.0, 64 * MIB)
    """One method of an adapter: all of its calls, and all pages of a list."""
    task: Limit = Limit(180.0)
    """The longest wait for a vCenter task. Afterwards mhv-tui stops waiting; the task itself continues in vCenter."""
    stall: Limit = Limit(120.0)
    """An upload: from one MiB that the server took to the next."""
    stored: Limit = Limit(900.0)
    """An upload: from its last byte to the answer. Glance answers only after its store has written the file."""
    close: Limit = Limit(5.0)
    """A logout, or the removal of a helper object."""


LIMITS = Limits()


class DeadlinePassed(TimeoutError):
    """The call did not end in its time. `seconds` is the limit, `received` the bytes of the last answer."""

    def __init__(self, seconds: float, received: int) -> None:
        super().__init__(f"not finished after {seconds:g} s")
        self.seconds = seconds
        self.received = received

    @property
    def sentence(self) -> str:
        """The end of a sentence that begins with the address."""
        if self.received:
            return f"answers too slowly: {self.received} bytes in {self.seconds:g} s"
        return f"did not answer in {self.seconds:g} s"


class AnswerTooLong(OSError):
    """The other system sent more than the limit; `amount` is the limit with its unit."""

    def __init__(self, amount: str) -> None:
        super().__init__(f"longer than {amount}")
        self.amount = amount

    @property
    def sentence(self) -> str:
        """The end of a sentence that begins with the address."""
        return f"sends more than {self.amount}"


class Budget:
    """What is left of a limit. A budget inside another one spends both."""

    def __init__(self, limit: Limit, outer: Budget | None = None) -> None:
        self._seconds, self._end = limit.seconds, time.monotonic() + limit.seconds
        self._size, self._left = limit.size, limit.size
        self._before_answer = limit.size
        self._outer = outer

    def remaining(self) -> float:
        """Seconds until the deadline. Raises DeadlinePassed if none is left."""
        left = self._end - time.monotonic()
        if left <= 0:
            raise DeadlinePassed(self._seconds, self._before_answer - self._left)
        return min(left, self._outer.remaining()) if self._outer else left

    def room(self) -> int:
        """Bytes that may still arrive. Raises AnswerTooLong if too many arrived."""
        if self._left < 0:
            raise self.exceeded()
        return min(self._left, self._outer.room()) if self._outer else self._left

    def exceeded(self) -> AnswerTooLong:
        """The exception for an answer that is longer than the limit."""
        return AnswerTooLong(f"{self._size // MIB} MiB" if self._size >= MIB else f"{self._size} bytes")

    def spend(self, count: int) -> None:
        """Counts received bytes. Raises AnswerTooLong."""
        self._left -= count
        if self._outer:
            self._outer.spend(count)
        self.room()

    def begin_answer(self) -> None:
        """Counts the bytes of `DeadlinePassed` from here."""
        self._before_answer = self._left
        if self._outer:
            self._outer.begin_answer()

    def extend(self, seconds: float) -> None:
        """Sets the deadline to `seconds` from now, after progress."""
        self._seconds, self._end = seconds, time.monotonic() + seconds


_current: ContextVar[Budget | None] = ContextVar("budget", default=None)


def budget() -> Budget:
    """The budget of the innermost `limited` block of this thread; outside of one, that of a single call."""
    return _current.get() or Budget(LIMITS.call)


@contextlib.contextmanager
def limited(limit: Limit) -> Iterator[Budget]:
    """Limits everything that the `with` block does on the network. Raises DeadlinePassed and AnswerTooLong."""
    spent = Budget(limit, _current.get())
    token = _current.set(spent)
    try:
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
    """A TCP connection within the budget. Tries all addresses of the name, each for its share of the time left."""
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
    """getaddrinfo within the budget. It has no time limit of its own, so that it runs in a thread."""
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


class _XmlResponse(LimitedResponse):
    """An answer with a limited number of XML tags, and of bytes between two. A tag of 4 bytes can take 100 times its
    size in memory.
    """

    _tags = _text = 0

    def read(self, amt: int | None = None) -> bytes:
        content = super().read(amt)
        self._tags += content.count(b"<")
        self._text = len(content) - position if (position := content.rfind(b"<")) >= 0 else self._text + len(content)
        if self._text > MOST_TEXT:
            raise AnswerTooLong(f"{MOST_TEXT // MIB} MiB of text in one XML element")
        if self._tags > MOST_TAGS:
            raise AnswerTooLong(f"{MOST_TAGS} XML tags")
        return content


class LimitedConnection(http.client.HTTPSConnection):
    """An HTTPS connection within the budget. It asks for no compression and refuses a compressed answer."""

    response_class = _XmlResponse

    def __init__(self, host: str, port: int, context: ssl.SSLContext) -> None:
        self._answer: http.client.HTTPResponse | None = None
        super().__init__(host, port, context=context)
        self._tls = context

    def connect(self) -> None:
        raw = connect(self.host, self.port)
        try:
            self.sock = self._tls.wrap_socket(raw, server_hostname=self.host)
        except BaseException:
            raw.close()
            raise

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(budget().remaining())
        super().send(data)

    def getresponse(self) -> http.client.HTTPResponse:
        answer = super().getresponse()
        if answer.getheader("Content-Encoding", "identity").lower() != "identity":
            answer.close()
            raise http.client.UnknownTransferEncoding("compressed")
        self._answer = answer
        return answer

    def close(self) -> None:
        """Closes the answer as well, which otherwise keeps the socket open if the answer has no length."""
        super().close()
        if self._answer is not None:
            self._answer.close()
