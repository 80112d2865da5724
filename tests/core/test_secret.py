"""Secrets: a reference carries its key and its name in the answer file, and no value is shown."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pytest

from mhv_tui.core.answerfile import Schema, parse_text, text_of
from mhv_tui.core.answers import Answers, answer_field, plain, secret_of, secrets_of
from mhv_tui.core.errors import SecretMissing
from mhv_tui.core.machine import ACCOUNT, SshHost
from mhv_tui.core.redaction import shown
from mhv_tui.core.secret import Account, Revealed, SecretRef, Vault
from mhv_tui.engine.freeze import freeze, thaw

PROMPT = SecretRef("prompt")
SUDO = "node.sudo_password"

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
    places = {"file": (SecretRef("file", str(tmp_path / "pw"), "k", SUDO), f"from {tmp_path}/pw")}
    if kind == "env" and "\0" in text:
        monkeypatch.setattr(os, "environ", {"ODD": text})  # no system holds such a variable
    else:
        monkeypatch.setenv("ODD", text.replace("\0", ""))
    places["env"] = (SecretRef("env", "ODD", "k", SUDO), "from $ODD")
    ref, place = places.get(kind, (SecretRef("prompt", "", "k", SUDO), "as typed"))
    vault = Vault(lambda key: text)
    if kind == "typed before":
        vault.put(ref, text)
    with pytest.raises(SecretMissing) as refused:
        vault.reveal(ref)
    message = refused.value.message
    assert message == f"node.sudo_password ({place}) {problem}; a secret is one line of UTF-8 text"
    assert "S3cr3t" not in message and "only the secret" in refused.value.remedy


@pytest.mark.parametrize("end", ["", "\n", "\r\n", "\n\n"])
def test_line_breaks_at_the_end_are_no_part_of_it(end: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text(f"  p ä$\t{end}", newline="")
    monkeypatch.setenv("ENDS", f"  p ä$\t{end}")
    for ref in (SecretRef("file", str(tmp_path / "pw"), "k", SUDO), SecretRef("env", "ENDS"), SecretRef("prompt")):
        assert Vault(lambda key: f"  p ä$\t{end}").reveal(ref) == Revealed("  p ä$\t")


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("pipe", "a pipe or a device, not a regular file"),
        ("/dev/null", "a pipe or a device, not a regular file"),
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
        Vault().reveal(SecretRef("file", path, label="vcenter.password"))
    assert refused.value.message.startswith(f"vcenter.password refers to the file {path}, which cannot be read: ")
    assert reason in refused.value.message and refused.value.remedy


@dataclass(frozen=True)
class Node:
    """A machine of its own and another one."""

    host: str = answer_field("Host.")
    port: int = answer_field("Port.", 22, kind="int")
    username: str = answer_field("User.")
    sudo_password: SecretRef | None = answer_field("Sudo.", None, kind="secret", account=ACCOUNT)
    other: SshHost | None = answer_field("Other.", None, kind="host")


@dataclass(frozen=True)
class Vcenter:
    """A table without a machine."""

    host: str = answer_field("Host.")
    username: str = answer_field("User.")
    password: SecretRef | None = answer_field("Password.", None, kind="secret", account=Account("vcenter", ("host",)))


def answers(vcenter: Vcenter = Vcenter("vc", "nova", PROMPT), node: Node = Node("n1")) -> Answers:
    return Answers(MappingProxyType({"vcenter": vcenter, "node": node}))


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("~nosuchuser/pw", "the user in this path does not exist"),
        ("a\0b", "NUL character"),
        ("/nonexistent/pw", "No such file or directory"),
        ("/", "Is a directory"),
    ],
)
def test_a_file_that_cannot_be_read_is_reported_with_its_reason(name: str, problem: str) -> None:
    with pytest.raises(SecretMissing) as caught:
        Vault().reveal(SecretRef("file", name, label="vcenter.password"))
    assert problem in caught.value.message and caught.value.message.startswith("vcenter.password refers to the file")


def test_a_file_and_a_variable_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pw").write_text("open sesame\n")
    monkeypatch.setenv("EMPTY_ONE", "")
    assert Vault().reveal(SecretRef("file", str(tmp_path / "pw"))) == Revealed("open sesame")
    assert Vault().reveal(SecretRef("env", "EMPTY_ONE")) == Revealed("")


def test_a_nul_is_refused_in_a_reference() -> None:
    with pytest.raises(ValueError, match="NUL"):
        SecretRef.parse({"file": "a\0b"})


def test_two_vcenters_and_two_accounts_never_share_a_typed_secret() -> None:
    rows = [Vcenter("vc1", "nova"), Vcenter("vc2", "nova"), Vcenter("vc1", "reader"), Vcenter("vc1/nova", "")]
    refs = [answers(replace(row, password=PROMPT)).tables["vcenter"].password for row in rows]
    vault = Vault()
    vault.put(refs[0], "of vc1")
    assert [vault.has(ref) for ref in refs] == [True, False, False, False]
    assert len({ref.key for ref in refs}) == 4


def test_answers_that_name_the_same_login_of_a_machine_share_a_typed_secret() -> None:
    node = Node("n1", 22, "ops", PROMPT, SshHost("N1.", username="ops", sudo_password=PROMPT))
    own, other = secrets_of(answers(node=node).tables["node"])
    vault = Vault()
    vault.put(own, "typed once")
    assert vault.reveal(other) == Revealed("typed once") and own.key == "node:n1/22/ops/sudo_password"
    assert (own.label, other.label) == ("node.sudo_password", "node.other.sudo_password")


def test_the_key_is_set_however_the_answers_come(tmp_path: Path) -> None:
    text = 'mhv_answers = 1\n[vcenter]\nhost = "vc"\nusername = "nova"\npassword = { prompt = true }\n'
    read = parse_text(text, Schema({"vcenter": Vcenter, "node": Node}))
    changed = answers(Vcenter("vc")).replace("vcenter", username="nova", password=PROMPT)
    keys = {a.tables["vcenter"].password.key for a in (read, changed, answers())}
    assert keys == {"vcenter:vc/nova/password"}
    moved = read.replace("vcenter", host="vc2")
    assert moved.tables["vcenter"].password.key == "vcenter:vc2/nova/password"


def test_neither_key_nor_label_is_part_of_the_answer() -> None:
    ref = answers().tables["vcenter"].password
    assert ref == PROMPT and hash(ref) == hash(PROMPT) and ref.plain() == {"prompt": True}
    assert answers() == answers(Vcenter("vc", "nova", ref)) and "vcenter:" not in text_of(answers())
    host = answers(node=Node("n1", other=SshHost("n2", password=PROMPT))).tables["node"].other
    assert plain(host) == {"host": "n2", "password": {"prompt": True}} and host == SshHost("n2", password=PROMPT)


def test_a_reference_that_comes_back_from_the_journal_reveals_what_was_typed() -> None:
    host = answers(node=Node("n1", other=SshHost("n2", password=PROMPT))).tables["node"].other
    vault = Vault()
    vault.put(host.password, "typed")
    back: SshHost = thaw(SshHost, json.loads(json.dumps(freeze(host))))
    assert back.password is not None and vault.reveal(back.password) == Revealed("typed")
    assert back.password.label == "node.other.password"


def test_a_secret_without_an_account_cannot_be_an_answer() -> None:
    with pytest.raises(ValueError, match="needs an account"):
        answer_field("Password.", None, kind="secret")


def test_a_typed_secret_without_a_key_is_refused() -> None:
    with pytest.raises(ValueError, match="has no key"):
        Vault().put(PROMPT, "x")


def test_what_is_asked_and_what_is_missing_name_the_answer() -> None:
    labels: list[str] = []

    def ask_for(label: str) -> str | None:
        labels.append(label)
        return None

    vault = Vault(ask_for)
    node = Node("n1", sudo_password=SecretRef("env", "NOPE"), other=SshHost("c1", password=PROMPT))
    unset_ref, typed_ref = secrets_of(answers(node=node).tables["node"])
    with pytest.raises(SecretMissing) as typed:
        vault.reveal(typed_ref)
    with pytest.raises(SecretMissing) as unset:
        vault.reveal(unset_ref)
    assert labels == ["node.other.password"] and typed.value.key == "node.other.password"
    assert "or write node.other.password = " in typed.value.remedy
    assert unset.value.message == "node.sudo_password refers to $NOPE, which is not set"


def test_a_secret_that_no_answer_gives_can_be_asked_for() -> None:
    absent = secret_of(answers(Vcenter("vc", "nova")).tables["vcenter"], "password")
    assert (absent.kind, absent.label) == ("absent", "vcenter.password")
    with pytest.raises(SecretMissing, match=r"vcenter\.password is not given"):
        Vault().reveal(absent)
    assert Vault(lambda label: f"for {label}").reveal(absent) == Revealed("for vcenter.password")
    passphrase = SshHost("c1", answer="register.controller").secret("key_passphrase")
    assert (passphrase.kind, passphrase.label) == ("absent", "register.controller.key_passphrase")


def test_the_values_of_answers_are_masked_before_a_system_gets_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "password").write_text("from-a-file\n")
    monkeypatch.setenv("PASSWORD", "from-a-variable")
    vault = Vault(lambda label: pytest.fail(f"it asked for {label}"))
    files = [SecretRef("file", str(tmp_path / name)) for name in ("password", "absent")]
    vault.mask([*files, SecretRef("env", "PASSWORD"), SecretRef("env", "NOT_SET"), SecretRef("prompt")])
    vault.put(SecretRef("prompt", key="k"), "typed-by-hand")
    assert shown("from-a-file from-a-variable typed-by-hand") == "•••• •••• ••••"


def test_the_first_letters_of_a_secret_are_not_masked_once_it_is_typed() -> None:
    vault, ref = Vault(), SecretRef("prompt", "", "k", SUDO)
    text = "python3-oslo.vmware on novavmware1"
    for length in range(4, len("VMware1!") + 1):
        vault.put(ref, "VMware1!"[:length])
    assert shown(text) == text and shown("login with vmWare1!") == "login with ••••"
    vault.reveal(ref)
    vault.put(ref, "another one")
    assert "••••" in shown("VMware1!"), "a system has got it"


def test_a_typed_secret_stays_masked_while_another_answer_has_it() -> None:
    vault, first, second = Vault(), SecretRef("prompt", "", "a", SUDO), SecretRef("prompt", "", "b", SUDO)
    vault.put(first, "S3cr3t")
    vault.copy(first, second)
    vault.drop(first)
    assert shown("S3cr3t") == "••••"
    vault.drop(second)
    assert shown("S3cr3t") == "S3cr3t"
