"""An answer as one line of text, there and back."""

from __future__ import annotations

import pytest

from mhv_tui.core.answers import AnswerField, FieldKind, Trust, no_rule
from mhv_tui.core.forms import names_secret, show, take
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import SecretRef

KEY = "SHA256:uNiVztksCsDhcc0u9e8BrVSiMYbVn7FUlrC8oTLdqU4"


def note(kind: FieldKind, choices: tuple[str, ...] = ()) -> AnswerField:
    return AnswerField("", kind, False, choices, no_rule, "", False)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("int", "443", 443),
        ("bool", "yes", True),
        ("list", "a, b", ("a", "b")),
        ("trust", "ca_file /etc/ca.pem", Trust("ca_file", "/etc/ca.pem")),
        ("trust", "system", Trust()),
        ("secret", "env PASSWORD", SecretRef("env", "PASSWORD")),
        ("host", "compute1", SshHost("compute1")),
        (
            "host",
            f"ubuntu@10.0.0.1:2222 key_file=/k host_key={KEY}",
            SshHost("10.0.0.1", 2222, "ubuntu", "/k", host_key=KEY),
        ),
        ("host", "root@fd00::1", SshHost("fd00::1", username="root")),
        ("host", "root@[fd00::1]:2222", SshHost("fd00::1", 2222, "root")),
        ("host", "n1 password=file:/p", SshHost("n1", password=SecretRef("file", "/p"))),
    ],
)
def test_an_answer_can_be_shown_and_parsed_again(kind: FieldKind, text: str, value: object) -> None:
    assert take(note(kind), text) == value
    assert take(note(kind), show(note(kind), value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("int", "many", '^"many" is not a number; write a whole number$'),
        ("int", "1" * 39 + "ab", '^"' + "1" * 39 + '…" is not a number;'),
        ("bool", "abc", '^"abc" is neither yes nor no; write yes or no$'),
        ("trust", "sha256 12", "32 pairs"),
        ("host", "", "^the host is missing; write its name or address$"),
        ("host", "root@a/b", '^"a/b" is not a host name or address; '),
        ("host", "n1 key_file='k", "^a quotation mark is not closed; write "),
        ("host", "n1 host_key=abc", "is not a host key; write SHA256:"),
        ("list", "a, b, a", 'entry 3: the value "a" is repeated'),
        ("host", "n1 colour=red port=x", "colour: the key is not known; .*port: the value is text"),
    ],
)
def test_an_error_names_the_problem(kind: FieldKind, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        take(note(kind), text)


PIN = ":".join(["AE"] * 32)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        ("trust", f'{{ sha256 = "{PIN}" }}', Trust("sha256", PIN)),
        ("trust", f"{{sha256='{PIN}'}}", Trust("sha256", PIN)),
        ("trust", '{ ca_file = "/x" }', Trust("ca_file", "/x")),
        ("trust", '"system"', Trust()),
        ("trust", '"insecure"', Trust("insecure")),
        ("secret", '{ env = "NAME" }', SecretRef("env", "NAME")),
        ("secret", "{ prompt = true }", SecretRef("prompt")),
        ("host", '"compute1"', SshHost("compute1")),
        ("host", '{ host = "n1", username = "root", port = 2222 }', SshHost("n1", 2222, "root")),
        ("host", '{ host = "n1", password = { file = "/p" } }', SshHost("n1", password=SecretRef("file", "/p"))),
        ("list", '["a", "b, c"]', ("a", "b, c")),
        ("list", "[a], b", ("[a]", "b")),
        ("text", '"quoted"', '"quoted"'),
    ],
)
def test_the_answer_files_notation_is_taken_as_well(kind: FieldKind, text: str, value: object) -> None:
    assert take(note(kind), text) == value


def test_a_choice_of_a_host_field_is_taken_in_either_notation() -> None:
    assert take(note("host", ("none",)), '"none"') == take(note("host", ("none",)), "none") == "none"


@pytest.mark.parametrize(
    ("kind", "text", "message"),
    [
        ("trust", '{ sha256 = "12" }', "32 pairs"),
        ("trust", '{ sha256 = "12"', "is not a trust mode"),
        ("trust", "{ }", 'is not a trust mode; write "system", { ca_file = "PATH" }'),
        ("trust", "ca_file", "is not a trust mode; write system, insecure, sha256 AA:BB:..., or ca_file PATH"),
        ("host", '{ host = "n1", colour = "red" }', "colour: the key is not known"),
    ],
)
def test_an_error_in_the_answer_files_notation_names_the_problem(kind: FieldKind, text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        take(note(kind), text)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("env NAME", True),
        ('{ env = "NAME" }', True),
        ("{ file = '/p' }", True),
        ("{hunter2}", False),
        ('"hunter2"', False),
        ('{ env = "A", file = "B" }', False),
        ('{ env = "A" }\nmore = 1', False),
    ],
)
def test_a_secret_that_begins_like_a_reference_is_a_secret(text: str, names: bool) -> None:
    assert names_secret(text) is names
