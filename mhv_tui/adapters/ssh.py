"""One SSH connection over paramiko: checks the host key, logs in, runs commands within bounds of time and memory."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mhv_tui.adapters.failures import failure
from mhv_tui.adapters.ssh_errors import only_findings, reason
from mhv_tui.adapters.ssh_host_key import shown_key, verified_transport
from mhv_tui.adapters.ssh_limits import LIMITS, MAX_STDERR, Bounds, SshBudget, SshLimits, size
from mhv_tui.adapters.ssh_login import Secrets, log_in
from mhv_tui.adapters.ssh_target import SshTarget
from mhv_tui.adapters.ssh_transport import hang_up
from mhv_tui.core.errors import MhvError
from mhv_tui.core.text import host_port
from mhv_tui.core.waits import waiting

if TYPE_CHECKING:
    import paramiko

KEEPALIVE = 20
"""Seconds between keepalive messages, which keep NAT entries alive and reveal a broken connection."""


@dataclass(frozen=True)
class Output:
    """Exit code, output and error output of a command, as bytes."""

    code: int
    out: bytes
    err: bytes


class Connection:
    """A logged-in SSH connection; `jump` is the connection to the jump host through which it runs."""

    def __init__(
        self, target: SshTarget, transport: paramiko.Transport, jump: Connection | None, limits: SshLimits = LIMITS
    ) -> None:
        self.target = target
        self._transport = transport
        self._jump = jump
        self._limits = limits

    @property
    def alive(self) -> bool:
        """False if the connection has dropped."""
        return self._transport.is_active() and (self._jump is None or self._jump.alive)

    def execute(self, command: str, bounds: Bounds, stdin: bytes = b"") -> Output:
        """Runs a command line and returns its output.

        Raises CN29 if the connection drops or the command does not start, CN31 if the command exceeds `bounds` or
        prints nothing for too long. After an error the connection is closed.
        """
        clock = _Clock(SshBudget(bounds.seconds), SshBudget(self._limits.start), SshBudget(self._limits.first_output))
        try:
            waits = waiting(self.target.name, bounds.seconds)
            with waits, clock.total.spend(self.close):
                channel = self._channel("session")
                with clock.start.spend(self.close):
                    channel.exec_command(command)
                with clock.first_output.spend(self.close):
                    _send(channel, stdin)
                output = self._collect(channel, bounds, clock.first_output)
                _close(channel)
        except Exception as error:
            connected = self.alive
            self.close()
            raise self._failure(error, bounds, clock, connected) from None
        except BaseException:
            self.close()
            raise
        return output

    def _collect(self, channel: paramiko.Channel, bounds: Bounds, first_output: SshBudget) -> Output:
        out, err = bytearray(), bytearray()
        channel.settimeout(0.2)
        with contextlib.ExitStack() as silence:
            silence.enter_context(first_output.spend(self.close))
            while True:
                _drain(channel.recv_ready, channel.recv, out, bounds.output, "output")
                _drain(channel.recv_stderr_ready, channel.recv_stderr, err, MAX_STDERR, "error output")
                if out or err:
                    silence.close()
                ended = (channel.eof_received and channel.exit_status_ready()) or channel.closed
                if ended and not (channel.recv_ready() or channel.recv_stderr_ready()):
                    break
                # After the end of the output, recv would always return at once.
                if channel.eof_received:
                    channel.status_event.wait(0.2)
                else:
                    # select would need paramiko's pipe, which a second thread may write to after it is closed.
                    with contextlib.suppress(TimeoutError):
                        out += channel.recv(1 << 16)
        code = channel.recv_exit_status() if channel.exit_status_ready() else -1
        if code == -1 and not self._transport.is_active():
            raise self._transport.get_exception() or EOFError()
        return Output(code, bytes(out), bytes(err))

    def _failure(self, error: Exception, bounds: Bounds, clock: _Clock, connected: bool) -> MhvError:
        """Returns the error for a failed `execute`; `connected` is False if the connection was lost before."""
        name, limits = self.target.name, self._limits
        if isinstance(error, MhvError):
            return error
        problem = reason(error)
        for applies, code, detail in (
            (isinstance(error, _TooLong), "CN31", f"{name} did not {bounds.action}: {problem}"),
            (clock.start.expired, "CN29", f"{name} did not start a command in {limits.start:.0f} s"),
            (clock.total.expired, "CN31", f"{name} did not {bounds.action} in {bounds.seconds:.0f} s"),
            (
                clock.first_output.expired,
                "CN31",
                f"{name} did not {bounds.action}: no output in {limits.first_output:.0f} s",
            ),
            (connected, "CN29", f"{name} did not start a command: {problem}"),
        ):
            if applies:
                return failure(code, detail, subject=name)
        return failure("CN29", f"the connection to {name} dropped: {problem}", subject=name)

    def _channel(self, kind: str, destination: tuple[str, int] | None = None) -> paramiko.Channel:
        source = ("127.0.0.1", 0) if destination else None
        return self._transport.open_channel(kind, destination, source, timeout=self._limits.channel)

    def tunnel(self, host: str, port: int) -> Any:
        """Opens a channel to another machine through this machine. Raises CN29."""
        detail = f"the jump host {self.target.name} cannot connect to {host_port(host, port)}"
        with only_findings("CN29", detail, host):
            return self._channel("direct-tcpip", (host, port))

    def close(self) -> None:
        """Closes this connection and the connections to its jump hosts. Never waits for a machine."""
        hang_up(self._transport)
        if self._jump is not None:
            self._jump.close()


@dataclass(frozen=True)
class _Clock:
    """The time limits of one command."""

    total: SshBudget
    start: SshBudget
    first_output: SshBudget


def _send(channel: paramiko.Channel, stdin: bytes) -> None:
    """Sends the input of a command. A command that ends without reading it, such as nologin, is no error here."""
    try:
        channel.sendall(stdin)
        channel.shutdown_write()
    except OSError:
        if not channel.closed:
            raise


def _close(channel: paramiko.Channel) -> None:
    """Closes the channel of a command that has ended. A connection that drops meanwhile is no error of the command."""
    import paramiko

    with contextlib.suppress(EOFError, OSError, paramiko.SSHException):
        channel.close()


class _TooLong(Exception):
    """A command printed more than its bounds allow."""


def _drain(ready: Callable[[], bool], read: Callable[[int], bytes], buffer: bytearray, most: int, name: str) -> None:
    """Moves received output into `buffer`. Raises _TooLong for more than `most` bytes."""
    while len(buffer) <= most and ready():
        buffer += read(1 << 16)
    if len(buffer) > most:
        raise _TooLong(f"the {name} is longer than {size(most)}")


@contextlib.contextmanager
def _negotiating(target: SshTarget) -> Iterator[None]:
    with only_findings("CN29", f"the SSH connection to {host_port(target.host, target.port)} failed", target.name):
        yield


def connect(
    target: SshTarget, secrets: Secrets, jump: Connection | None = None, limits: SshLimits = LIMITS
) -> Connection:
    """Connects to a machine, checks its host key and logs in. Raises CN29, CN01 or CN30."""
    with _negotiating(target), waiting(target.name, limits.connect):
        transport = verified_transport(target, secrets.pinned, jump, limits)
        try:
            log_in(transport, target, secrets, limits)
            transport.set_keepalive(KEEPALIVE)
        except BaseException:
            hang_up(transport)
            raise
        return Connection(target, transport, jump, limits)


def host_key(target: SshTarget, jump: Connection | None = None, limits: SshLimits = LIMITS) -> str:
    """Returns the machine's current host key as SHA256:... without a login. Raises CN29, or CN01 for a revoked key."""
    with _negotiating(target):
        return shown_key(target, jump, limits)
