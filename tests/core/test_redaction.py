"""Texts that are safe to show: revealed values masked in every spelling, and nothing that acts on a terminal."""

from __future__ import annotations

import base64
import html
import json
import shlex
import time
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.core.events import Applying, Event, Failed, Finished, Logged, Planned, Progress, as_json
from mhv_tui.core.findings import Finding
from mhv_tui.core.redaction import BULLETS, forget_all, mask, remember, remember_session, shown, shown_lines
from mhv_tui.core.secret import SecretRef, Vault
from mhv_tui.core.steps import Choice
from mhv_tui.core.text import printable

HOSTILE = "\x1b]0;PWNED\x07\x1b[2J\x1b]52;c;eA==\x07\x9b31m\u202eevil\u2066\r\n  ✓ ok      ALL GOOD\u2028\u0085\x00\x7f"
SECRET = "S3cr3t/pä\"ss'w\\ ord&!"

SPELLINGS: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "in small letters": str.lower,
    "percent-encoded": lambda v: quote(v, safe=""),
    "percent-encoded, with slashes": quote,
    "as a form": quote_plus,
    "percent-encoded twice": lambda v: quote(quote(v, safe=""), safe=""),
    "every byte percent-encoded": lambda v: "".join(f"%{byte:02x}" for byte in v.encode()),
    "in JSON": json.dumps,
    "in JSON as UTF-8": lambda v: json.dumps(v, ensure_ascii=False),
    "in JSON inside JSON": lambda v: json.dumps(json.dumps(v)),
    "in XML": html.escape,
    "in XML by numbers": lambda v: "".join(f"&#{ord(c)};" for c in v),
    "in XML by hexadecimal numbers": lambda v: "".join(f"&#x{ord(c):X};" for c in v),
    "as Python shows it": repr,
    "as Python shows its bytes": lambda v: repr(v.encode()),
    "as Python shows it in ASCII": ascii,
    "for a shell": shlex.quote,
    "in base64": lambda v: base64.b64encode(v.encode()).decode(),
    "in base64 of a basic login": lambda v: base64.b64encode(f"u:{v}".encode()).decode(),
    "in base64 of JSON": lambda v: base64.b64encode(json.dumps({"p": v}).encode()).decode(),
    "in hexadecimal digits of JSON": lambda v: json.dumps([v], ensure_ascii=False).encode().hex(),
    "in base64 behind one byte": lambda v: base64.b64encode(f":{v}:".encode()).decode(),
    "in base64 for URLs": lambda v: base64.urlsafe_b64encode(v.encode()).decode(),
    "in hexadecimal digits": lambda v: v.encode().hex().upper(),
}


def leaks(text: str, secret: str) -> bool:
    """True if any four characters in a row of the secret are in the text."""
    return any(secret[at : at + 4].lower() in text.lower() for at in range(len(secret) - 3))


@pytest.mark.parametrize("name", SPELLINGS)
@pytest.mark.parametrize("secret", [SECRET, "abcd", "VMware1!", "trailing\\", "\U0001f511 key", "%41%", "••••1"])
def test_a_revealed_value_is_masked_in_every_spelling(name: str, secret: str) -> None:
    spelled = SPELLINGS[name](secret)
    remember(secret)
    masked = mask(f"the answer was <{spelled}>, sorry")
    assert BULLETS in masked and spelled not in masked and not leaks(masked.replace(BULLETS, ""), secret)
    assert masked.startswith("the answer was <") and masked.endswith(">, sorry")


@given(st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), min_size=4), st.sampled_from([*SPELLINGS]))
def test_no_value_breaks_the_mask(secret: str, name: str) -> None:
    forget_all()
    remember(secret)
    assert BULLETS in mask(SPELLINGS[name](secret))


def test_a_longer_value_is_masked_whole() -> None:
    for value in ("S3cr", "S3cr3t", "S3cr3t-of-the-cloud"):
        remember(value)
    assert mask("S3cr3t-of-the-cloud S3cr3t S3cr") == "•••• •••• ••••"


