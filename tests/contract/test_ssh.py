"""Tests that need a real SSH server: host keys, login methods, jump hosts, sudo."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.backend import RealBackend
from mhv_tui.core.errors import FindingError, SecretMissing
from mhv_tui.core.machine import RemoteFile, SshHost, SurveyRequest
from mhv_tui.core.secret import Revealed, SecretRef, Vault
from tests.contract.backends import BackendLogins, ssh_node

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]


@pytest.fixture
def world_without_host_keys(vault: Vault, tmp_path: Path) -> Iterator[RealBackend]:
    """A world with an empty known_hosts file."""
    config = tmp_path / "ssh_config"
    config.write_text(f"Host *\n  UserKnownHostsFile {tmp_path}/known_hosts\n  GlobalKnownHostsFile /dev/null\n")
    world = RealBackend(vault, str(config))
    yield world
    world.close()


def refused(world: RealBackend, host: SshHost) -> FindingError:
    with pytest.raises(FindingError) as error:
        world.node(host)
    return error.value


def test_an_unknown_host_key_is_shown_and_not_accepted(
    world_without_host_keys: RealBackend, host: SshHost, tmp_path: Path
) -> None:
    key = world_without_host_keys.host_key(host)
    error = refused(world_without_host_keys, host)
    assert key.startswith("SHA256:") and error.finding.code == "CN01" and key in error.message
    assert not (tmp_path / "known_hosts").exists(), "no host key is added automatically"


def test_a_pinned_host_key_is_accepted_and_a_mismatch_names_both_keys(
    world_without_host_keys: RealBackend, host: SshHost
) -> None:
    key = world_without_host_keys.host_key(host)
    assert world_without_host_keys.node(replace(host, host_key=key)).run(["true"]).code == 0
    error = refused(world_without_host_keys, replace(host, host_key="SHA256:of-another-machine"))
    assert error.finding.code == "CN01"
    assert key in error.message and "SHA256:of-another-machine" in error.message


def test_a_changed_host_key_names_both_keys(
    world_without_host_keys: RealBackend, world: RealBackend, host: SshHost, tmp_path: Path
) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / "other")], check=True)
    key = (tmp_path / "other.pub").read_text()
    (tmp_path / "known_hosts").write_text(f"{host.host} {key}")
    error = refused(world_without_host_keys, host)
    assert error.finding.code == "CN01" and "known_hosts" in error.message and world.host_key(host) in error.message


def test_a_refused_login_is_not_tried_again(
    world: RealBackend, host: SshHost, vault: Vault, machine: BackendLogins
) -> None:
    wrong = replace(host, username="operator", key_file="", password=SecretRef("prompt"))
    vault.put(wrong.secret("password"), "wrong")
    before = _attempts(machine)
    errors = [refused(world, wrong), refused(world, wrong)]
    assert {e.finding.code for e in errors} == {"CN30"} and "not repeated since" in errors[1].message
    assert "operator" in errors[0].message and "the password" in errors[0].message
    assert _attempts(machine) - before == 1
    vault.put(wrong.secret("password"), _password(machine))
    assert ssh_node(world, wrong).survey(SurveyRequest()).username == "operator"


def _attempts(machine: BackendLogins) -> int:
    assert machine.node is not None
    node = machine.world.node(machine.node)
    node.run(["journalctl", "--sync"])
    journal = node.run(["journalctl", "--no-pager", "-q", "-u", "ssh", "-g", "Failed password"])
    return len(journal.out.splitlines())


def _password(machine: BackendLogins) -> str:
    from mhv_tui.lab.lab import open_lab

    return open_lab("contract").password_file.read_text().strip()


def test_a_key_with_a_passphrase_needs_it(
    world: RealBackend, host: SshHost, vault: Vault, machine: BackendLogins, tmp_path: Path
) -> None:
    encrypted = tmp_path / "encrypted"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "open sesame", "-f", str(encrypted)], check=True)
    keys = f"/home/{host.username}/.ssh/authorized_keys"
    node = machine.world.node(host)
    original = node.read(keys)
    assert original is not None
    node.write(keys, replace(original, content=original.content + encrypted.with_suffix(".pub").read_bytes()))
    with_encrypted_key = replace(host, key_file=str(encrypted))
    with pytest.raises(SecretMissing) as missing:
        world.node(with_encrypted_key)
    assert missing.value.key == f"key_passphrase of {host.host}"
    vault.put(with_encrypted_key.secret("key_passphrase"), "wrong")
    assert refused(world, with_encrypted_key).finding.code == "CN30"
    vault.put(with_encrypted_key.secret("key_passphrase"), "open sesame")
    assert ssh_node(world, with_encrypted_key).run(["true"]).code == 0
    node.write(keys, original)


def test_a_jump_host_carries_the_connection(
    world: RealBackend, host: SshHost, machine: BackendLogins, tmp_path: Path
) -> None:
    assert isinstance(machine.world, RealBackend)
    config = tmp_path / "config"
    known = Path(machine.world._ssh_config).read_text()
    config.write_text(f"Host inner\n  HostName {host.host}\nHost *\n  IdentityFile {host.key_file}\n{known}")
    world_with_jump = RealBackend(Vault(), str(config))
    inner = ssh_node(world_with_jump, SshHost("inner", username=host.username, proxy=f"{host.username}@{host.host}"))
    output = inner.run(["sh", "-c", 'echo "$SUDO_USER"; ss -tnH state established | grep -c ":22 "'])
    assert output.out.splitlines()[0] == host.username
    world_with_jump.close()


def test_an_unreachable_machine_is_reported(world: RealBackend) -> None:
    for host in (SshHost("127.0.0.2", 1), SshHost("no-such-name.invalid")):
        assert refused(world, host).finding.code == "CN29"


def test_the_sudo_password_is_sent_on_standard_input_only(
    world: RealBackend, host: SshHost, vault: Vault, machine: BackendLogins
) -> None:
    operator = replace(host, username="operator", key_file="", password=SecretRef("prompt"))
    vault.put(operator.secret("password"), _password(machine))
    with pytest.raises(FindingError) as no_password:
        world.node(operator).run(["id", "-u"])
    assert no_password.value.finding.code == "CN02"
    assert world.node(operator).survey(SurveyRequest()).root == "no"
    vault.put(operator.secret("sudo_password"), "wrong")
    for _ in range(2):
        with pytest.raises(FindingError) as wrong:
            world.node(operator).run(["id", "-u"])
        assert wrong.value.finding.code == "CN02" and "wrong" not in wrong.value.message
    vault.put(operator.secret("sudo_password"), _password(machine))
    root = world.node(operator)
    assert root.survey(SurveyRequest()).root == "password"
    assert root.run(["cat"], stdin=Revealed("two\nlines")).out == "two\nlines"
    command_lines = root.run(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])
    assert _password(machine) not in command_lines.out


def test_arguments_arrive_unchanged(world: RealBackend, host: SshHost) -> None:
    arguments = ["a b", "$HOME", "it's", '"', "\\", "*", "-n", "ä", "two\nlines", ""]
    output = world.node(host).run(["printf", "%s|", *arguments])
    assert output.out == "|".join(arguments) + "|"


def test_a_failing_command_returns_its_exit_code_and_a_hanging_one_raises(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    failed = machine.run(["sh", "-c", "echo out; echo err >&2; exit 7"])
    assert (failed.code, failed.out, failed.err.strip()) == (7, "out\n", "err")
    with pytest.raises(FindingError) as hangs:
        machine.run(["sleep", "60"], timeout=0.5)
    assert hangs.value.finding.code == "CN31"
    assert len(machine.run(["seq", "1", "300000"]).out) > 1_900_000


def test_a_file_with_an_unknown_owner_is_not_written(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    with pytest.raises(FindingError):
        machine.write("/etc/mhv-owner", RemoteFile(b"x", 0o600, "no-such-user", "root"))
    assert machine.read("/etc/mhv-owner") is None
    assert machine.run(["sh", "-c", "ls -a /etc | grep mhv-tui"]).out == ""


def test_a_large_binary_file_arrives_unchanged(world: RealBackend, host: SshHost) -> None:
    machine = world.node(host)
    file = RemoteFile(bytes(range(256)) * 8000, 0o640, "root", "daemon")
    machine.write("/var/tmp/mhv/deep/file", file)
    assert machine.read("/var/tmp/mhv/deep/file") == file
    assert machine.survey(SurveyRequest(files=("/var/tmp/mhv/deep/file",))).files["/var/tmp/mhv/deep/file"] == file
    assert machine.run(["stat", "-c", "%a", "/var/tmp/mhv/deep"]).out == "755\n"
