"""A host's table: every error at once, each with its key."""

from __future__ import annotations

from typing import Any

import pytest

from mhv_tui.core.hosts import WrongHost, host_rule, parse_host, parse_secret, port_rule, proxy_rule, url_rule
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import SecretRef


def test_a_table_is_a_host() -> None:
    table = {"host": "n1", "port": 2222, "password": {"env": "X"}, "key_file": "~/k"}
    assert parse_host(table) == SshHost("n1", 2222, key_file="~/k", password=SecretRef("env", "X"))


def test_every_error_is_reported_at_once() -> None:
    with pytest.raises(WrongHost) as caught:
        parse_host({"port": 70000, "colour": "red", "password": "hunter2", "proxy": 5})
    assert [key for key, _ in caught.value.parts] == ["port", "colour", "password", "proxy", "host"]
    assert "70000 is not a TCP port" in str(caught.value) and "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("port", True, "is true or false; write a whole number"),
        ("port", 0, "0 is not a TCP port"),
        ("username", False, "is true or false; write text"),
        ("key_file", "a\0b", "NUL character"),
        ("key_file", "~nosuchuser/k", "the user ~nosuchuser has no home"),
        ("proxy", "a\nb", "line break"),
    ],
)
def test_an_error_names_the_problem(key: str, value: Any, message: str) -> None:
    with pytest.raises(WrongHost) as caught:
        parse_host({"host": "n1", key: value})
    ((place, sentence),) = caught.value.parts
    assert place == key and message in sentence


def test_the_ends_of_the_ports() -> None:
    assert [bool(port_rule(port)) for port in (0, 1, 65535, 65536)] == [True, False, False, True]


@pytest.mark.parametrize(
    "host", ["root:S3cr3t@n1", "S3cr3t@n1", "ssh://root:S3cr3t@n1", "root:S3cr3t@[fd00::1]:22", "@n1"]
)
def test_a_host_with_a_login_is_refused_without_repeating_it(host: str) -> None:
    for table, key in (({"host": host}, "host"), ({"host": "n1", "proxy": f"x:{host}"}, "proxy")):
        with pytest.raises(WrongHost) as caught:
            parse_host(table)
        assert [place for place, _ in caught.value.parts] == [key] and "S3cr3t" not in str(caught.value)


@pytest.mark.parametrize(
    "proxy", ["bastion", "u@b:2200", "u@[fd00::1]:22", "ssh://u@b:22/", "a,second@192.0.2.251:2200"]
)
def test_a_jump_host_may_have_a_user(proxy: str) -> None:
    assert proxy_rule(proxy) == "" and parse_host({"host": "n1", "proxy": proxy}).proxy == proxy


@pytest.mark.parametrize(
    ("url", "accepted"),
    [
        ("https://cloud.example.org:5000/v3", True),
        ("http://[::1]:5000/v3", True),
        ("https://cloud.example.org/users/a@b", True),
        ("http://admin:S3cr3t@cloud/v3", False),
        ("http://admin@cloud/v3", False),
        ("http://admin:pa/ss@cloud/v3", False),
        ("//admin:S3cr3t@cloud", False),
        ("admin:S3cr3t@cloud:5000/v3", False),
        ("cloud:5000/v3", False),
    ],
)
def test_a_url_has_a_scheme_and_no_credentials_which_are_not_repeated(url: str, accepted: bool) -> None:
    sentence = url_rule(url)
    assert bool(sentence) is not accepted and "S3cr3t" not in sentence


@pytest.mark.parametrize(
    ("host", "valid"),
    [
        ("novavmware1", True),
        ("novavmware1.example.org.", True),
        ("192.0.2.7", True),
        ("2001:db8::7", True),
        ("fe80::1%eth0", True),
        ("novavmware1:22", False),
        ("[2001:db8::7]", False),
        ("[2001:db8::7]:22", False),
        ("ssh://novavmware1", False),
        ("nova vmware1", False),
        ("ubuntu@novavmware1", False),
    ],
)
def test_a_host_has_no_login_port_or_scheme(host: str, valid: bool) -> None:
    assert (host_rule(host) == "") is valid


@pytest.mark.parametrize("value", [{"env": "$X"}, {"env": "A B"}, {"env": "1X"}, {"file": "~nosuchuser/pw"}, "S3cr3t"])
def test_a_reference_names_a_variable_or_a_file(value: object) -> None:
    with pytest.raises(ValueError, match="; ") as caught:
        parse_secret(value)
    assert "S3cr3t" not in str(caught.value)
