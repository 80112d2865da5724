"""Every phase of an SSH connection has a total limit of time, if the machine is silent and if bytes drip in."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import paramiko
import pytest
from paramiko.server import InteractiveQuery

from mhv_tui.adapters import ssh
from tests.adapters.ssh_servers import (
    FAILED,
    FAST_CONNECT,
    FAST_LOGIN,
    HOST,
    Login,
    Raw,
    failing,
    raw_server,
    secrets_of,
    send,
    ssh_server,
    target_of,
)

pytestmark = pytest.mark.slow


def silent(connection: socket.socket, end: threading.Event) -> None:
    end.wait(10)


def dripping_lines(connection: socket.socket, end: threading.Event) -> None:
    while not end.wait(0.1):
        connection.sendall(b"welcome\r\n")


def dripping_bytes(connection: socket.socket, end: threading.Event) -> None:
    while not end.wait(0.1):
        connection.sendall(b"x")


def endless_banner(connection: socket.socket, end: threading.Event) -> None:
    while not end.is_set():
        connection.sendall(b"x" * 65536)


def endless_lines(connection: socket.socket, end: threading.Event) -> None:
    while not end.is_set():
        connection.sendall(b"welcome\r\n" * 1000)


def stopping_in_key_exchange(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-hung\r\n")
    end.wait(10)


def dripping_key_exchange(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-hung\r\n\0\0\x40\4")
    dripping_bytes(connection, end)


def huge_packet(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-huge\r\n\xff\xff\xff\xf4\4\x14")
    endless_banner(connection, end)


def not_utf8(connection: socket.socket, end: threading.Event) -> None:
    payload = b"\x14" + bytes(16) + b"\0\0\0\2\xff\xfe" + bytes(60)
    padding = bytes(8 - (len(payload) + 5) % 8 + 8)
    packet = bytes([len(padding)]) + payload + padding
    connection.sendall(b"SSH-2.0-\xff\r\n" + len(packet).to_bytes(4, "big") + packet)
    end.wait(10)


def closing(connection: socket.socket, end: threading.Event) -> None:
    connection.sendall(b"SSH-2.0-closing\r\n")
    connection.recv(100)


BEFORE_THE_LOGIN: tuple[tuple[Raw, str], ...] = (
    (silent, "did not finish its SSH banner in 1 s"),
    (dripping_lines, "did not finish its SSH banner in 1 s"),
    (dripping_bytes, "did not finish its SSH banner in 1 s"),
    (endless_banner, "more than 64 KiB"),
    (endless_lines, "negotiation"),
    (stopping_in_key_exchange, "did not finish its SSH key exchange in 1 s"),
    (dripping_key_exchange, "did not finish its SSH key exchange in 1 s"),
    (huge_packet, "more than 256 KiB"),
    (not_utf8, "negotiation"),
    (closing, "negotiation"),
)


@pytest.mark.parametrize(("talk", "text"), BEFORE_THE_LOGIN, ids=[talk.__name__ for talk, _ in BEFORE_THE_LOGIN])
def test_a_server_that_does_not_negotiate_ends_in_a_sentence(talk: Raw, text: str) -> None:
    with raw_server(talk) as port:
        threads = threading.active_count()
        code, message = failing(lambda: ssh.connect(target_of(port), secrets_of(), None, FAST_CONNECT))
        assert code == "CN29" and text in message and "\n" not in message and len(message) < 400
        assert code == failing(lambda: ssh.host_key(target_of(port), None, FAST_CONNECT))[0]
        end = time.monotonic() + 3
        while threading.active_count() > threads + 2 and time.monotonic() < end:
            time.sleep(0.05)
        assert threading.active_count() <= threads + 2, "only the two threads of the server are left"


class HangingLogin(Login):
    """Answers no attempt to log in."""

    def check_auth_none(self, username: str) -> int:
        self.end.wait(10)
        return FAILED


class SlowKeys(Login):
    """Refuses each key slowly."""

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self.end.wait(0.7)
        return FAILED


class AsksForEver(Login):
    """Asks another question after each answer."""

    methods = "keyboard-interactive"

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_interactive(self, username: str, submethods: str) -> InteractiveQuery:
        return InteractiveQuery("", "", ("Password: ", False))

    def check_auth_interactive_response(self, responses: list[str]) -> InteractiveQuery:
        self.answers = [*getattr(self, "answers", []), *responses]
        return InteractiveQuery("", "", ("Password: ", False))


def test_a_server_that_does_not_answer_a_login_ends_in_a_sentence() -> None:
    with ssh_server(HangingLogin) as port:
        code, message = failing(lambda: ssh.connect(target_of(port), secrets_of(), None, FAST_LOGIN))
    assert code == "CN29" and "did not finish the login in 1 s" in message, "a hung login is not a refused one"


def test_all_keys_together_have_one_limit(tmp_path: Path) -> None:
    paths = [str(tmp_path / f"key{number}") for number in range(4)]
    for path in paths:
        paramiko.ECDSAKey.generate().write_private_key_file(path)
    with ssh_server(SlowKeys) as port:
        target = target_of(port, key_files=tuple(paths))
        code, message = failing(lambda: ssh.connect(target, secrets_of(), None, FAST_LOGIN))
    assert code == "CN29" and "did not finish the login" in message


def test_a_server_that_asks_again_gets_the_password_once() -> None:
    logins: list[AsksForEver] = []

    def make(end: threading.Event) -> AsksForEver:
        logins.append(AsksForEver(end))
        return logins[-1]

    with ssh_server(make) as port:
        code, _ = failing(lambda: ssh.connect(target_of(port), secrets_of("pw"), None, FAST_LOGIN))
        assert code == "CN30" and logins[0].answers == ["pw"]


def extensions(transport: paramiko.Transport) -> None:
    message = paramiko.Message()
    message.add_byte(b"\x07")
    message.add_int(0xFFFFFFFF)
    send(transport, message)


def test_four_billion_extensions_end_the_connection() -> None:
    with ssh_server(HangingLogin, before=extensions) as port:
        assert failing(lambda: ssh.connect(target_of(port), secrets_of(), None, FAST_LOGIN))[0] == "CN29"


def test_an_address_that_does_not_answer_ends_in_a_sentence() -> None:
    # A full queue of connections that nobody accepts.
    with socket.create_server((HOST, 0), backlog=0) as listening:
        port = listening.getsockname()[1]
        waiting = [socket.socket() for _ in range(4)]
        for connection in waiting:
            connection.setblocking(False)
            connection.connect_ex((HOST, port))
        code, message = failing(lambda: ssh.connect(target_of(port), secrets_of(), None, FAST_CONNECT))
        assert code == "CN29" and "did not answer in 1 s" in message
        for connection in waiting:
            connection.close()
