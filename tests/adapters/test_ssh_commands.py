"""A command, and a jump host, that hangs or is dropped ends in a sentence."""

from __future__ import annotations

import paramiko
import pytest

from mhv_tui.adapters import ssh
from mhv_tui.adapters.ssh_limits import Bounds
from tests.adapters.ssh_servers import FAST_COMMANDS, FAST_CONNECT, Login, failing, secrets_of, ssh_server, target_of


class Starts(Login):
    """Starts no command until the end."""

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        self.end.wait(10)
        return False


class Refuses(Login):
    """Refuses commands."""

    def check_channel_exec_request(self, channel: paramiko.Channel, command: bytes) -> bool:
        return False


class OpensNothing(Login):
    """Refuses channels."""

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return 1


class Silent(Login):
    """Starts a command that never answers."""


class Drips(Login):
    """A command that never ends, with a byte now and then."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        while not self.end.wait(0.1):
            channel.sendall(b".")


class DripsErrors(Login):
    """A command that never ends, with a byte of error output now and then."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        while not self.end.wait(0.1):
            channel.sendall_stderr(b".")


class EndsOutputOnly(Login):
    """A command that closes its output and never ends."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(b"done")
        channel.shutdown_write()
        self.end.wait(10)


class Drops(Login):
    """Drops the connection during a command."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(b"half")
        channel.get_transport().close()


COMMANDS: tuple[tuple[type[Login], str, str], ...] = (
    (Starts, "CN29", "n1 did not start a command in 1 s"),
    (Refuses, "CN29", "n1 did not start a command: "),
    (OpensNothing, "CN29", "n1 did not start a command: "),
    (Silent, "CN31", "n1 did not list its packages: no output in 1 s"),
    (Drips, "CN31", "n1 did not list its packages in 2 s"),
    (DripsErrors, "CN31", "n1 did not list its packages in 2 s"),
    (EndsOutputOnly, "CN31", "n1 did not list its packages in 2 s"),
    (Drops, "CN29", "the connection to n1 dropped"),
)


@pytest.mark.parametrize(("kind", "code", "text"), COMMANDS, ids=[row[0].__name__ for row in COMMANDS])
def test_a_command_that_hangs_ends_in_a_sentence(kind: type[Login], code: str, text: str) -> None:
    with ssh_server(kind) as port:
        connection = ssh.connect(target_of(port), secrets_of(), None, FAST_COMMANDS)
        bounds = Bounds("list its packages", seconds=2.0)
        found, message = failing(lambda: connection.execute("true", bounds, b"\n"))
        assert found == code and text in message
        assert not connection.alive


class SilentJump(Login):
    """A jump host that opens tunnels and forwards nothing."""

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: object) -> int:
        return 0


class StuckJump(Login):
    """A jump host that does not answer the request for a tunnel."""

    def check_channel_direct_tcpip_request(self, chanid: int, origin: object, destination: object) -> int:
        self.end.wait(10)
        return 0


class RefusingJump(Login):
    """A jump host that allows no tunnels."""


JUMPS: tuple[tuple[type[Login], str], ...] = (
    (SilentJump, "192.0.2.1:22 did not finish its SSH banner in 1 s"),
    (StuckJump, "the jump host n1 cannot connect to 192.0.2.1:22: Timeout"),
    (RefusingJump, "the jump host n1 cannot connect to 192.0.2.1:22: "),
)


@pytest.mark.parametrize(("kind", "text"), JUMPS, ids=[row[0].__name__ for row in JUMPS])
def test_a_jump_host_that_hangs_ends_in_a_sentence(kind: type[Login], text: str) -> None:
    with ssh_server(kind) as port:
        jump = ssh.connect(target_of(port), secrets_of(), None, FAST_COMMANDS)
        target = target_of(22, name="n2", host="192.0.2.1")
        code, message = failing(lambda: ssh.connect(target, secrets_of(), jump, FAST_CONNECT))
        assert code == "CN29" and text in message
        jump.close()
