"""What only a real SSH server shows: host keys, each way to log in, sudo, jobs that outlive us."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError, SecretMissing
from mhv_tui.core.machine import Question, RemoteFile, SshHost
from mhv_tui.core.secret import Revealed, SecretRef, Vault
from tests.contract.places import Place, ssh_node

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]


@pytest.fixture
def stranger(vault: Vault, tmp_path: Path) -> Iterator[RealBackend]:
    """A world that knows no host key."""
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {tmp_path}/known_hosts\n  GlobalKnownHostsFile /dev/null\n")
    made = RealBackend(vault, str(config))
    yield made
    made.close()


def refused(world: RealBackend, host: SshHost) -> FindingError:
    with pytest.raises(FindingError) as error:
        world.node(host)
    return error.value


def test_an_unknown_host_key_is_shown_and_not_accepted(stranger: RealBackend, host: SshHost, tmp_path: Path) -> None:
    shown = stranger.host_key(host)
    error = refused(stranger, host)
    assert shown.startswith("SHA256:") and error.finding.code == "CN01" and shown in error.message
    assert not (tmp_path / "known_hosts").exists(), "nothing is learnt by itself"


def test_a_pinned_host_key_is_enough_and_a_changed_one_names_both(stranger: RealBackend, host: SshHost) -> None:
    shown = stranger.host_key(host)
    assert stranger.node(replace(host, host_key=shown)).run(["true"]).code == 0
    error = refused(stranger, replace(host, host_key="SHA256:of-another-machine"))
    assert error.finding.code == "CN01"
    assert shown in error.message and "SHA256:of-another-machine" in error.message


def test_a_known_host_key_that_changed_names_both(
    stranger: RealBackend, world: RealBackend, host: SshHost, tmp_path: Path
) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    key = (tmp_path / "other.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"{host.host} {key}")
    error = refused(stranger, host)
    assert error.finding.code == "CN01" and "known_hosts" in error.message and world.host_key(host) in error.message


def test_a_refused_login_is_not_tried_again(world: RealBackend, host: SshHost, vault: Vault, machine: Place) -> None:
    wrong = replace(host, username="operator", key_file="", password=SecretRef("prompt"))
    vault.put(wrong.secret("password"), "wrong")
    before = _attempts(machine)
    errors = [refused(world, wrong), refused(world, wrong)]
    assert {e.finding.code for e in errors} == {"CN30"} and errors[0] is errors[1]
    assert "operator" in errors[0].message and "the password" in errors[0].message
    assert _attempts(machine) - before == 1
    vault.put(wrong.secret("password"), _password(machine))
    assert ssh_node(world, wrong).survey(Question()).username == "operator"


def _attempts(machine: Place) -> int:
    assert machine.node is not None
    node = machine.world.node(machine.node)
    node.run(["journalctl", "--sync"])
    seen = node.run(["journalctl", "--no-pager", "-q", "-u", "ssh", "-g", "Failed password"])
    return len(seen.out.splitlines())


def _password(machine: Place) -> str:
    from mhv_tui.lab.lab import open_lab

    return open_lab("contract").password_file.read_text().strip()


def test_a_key_with_a_passphrase_asks_for_it(
    world: RealBackend, host: SshHost, vault: Vault, machine: Place, tmp_path: Path
) -> None:
    locked = tmp_path / "locked"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(locked)], check=True)
    keys = f"/home/{host.username}/.ssh/authorized_keys"
    own = machine.world.node(host)
    held = own.read(keys)
    assert held is not None
    own.write(keys, replace(held, content=held.content + locked.with_suffix(".pub").read_bytes()))
    other = replace(host, key_file=str(locked))
    with pytest.raises(SecretMissing) as missing:
        world.node(other)
    assert missing.value.key == f"key_passphrase of {host.host}"
    vault.put(other.secret("key_passphrase"), "wrong")
    assert refused(world, other).finding.code == "CN30"
    vault.put(other.secret("key_passphrase"), "open sesame")
    assert ssh_node(world, other).run(["true"]).code == 0
    own.write(keys, held)


def test_a_jump_host_is_gone_through(world: RealBackend, host: SshHost, machine: Place, tmp_path: Path) -> None:
    assert isinstance(machine.world, RealBackend)
    config = tmp_path / "config"
    known = Path(machine.world._ssh_config).read_text()
    config.write_text(f"Host inner\n  HostName {host.host}\nHost *\n  IdentityFile {host.key_file}\n{known}")
    through = RealBackend(Vault(), str(config))
    seen = ssh_node(through, SshHost("inner", username=host.username, proxy=f"{host.username}@{host.host}"))
    source = seen.run(["sh", "-c", 'echo "$SUDO_USER"; ss -tnH state established | grep -c ":22 "'])
    assert source.out.splitlines()[0] == host.username
    through.close()


def test_what_does_not_answer_is_told(world: RealBackend) -> None:
    for host in (SshHost("127.0.0.2", 1), SshHost("no-such-name.invalid")):
        assert refused(world, host).finding.code == "CN29"


def test_sudo_with_a_password_takes_it_from_the_input_alone(
    world: RealBackend, host: SshHost, vault: Vault, machine: Place
) -> None:
    operator = replace(host, username="operator", key_file="", password=SecretRef("prompt"))
    vault.put(operator.secret("password"), _password(machine))
    with pytest.raises(FindingError) as asked:
        world.node(operator).run(["id", "-u"])
    assert asked.value.finding.code == "CN02"
    assert world.node(operator).survey(Question()).root == "no"
    vault.put(operator.secret("sudo_password"), "wrong")
    for _ in range(2):
        with pytest.raises(FindingError) as wrong:
            world.node(operator).run(["id", "-u"])
        assert wrong.value.finding.code == "CN02" and "wrong" not in wrong.value.message
    vault.put(operator.secret("sudo_password"), _password(machine))
    root = world.node(operator)
    assert root.survey(Question()).root == "password"
    assert root.run(["cat"], stdin=Revealed("two\nlines")).out == "two\nlines"
    seen = root.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])
    assert _password(machine) not in seen.out


def test_arguments_arrive_as_they_are(world: RealBackend, host: SshHost) -> None:
    odd = ["a b", "$HOME", "it's", '"', "\\", "*", "-n", "ä", "two\nlines", ""]
    seen = world.node(host).run(["printf", "%s|", *odd])
    assert seen.out == "|".join(odd) + "|"


def test_a_command_that_fails_is_an_answer_and_one_that_hangs_is_not(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    seen = machine.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (seen.code, seen.out, seen.err.strip()) == (7, "out\n", "err")
    with pytest.raises(FindingError) as hangs:
        machine.run(["sleep", "60"], timeout=0.5)
    assert hangs.value.finding.code == "CN31"
    assert len(machine.run(["seq", "1", "300000"]).out) > 1_900_000


def test_a_file_that_cannot_be_given_its_owner_is_not_written(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    with pytest.raises(FindingError):
        machine.write("/etc/mhv-owner", RemoteFile(b"x", 0o600, "no-such-user", "root"))
    assert machine.read("/etc/mhv-owner") is None
    assert machine.run(["sh", "-c", "ls -a /etc | grep mhv-tui"]).out == ""


def test_a_large_binary_file_survives_the_way(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    file = RemoteFile(bytes(range(256)) * 8000, 0o640, "root", "daemon")
    machine.write("/var/tmp/mhv/deep/file", file)
    assert machine.read("/var/tmp/mhv/deep/file") == file
    assert machine.survey(Question(files=("/var/tmp/mhv/deep/file",))).files["/var/tmp/mhv/deep/file"] == file
    assert machine.run(["stat", "-c", "%a", "/var/tmp/mhv/deep"]).out == "755\n"
