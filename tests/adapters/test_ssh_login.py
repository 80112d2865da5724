"""Logins with keys, passphrases and passwords, and root by sudo, over real SSH connections."""

from __future__ import annotations

import logging
import socket
import subprocess
import time
from pathlib import Path

import paramiko
import pytest

from mhv_tui.adapters import ssh
from mhv_tui.adapters.node import SshNode
from mhv_tui.adapters.ssh_login import Secrets
from mhv_tui.core.errors import FindingError, SecretMissing
from mhv_tui.core.machine import SurveyRequest
from mhv_tui.core.secret import Revealed
from tests.adapters.ssh_servers import (
    FAILED,
    FAST_COMMANDS,
    FAST_CONNECT,
    FAST_LOGIN,
    PINNED,
    WELL,
    Login,
    Shell,
    secrets_of,
    ssh_server,
    target_of,
    tools,
)

ID = '#!/bin/sh\n[ "$*" = -u ] && echo 1000 || exec /usr/bin/id "$@"\n'

SUDO = """#!/bin/sh
# Like sudo with a password: reads its first line of input, and runs the command if the line is right.
echo "sudo $*" >>"$LOG"
for word; do case $word in -n) echo "sudo: a password is required" >&2; exit 1 ;; esac; done
while [ "${1#-}" != "$1" ]; do [ "$1" != -p ] || shift; shift; done
IFS= read -r line
[ "$line" = "sudo-pw ä" ] || { echo "sudo: 1 incorrect password attempt" >&2; exit 1; }
exec "$@"
"""


def environment(folder: Path) -> dict[str, str]:
    """A machine whose user is not root and whose sudo asks for a password."""
    return {**tools(folder / "bin", id=ID, sudo=SUDO), "LOG": str(folder / "sudo.log")}


def node_on(port: int, sudo: str | None) -> SshNode:
    def password() -> Revealed | None:
        return None if sudo is None else Revealed(sudo)

    return SshNode("n1", lambda: ssh.connect(target_of(port), secrets_of("login-pw")), password)


def test_a_sudo_password_makes_root_over_ssh(tmp_path: Path) -> None:
    (tmp_path / "nova.conf").write_text("[DEFAULT]\n")
    with ssh_server(lambda end: Shell(end, environment(tmp_path))) as port:
        node = node_on(port, "sudo-pw ä")
        assert node.run(["cat"], stdin=Revealed("input of the command")).out == "input of the command"
        read = node.read(str(tmp_path / "nova.conf"))
        assert read is not None and read.content == b"[DEFAULT]\n"
        survey = node.survey(SurveyRequest(files=(str(tmp_path / "nova.conf"),)))
        assert survey.root == "password" and survey.files[str(tmp_path / "nova.conf")] == read
        node.close()
    assert "sudo-pw" not in (tmp_path / "sudo.log").read_text()


def test_a_wrong_sudo_password_is_tried_once(tmp_path: Path) -> None:
    with ssh_server(lambda end: Shell(end, environment(tmp_path))) as port:
        node = node_on(port, "wrong")
        for _ in range(3):
            with pytest.raises(FindingError) as refused:
                node.read("/etc/hostname")
            assert refused.value.finding.code == "CN02" and "incorrect password" in refused.value.message
        node.close()
    assert (tmp_path / "sudo.log").read_text().count("sudo -k -S") == 1


def test_a_missing_sudo_password_is_named(tmp_path: Path) -> None:
    with ssh_server(lambda end: Shell(end, environment(tmp_path))) as port:
        node = node_on(port, None)
        with pytest.raises(FindingError) as refused:
            node.read("/etc/hostname")
        assert refused.value.finding.code == "CN02" and "sudo asks for a password" in refused.value.message
        assert node.survey(SurveyRequest()).root == "no"
        node.close()


def test_a_silent_sudo_ends_in_a_sentence(tmp_path: Path) -> None:
    silent = {**environment(tmp_path), **tools(tmp_path / "bin", sudo="#!/bin/sh\nexec sleep 3\n")}
    with ssh_server(lambda end: Shell(end, silent)) as port:
        node = SshNode(
            "n1", lambda: ssh.connect(target_of(port), secrets_of("login-pw"), None, FAST_COMMANDS), lambda: None
        )
        with pytest.raises(FindingError) as refused:
            node.read("/etc/hostname")
        assert "n1 did not read /etc/hostname: no output in 1 s" in refused.value.message


@pytest.mark.parametrize("content", ("root:domain users", "root:UNKNOWN", ""))
def test_a_file_with_a_blank_in_its_group_is_read_over_ssh(content: str, tmp_path: Path) -> None:
    (tmp_path / "f").write_text("text")
    stat = f"#!/bin/sh\necho '640:1700000000:0:42:{content}'\n"
    with ssh_server(lambda end: Shell(end, tools(tmp_path / "bin", stat=stat))) as port:
        node = node_on(port, None)
        if content:
            file = node.read(str(tmp_path / "f"))
            group = content.partition(":")[2].replace("UNKNOWN", "42")
            assert file is not None and (file.content, file.owner, file.group) == (b"text", "root", group)
        else:
            with pytest.raises(FindingError) as refused:
                node.read(str(tmp_path / "f"))
            assert refused.value.finding.code == "CN31" and "mode, time and owner" in refused.value.message
        node.close()


class Keys(Login):
    """Accepts any key, and no password."""

    def check_auth_none(self, username: str) -> int:
        return FAILED

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return WELL


KINDS = ("ed25519", "ecdsa", "rsa")


