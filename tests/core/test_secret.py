"""Secrets: references that lead nowhere are told by the answer's own name, and no value is shown."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest

from mhv_tui.core.answers import Answers, answer_field
from mhv_tui.core.errors import SecretMissing
from mhv_tui.core.machine import SshHost
from mhv_tui.core.places import held, place_of
from mhv_tui.core.secret import Revealed, SecretRef, Vault


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("~nosuchuser/pw", "there is no such user"),
        ("a\0b", "NUL character"),
        ("/nonexistent/pw", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_with_its_reason(name: str, said: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        Vault().reveal("vcenter.password", SecretRef("file", name))
    assert said in caught.value.message and caught.value.message.startswith("vcenter.password points at the file")


def test_a_file_and_a_variable_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("open sesame\n")
    monkeypatch.setenv("EMPTY_ONE", "")
    assert Vault().reveal("k", SecretRef("file", str(tmp_path / "pw"))) == Revealed("open sesame")
    assert Vault().reveal("k", SecretRef("env", "EMPTY_ONE")) == Revealed("")


SEVERAL = {
    "pass style": (b"S3cr3t\nlogin: bob\n", "has 2 lines"),
    "gopass style": (b"S3cr3t\r\n---\r\nuser: bob\r\n", "has 3 lines"),
    "password below a blank line": (b"\nS3cr3t\n", "has 2 lines"),
    "a lone carriage return": (b"S3cr3t\rlogin: bob", "has 2 lines"),
    "a NUL": (b"S3cr3t\0login", "has a NUL character"),
    "bytes of latin-1": (b"S\xe9cr3t", "is not UTF-8 text"),
}


@pytest.mark.parametrize("name", SEVERAL)
@pytest.mark.parametrize("kind", ["file", "env", "prompt", "typed before"])
def test_a_secret_is_one_line_of_text(kind: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content, problem = SEVERAL[name]
    text = content.decode("utf-8", "surrogateescape")
    (tmp_path / "pw").write_bytes(content)
    places = {"file": (SecretRef("file", str(tmp_path / "pw")), f"from {tmp_path}/pw")}
    if kind == "env" and "\0" in text:
        monkeypatch.setattr(os, "environ", {"ODD": text})  # no system holds such a variable
    else:
        monkeypatch.setenv("ODD", text.replace("\0", ""))
    places["env"] = (SecretRef("env", "ODD"), "from $ODD")
    ref, place = places.get(kind, (SecretRef("prompt"), "as typed"))
    vault = Vault(lambda key: text)
    if kind == "typed before":
        vault.put("node.sudo_password", text)
    with pytest.raises(SecretMissing) as refused:
        vault.reveal("node.sudo_password", ref)
    said = refused.value.message
    assert said == f"node.sudo_password ({place}) {problem}; a secret is one line of UTF-8 text"
    assert "S3cr3t" not in said and "alone" in refused.value.remedy


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_line_breaks_at_the_end_are_no_part_of_it(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text(f"  p ä$\t{end}", newline="")
    monkeypatch.setenv("ENDS", f"  p ä$\t{end}")
    for ref in (SecretRef("file", str(tmp_path / "pw")), SecretRef("env", "ENDS"), SecretRef("prompt")):
        assert Vault(lambda key: f"  p ä$\t{end}").reveal("k", ref) == Revealed("  p ä$\t")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "not a regular file but a pipe or a device"),
        ("/dev/null", "not a regular file but a pipe or a device"),
        ("/dev/stdin", "an input of this process"),
        ("/proc/self/fd/0", "an input of this process"),
        ("large", "more than 65536 bytes"),
    ],
)
def test_a_secret_is_read_from_a_regular_file_alone(name: str, reason: str, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large").write_bytes(bytes(65537))
    path = str(tmp_path / name)  # an absolute name stays as it is
    with pytest.raises(SecretMissing) as refused:
        Vault().reveal("vcenter.password", SecretRef("file", path))
    assert refused.value.message.startswith(f"vcenter.password points at the file {path}, which cannot be read: ")
    assert reason in refused.value.message and refused.value.remedy


def test_a_nul_is_refused_where_it_is_read() -> None:
    with pytest.raises(ValueError, match="NUL"):
        SecretRef.parse({"file": "a\0b"})


@dataclass(frozen=True)
class Node:
    """A machine of its own and another one."""

    host: str = answer_field("Host.")
    host_key: str = answer_field("Host key.")
    sudo_password: SecretRef | None = answer_field("Sudo.", None, kind="secret")
    other: SshHost | None = answer_field("Other.", None, kind="host")


@dataclass(frozen=True)
class Vcenter:
    """A table without a machine."""

    host: str = answer_field("Host.")
    password: SecretRef | None = answer_field("Password.", None, kind="secret")


ENV = SecretRef("env", "NOPE")
ANSWERS = Answers(
    MappingProxyType(
        {
            "vcenter": Vcenter("vc", ENV),
            "node": Node("n1", sudo_password=ENV, other=SshHost("c1", password=SecretRef("prompt"))),
        }
    )
)


@pytest.mark.parametrize(
    ("key", "ref", "place"),
    [
        ("vcenter.password", ENV, "vcenter.password"),
        ("n1.sudo_password", ENV, "node.sudo_password"),
        ("c1.password", SecretRef("prompt"), "node.other.password"),
        ("c1.key_passphrase", None, "node.other.key_passphrase"),
        ("c2.password", ENV, ""),
    ],
)
def test_a_secret_is_called_as_the_answer_file_calls_it(key: str, ref: SecretRef | None, place: str) -> None:
    assert place_of(ANSWERS, key, ref) == place


def test_every_secret_of_a_table_is_known_given_or_not() -> None:
    rows = list(held("node", ANSWERS.tables["node"]))
    assert ("node.sudo_password", "n1.sudo_password", ENV) in rows and len(rows) == 4


def test_what_is_asked_and_what_is_told_name_the_answer() -> None:
    heard: list[str] = []

    def ask_for(name: str) -> str | None:
        heard.append(name)
        return None

    vault = Vault(ask_for, lambda key, ref: place_of(ANSWERS, key, ref))
    with pytest.raises(SecretMissing) as typed:
        vault.reveal("c1.password", SecretRef("prompt"))
    with pytest.raises(SecretMissing) as unset:
        vault.reveal("n1.sudo_password", ENV)
    assert heard == ["node.other.password"] and typed.value.key == "node.other.password"
    assert "or write node.other.password = " in typed.value.remedy
    assert unset.value.message == "node.sudo_password points at $NOPE, which is not set"
