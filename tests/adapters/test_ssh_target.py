"""Paths and jump hosts of ~/.ssh/config, as the ssh client itself reads it."""

from __future__ import annotations

import os
import pwd
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.adapters.ssh_limits import LIMITS
from mhv_tui.adapters.ssh_target import DEFAULT_KNOWN_HOSTS, SshTarget, jump_host, resolve
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost

pytestmark = pytest.mark.ssh

CONFIG = """
Host vmw*
  ProxyJump bastion,second@192.0.2.251:2200
  User ubuntu
  IdentitiesOnly yes
  IdentityFile "~/.ssh/keys with space/id_ed25519"
  IdentityFile ~/.ssh/%h.key
  IdentityFile ~/.ssh/${MHV_KEY}/%%n=%n/%u%Z
  UserKnownHostsFile "/tmp/known hosts/a b" ~/.ssh/%h_known
  GlobalKnownHostsFile /etc/ssh/global
Host alias
  HostName fe80::1%%eth0
  HostKeyAlias compute-vmware
  UserKnownHostsFile none
  IdentityFile none
Host viacmd
  ProxyCommand ssh -W %h:%p bastion
Host none
  ProxyJump none
"""


def resolved(host: str, tmp_path: Path, text: str = CONFIG) -> SshTarget:
    (tmp_path / "config with blank").write_bytes(text.encode("utf-8", "surrogateescape"))
    return resolve(SshHost(host), str(tmp_path / "config with blank"))


def test_quoted_paths_stay_whole_and_tokens_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MHV_KEY", "from environment")
    monkeypatch.setenv("LOGNAME", "somebody-else")
    target = resolved("vmw1", tmp_path)
    assert target.key_files == (
        "~/.ssh/keys with space/id_ed25519",
        "~/.ssh/vmw1.key",
        f"~/.ssh/from environment/%n=vmw1/{pwd.getpwuid(os.getuid()).pw_name}%Z",
    )
    home = Path.home()
    assert target.known_hosts == ("/tmp/known hosts/a b", f"{home}/.ssh/vmw1_known", "/etc/ssh/global")
    assert target.jumps == ("bastion", "second@[192.0.2.251]:2200") and not target.use_agent


FIELD = Path(__file__).parents[1] / "cases" / "field" / "ssh_config_jump"


def test_a_configuration_of_the_field() -> None:
    target = resolve(SshHost("vmw1"), str(FIELD))
    assert target.key_files == ("~/.ssh/keys with space/id_ed25519", "~/.ssh/vmw1.key")
    assert target.known_hosts[0] == "/dev/null" and target.username == "ubuntu" and not target.use_agent
    assert target.jumps == ("bastion", "second@[192.0.2.251]:2200")
    assert resolve(SshHost("none"), str(FIELD)).jumps == ()
    assert resolve(SshHost("alias"), str(FIELD)).known_as == "compute-vmware"
    with pytest.raises(FindingError, match="ProxyCommand"):
        resolve(SshHost("nccmd"), str(FIELD))


@pytest.mark.parametrize(
    "path",
    (
        "~/.ssh/%h_%p_%r.key",
        "%d/keys of %u/%n",
        "/keys/%i/%L/%l/%k",
        "/keys/100%%/${HOME}/${HOME}",
        "~/a b  c/id",
        "~root/.ssh/id",
    ),
)
def test_a_key_file_is_the_file_that_ssh_itself_takes(path: str, tmp_path: Path) -> None:
    # Of the options that accept the same tokens, `ssh -G` prints only ControlPath as it really is.
    lines = ("Host vmw1", "HostName vmw1.example.org", "Port 2222", "User ubuntu", "HostKeyAlias compute")
    text = "\n  ".join((*lines, f'IdentityFile "{path}"', f'ControlPath "{path}"')) + "\n"
    (key_file,) = resolved("vmw1", tmp_path, text).key_files
    command = ["ssh", "-G", "-F", str(tmp_path / "config with blank"), "vmw1"]
    output = subprocess.run(command, capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL).stdout
    (expected,) = [line.removeprefix("controlpath ") for line in output.splitlines() if line.startswith("controlpath ")]
    assert os.path.expanduser(key_file) == expected


def test_none_means_no_file(tmp_path: Path) -> None:
    target = resolved("alias", tmp_path)
    assert target.key_files == () and "none" not in target.known_hosts
    assert (target.host, target.known_as) == ("fe80::1%eth0", "compute-vmware")
    assert resolved("none", tmp_path).jumps == () and DEFAULT_KNOWN_HOSTS


@pytest.mark.parametrize(
    ("host", "text", "reason"),
    (
        ("viacmd", CONFIG, "ProxyCommand"),
        ("h", "Host *\n  Port many\n", "cannot read its configuration"),
        ("h", 'Host *\n  ProxyJump "user@bastion:22"\n', "cannot read its configuration"),
        ("h", "Host *\n  \udcff\n", "cannot read its configuration"),
        ("-oProxyCommand=x", CONFIG, "configuration"),
        ("a\0b", CONFIG, "configuration"),
        ("\ud800", CONFIG, "configuration"),
    ),
    ids=("command", "number", "jump", "bytes", "option", "NUL", "surrogate"),
)
def test_a_configuration_that_cannot_be_used_is_named(host: str, text: str, reason: str, tmp_path: Path) -> None:
    with pytest.raises(FindingError) as refused:
        resolved(host, tmp_path, text)
    assert refused.value.finding.code == "CN29" and reason in refused.value.message and refused.value.remedy


def test_bytes_that_are_not_utf8_stay_in_a_path(tmp_path: Path) -> None:
    assert resolved("h", tmp_path, "Host *\n  IdentityFile /keys/\udcff\n").key_files == ("/keys/\udcff",)


def test_a_program_of_the_configuration_that_hangs_ends_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config").write_text('Match exec "sleep 20"\n  Port 1\n')
    began = time.monotonic()
    with pytest.raises(FindingError) as refused:
        resolve(SshHost("h"), str(tmp_path / "config"), replace(LIMITS, config=0.5))
    assert "did not read its configuration for h" in refused.value.message and time.monotonic() - began < 5


@pytest.mark.parametrize(
    ("text", "expected"),
    (
        ("bastion", SshHost("bastion")),
        ("u@b:2200", SshHost("b", 2200, "u")),
        ("second@[192.0.2.251]:2200", SshHost("192.0.2.251", 2200, "second")),
        ("ssh://u@[fe80::1]:22/", SshHost("fe80::1", 22, "u")),
        ("domain user@b", SshHost("b", 22, "domain user")),
        ("b:\u00b2", SshHost("b")),
        ("b:99999999999", SshHost("b")),
        ("", SshHost("")),
    ),
)
def test_a_jump_host_is_parsed(text: str, expected: SshHost) -> None:
    assert jump_host(text) == expected
