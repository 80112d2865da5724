"""Text of a real server, machine or file in a finding and in the log: it acts on no terminal and forges no line."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

import paramiko
import pytest

from mhv_tui.adapters import ssh, trust
from mhv_tui.adapters.known_hosts import known_keys
from mhv_tui.adapters.local import ThisMachine
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.vsphere import PyvmomiVcenter
from mhv_tui.changes.sources import inspected
from mhv_tui.cli.setup import SafeFormatter
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SurveyRequest
from mhv_tui.core.secret import Revealed
from mhv_tui.domain.catalogue import finding
from tests.adapters.hostile_cloud import COMPUTE, broken, opened
from tests.adapters.raw_server import (
    RawServer,
    Request,
    http,
    json_answer,
    serving,
    soap_fault,
    vcenter_answer,
    vcenter_call,
)
from tests.adapters.servers import HOST, identity, tls
from tests.adapters.ssh_servers import FAST_CONNECT, Login, raw_server, secrets_of, ssh_server, target_of
from tests.adapters.test_vcenter_hostile import PASSWORD, login
from tests.domain.test_disks import qcow2

ONE_LINE = "\x1b]0;PWNED\x07\x1b[2J\x9b31m\u202e\u2066\x7f"
ATTACK = f"{ONE_LINE}\n  ✓ ok      ALL GOOD\u2028\u0085\r\x00{ONE_LINE}"
IN_XML = "\u009b31mPWNED\u202e\u2066\n  ✓ ok      ALL GOOD\u2028\u0085"
"""XML allows no other control characters."""


def vcenter(answer: bytes, folder: Path) -> None:
    def respond(request: Request, server: RawServer) -> Iterable[bytes]:
        return [answer if vcenter_call(request) == "CurrentTime" else vcenter_answer(request)]

    with serving(respond, identity("vc").files(folder, "vc")) as server:
        session = PyvmomiVcenter(login(server), Revealed(PASSWORD))
        try:
            session.clock()
        finally:
            session.close()


def service(answer: bytes, folder: Path) -> None:
    with serving(broken(f"{COMPUTE}/v2.1/os-services", lambda server: [answer])) as server:
        cloud = opened(server)
        try:
            cloud.services()
        finally:
            cloud.close()


class NoLogin(Login):
    """A login shell that prints a text and runs no command."""

    def run(self, channel: paramiko.Channel, command: bytes) -> None:
        channel.sendall(ATTACK.encode() + b"\n")
        channel.sendall_stderr(ATTACK.encode() + b"\n")
        channel.send_exit_status(1)
        channel.close()


def nologin(folder: Path) -> None:
    with ssh_server(NoLogin) as port:
        node = SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of()), lambda: None)
        try:
            node.survey(SurveyRequest())
        finally:
            node.close()


def failed_command(folder: Path) -> None:
    with ssh_server(NoLogin) as port:
        node = SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of()), lambda: None)
        try:
            node.read("/etc/hostname")
        finally:
            node.close()


def ssh_banner(folder: Path) -> None:
    def talk(connection: socket.socket, end: threading.Event) -> None:
        connection.sendall(f"SSH-2.0-{ONE_LINE}\r\n".encode())
        connection.recv(100)

    with raw_server(talk) as port:
        ssh.connect(target_of(port), secrets_of(), None, FAST_CONNECT)


def backing_name(folder: Path) -> None:
    (folder / "image").write_bytes(qcow2(backing=ATTACK.replace("\0", "").encode()))
    disk, _ = inspected(ThisMachine(), folder / "image") or (None, "")
    assert disk is not None
    code, sentence = disk.problems[0]
    raise FindingError(finding(code, "failure", sentence))


def file_name(folder: Path) -> None:
    path = folder / ATTACK.replace("\0", "")
    path.mkdir()
    ThisMachine().head(path, 1)


def issuer(folder: Path) -> None:
    with tls(*identity(ONE_LINE, authority=True).files(folder, "own")) as port:
        trust.context_for(HOST, port, "system", "")


FAR_SIDES: dict[str, Callable[[Path], object]] = {
    "a fault of vCenter": partial(vcenter, soap_fault("", IN_XML)),
    "a status of vCenter": partial(vcenter, http("", f"403 {ONE_LINE}")),
    "a message of nova": partial(service, json_answer({"error": {"message": ATTACK}}, "500 Error")),
    "a page of nova": partial(service, http(f"<h1>{ATTACK}</h1>", "503 Unavailable")),
    "a redirect of nova": partial(service, http("", "302 Found", Location=f"http://127.0.0.3/{ONE_LINE}")),
    "a login shell": nologin,
    "a failed command": failed_command,
    "an SSH banner": ssh_banner,
    "a backing file": backing_name,
    "a file's name": file_name,
    "an issuer": issuer,
}

NOT_QUOTED = ("a status of vCenter", "a redirect of nova", "an SSH banner")


@pytest.mark.parametrize("name", FAR_SIDES)
def test_a_text_of_the_far_side_is_one_printable_line(
    name: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(FindingError) as refused:
        FAR_SIDES[name](tmp_path)
    error = refused.value
    texts = (error.message, error.remedy, error.finding.detail, error.finding.subject, error.finding.title)
    assert all(text.isprintable() for text in texts), texts
    assert ("PWNED" in error.message) == (name not in NOT_QUOTED)
    assert all(line.isprintable() for line in logged(caplog))


def logged(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines that the session's log has of these records."""
    formatter = SafeFormatter("%(levelname)s %(name)s: %(message)s")
    return [line for record in caplog.records for line in formatter.format(record).split("\n")]


def test_a_line_of_known_hosts_forges_no_record_of_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "known_hosts").write_text(f"@{ONE_LINE}PWNED host ssh-rsa AAAA\n")
    with caplog.at_level(logging.WARNING):
        known_keys([str(tmp_path / "known_hosts")], "host", 22)
    (line,) = logged(caplog)
    assert line.isprintable() and r"\x1b]0;PWNED" in line
