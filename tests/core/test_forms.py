"""An answer as one line of text, there and back."""

from __future__ import annotations

import pytest

from mhv_tui.core.answers import Ask, Kind, Trust, no_rule
from mhv_tui.core.forms import show, take
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import SecretRef


def note(kind: Kind, choices: tuple[str, ...] = ()) -> Ask:
    return Ask("", kind, False, choices, no_rule, "", False)


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
            "ubuntu@10.0.0.1:2222 key_file=/k host_key=SHA256:x",
            SshHost("10.0.0.1", 2222, "ubuntu", "/k", host_key="SHA256:x"),
        ),
        ("host", "root@fd00::1", SshHost("fd00::1", username="root")),
        ("host", "n1 password=file:/p", SshHost("n1", password=SecretRef("file", "/p"))),
    ],
)
def test_there_and_back(kind: Kind, text: str, value: object) -> None:
    assert take(note(kind), text) == value
    assert take(note(kind), show(note(kind), value)) == value


@pytest.mark.parametrize(
    ("kind", "text", "said"),
    [
        ("int", "many", "whole number"),
        ("bool", "perhaps", "true or false"),
        ("trust", "sha256 12", "32 pairs"),
        ("host", "", "host is not given"),
        ("host", "n1 colour=red port=x", "colour is not known; .*port is text"),
    ],
)
def test_what_is_wrong_is_said(kind: Kind, text: str, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        take(note(kind), text)