def test_a_short_value_is_not_masked() -> None:
    """Three characters are in too many words."""
    remember("the")
    assert mask("the other") == "the other"


@pytest.mark.parametrize(
    ("url", "masked"),
    [
        ("http://user:S3cr3t@host/v3", "http://user:••••@host/v3"),
        ("http://user:p/S3cr3t@host/v3", "http://user:••••@host/v3"),
        ("http://user:p@S3cr3t@host", "http://user:••••@host"),
        ("redis://:S3cr3t@host", "redis://:••••@host"),
        ("rabbit://a:S3cr3t@h1,b:S3cr3t@h2:5672/", "rabbit://a:••••@h2:5672/"),
        ('"http://u:S3cr3t@h" by a@b', '"http://u:••••@h" by a@b'),
        ("https://host:5000/v3", "https://host:5000/v3"),
        ("ssh://root@host", "ssh://root@host"),
    ],
)
def test_the_password_of_a_url_is_masked(url: str, masked: str) -> None:
    assert mask(url) == masked


@given(st.text())
def test_printable_text_is_one_line_and_stays(text: str) -> None:
    once = printable(text)
    assert once.isprintable() and printable(once) == once
    assert not text.isprintable() or once == text


def test_escapes_are_visible() -> None:
    assert shown("a\x1b[2J\x9b1m\u202e\n") == r"a\x1b[2J\x9b1m\u202e\n"
    assert shown_lines("a\u2028b\nc\r") == "a\\u2028b\nc\\r"


def test_only_a_value_that_was_revealed_is_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VC_PASSWORD", "S3cr3t-VC")
    assert mask("S3cr3t-VC") == "S3cr3t-VC"
    Vault().reveal(SecretRef("env", "VC_PASSWORD"))
    assert mask("S3cr3t-VC") == BULLETS


EVENTS: list[Event] = [
    Planned("step", HOSTILE, HOSTILE, HOSTILE),
    Applying("step", HOSTILE, HOSTILE),
    Failed("step", HOSTILE, 0.1, Finding("VC21", "failure", HOSTILE, HOSTILE, HOSTILE, HOSTILE)),
    Progress("step", HOSTILE, 1, 2, note=HOSTILE),
    Logged("step", HOSTILE, HOSTILE, (HOSTILE,)),
    Finished("done", 0, message=HOSTILE),
]


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_an_event_has_no_character_that_acts_on_a_terminal(event: Event) -> None:
    row = as_json(event)
    preview = row.pop("preview", "")
    texts = [*preview.split("\n"), *row.get("lines", ()), *(v for v in row.values() if isinstance(v, str))]
    assert all(text.isprintable() for text in texts) and any("PWNED" in text for text in texts)


def test_findings_events_and_choices_are_masked_where_they_are_built() -> None:
    remember(SECRET)
    finding = Finding("VC21", "failure", SECRET, SECRET, SECRET, SECRET, accepted=SECRET)
    rows = [Planned("s", "id", SECRET, f"{SECRET}\n{SECRET}"), Progress("s", "id", 1, 2, note=SECRET)]
    rows_as_text = f"{[finding, Choice('value', SECRET), Finished('done', 0, message=SECRET), *rows]}"
    assert not leaks(rows_as_text, SECRET) and rows_as_text.count(BULLETS) == 11


def test_a_long_token_is_masked_whole_and_at_once() -> None:
    token = "MIIHsAYJ-" + "Zm9vYmFy/+9" * 700
    start = time.process_time()
    remember(token)
    assert time.process_time() - start < 1
    assert shown(f"X-Auth-Token: {token}, {quote(token, safe='')} end") == "X-Auth-Token: ••••, •••• end"
    assert shown(base64.b64encode(f"a:{token}".encode()).decode()) == "••••"


def test_the_newest_tokens_are_masked() -> None:
    remember("a-password")
    for number in range(100):
        remember_session(f"token-{number:03d}")
    assert shown("a-password token-099 token-068 token-067") == "•••• •••• •••• token-067"
