"""A machine that shows another host key than the expected one."""

from __future__ import annotations

import contextlib
import socket
import threading
from pathlib import Path

import paramiko
import pytest

from mhv_tui.adapters import ssh
from mhv_tui.adapters.ssh_login import digest
from mhv_tui.core.errors import FindingError
from tests.adapters.ssh_servers import HOST, KEY, Login, raw_server, secrets_of, target_of

OTHER = paramiko.ECDSAKey.generate()


@pytest.mark.parametrize("pinned", [digest(OTHER.asbytes()), ""], ids=["pinned", "known_hosts"])
def test_a_changed_key_is_the_problem_also_if_the_machine_answers_no_further_connection(
    pinned: str, tmp_path: Path
) -> None:
    first = threading.Lock()

    def talk(connection: socket.socket, end: threading.Event) -> None:
        if first.acquire(blocking=False):
            with contextlib.closing(paramiko.Transport(connection)) as transport:
                transport.add_server_key(KEY)
                transport.start_server(server=Login(end))
                end.wait(5)

    rsa = paramiko.RSAKey.generate(2048).get_base64()
    known = f"{{name}} ssh-rsa {rsa}\n{{name}} {OTHER.get_name()} {OTHER.get_base64()}\n"
    with raw_server(talk) as port, pytest.raises(FindingError) as refused:
        (tmp_path / "known_hosts").write_text(known.format(name=f"[{HOST}]:{port}"))
        ssh.connect(target_of(port, known_hosts=(str(tmp_path / "known_hosts"),)), secrets_of(pinned=pinned))
    shown, error = digest(KEY.asbytes()), refused.value
    assert error.finding.code == "CN01" and "it was installed again, or another machine answers" in error.message
    assert shown in error.message and digest(OTHER.asbytes()) in error.message
    assert f'write host_key = "{shown}" in the answers' in error.remedy
    assert ("replace the old line in known_hosts" in error.remedy) == (not pinned)