def made_key(path: Path, kind: str, passphrase: str, *options: str) -> str:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-f", str(path), *options], check=True, timeout=60
    )
    return str(path)


@pytest.mark.ssh
@pytest.mark.parametrize(
    ("kind", "options"),
    [(kind, ()) for kind in KINDS] + [(kind, ("-m", "PEM")) for kind in KINDS if kind != "ed25519"],  # it has no PEM
)
def test_a_key_opens_with_its_passphrase_only(kind: str, options: tuple[str, ...], tmp_path: Path) -> None:
    path = made_key(tmp_path / "key with blank", kind, "phrase ä", *options)
    with ssh_server(Keys) as port:
        target = target_of(port, key_files=(path,), key_required=True)
        ssh.connect(target, secrets_of(passphrase="phrase ä")).close()
        for wrong in ("wrong", "", "phrase a", "\ud800"):
            with pytest.raises(FindingError) as refused:
                ssh.connect(target, secrets_of(passphrase=wrong))
            assert refused.value.finding.code == "CN30"
            assert refused.value.message == f"the passphrase does not open the key file {path}"
        with pytest.raises(FindingError) as refused:
            ssh.connect(target, secrets_of())
        assert refused.value.finding.code == "CN30" and "tried: nothing" in refused.value.message


@pytest.mark.ssh
def test_a_passphrase_that_is_not_given_stays_a_missing_secret(tmp_path: Path) -> None:
    path = made_key(tmp_path / "key", "ed25519", "phrase")

    def passphrase() -> Revealed | None:
        raise SecretMissing("node.key_passphrase", "node.key_passphrase is not given")

    with ssh_server(Keys) as port, pytest.raises(SecretMissing):
        target = target_of(port, key_files=(path,), key_required=True)
        ssh.connect(target, Secrets(passphrase, lambda: None, PINNED))


PEM = "-----BEGIN OPENSSH PRIVATE KEY-----\n{}\n-----END OPENSSH PRIVATE KEY-----\n"


@pytest.mark.parametrize(
    "content",
    (b"", b"\0" * 100, b"\xff\xfe", PEM.format("").encode(), PEM.format("AAAA").encode(), PEM.format("%").encode()),
)
def test_a_file_that_is_no_key_is_named_or_skipped(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(content)
    with ssh_server(Keys) as port:
        for required, text in ((True, "cannot be read as a private key"), (False, "tried: nothing")):
            with pytest.raises(FindingError) as refused:
                target = target_of(port, key_files=(str(tmp_path / "key"),), key_required=required)
                ssh.connect(target, secrets_of())
            assert refused.value.finding.code == "CN30" and text in refused.value.message


@pytest.mark.ssh
def test_a_damaged_certificate_beside_a_key_is_logged(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = made_key(tmp_path / "key", "ed25519", "")
    with ssh_server(Keys) as port:
        for content in (b"", b"\xff", b"ssh-ed25519-cert-v01@openssh.com %%", b"x y", b"ssh-rsa AAAAB3NzaC1yc2E="):
            (tmp_path / "key-cert.pub").write_bytes(content)
            with caplog.at_level(logging.WARNING):
                ssh.connect(target_of(port, key_files=(path,)), secrets_of()).close()
            assert "key-cert.pub is not used" in caplog.text
            caplog.clear()


@pytest.mark.ssh
def test_a_silent_agent_does_not_stop_a_login(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = made_key(tmp_path / "key", "ed25519", "")
    with ssh_server(Keys) as port, socket.socket(socket.AF_UNIX) as agent:
        agent.bind(str(tmp_path / "agent"))
        agent.listen()
        monkeypatch.setenv("SSH_AUTH_SOCK", str(tmp_path / "agent"))
        ssh.connect(target_of(port, key_files=(path,), use_agent=True), secrets_of(), None, FAST_LOGIN).close()
        connection, _ = agent.accept()
        with connection:
            connection.sendall(b"\0\0\0\5\x0c\0\0\0\0")  # at last: it has no keys
            while connection.recv(100):
                pass


class Slow(Keys):
    """Takes longer for its first answer than the connection lasts."""

    def check_auth_none(self, username: str) -> int:
        time.sleep(0.5)
        return FAILED


def test_a_login_that_is_dropped_is_not_a_refused_one() -> None:
    with ssh_server(Slow, before=paramiko.Transport.close) as port, pytest.raises(FindingError) as refused:
        ssh.connect(target_of(port), secrets_of("pw"))
    assert refused.value.finding.code == "CN29"


@pytest.mark.parametrize("username", ("\ud800", "a" * 300_000), ids=("surrogate", "long"))
def test_a_strange_user_name_ends_in_a_sentence(username: str) -> None:
    with ssh_server(Keys) as port, pytest.raises(FindingError) as refused:
        ssh.connect(target_of(port, username=username), secrets_of("pw"))
    assert refused.value.finding.code in ("CN29", "CN30")


@pytest.mark.parametrize(
    "host", ("no-such-name.invalid", "a" * 300, "a..b", "\ud800", "127.0.0.1\0", "fe80::1%none"), ids=ascii
)
def test_a_strange_address_ends_in_a_sentence(host: str) -> None:
    with pytest.raises(FindingError) as refused:
        ssh.connect(target_of(1, host=host), secrets_of(), None, FAST_CONNECT)
    assert refused.value.finding.code == "CN29"
    for port in (0, -1, 70_000):
        with pytest.raises(FindingError):
            ssh.connect(target_of(port, host="127.0.0.1"), secrets_of(), None, FAST_CONNECT)
