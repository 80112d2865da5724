"""The answer file: every error at once with its line, partial files, and the way there and back."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from mhv_tui.core import answerfile
from mhv_tui.core.answers import Fix, Trust, answer_field
from mhv_tui.core.errors import UsageError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.secret import Account, SecretRef


@dataclass(frozen=True)
class Connection:
    """A table with one answer of each kind."""

    host: str = answer_field("The host.", required=True)
    port: int = answer_field(
        "The port.", 443, kind="int", rule=lambda p: "" if 0 < p < 65536 else "is no port; write 1 to 65535"
    )
    password: SecretRef | None = answer_field(
        "The password.", None, kind="secret", account=Account("vcenter", ("host",), ())
    )
    trust: Trust = answer_field("The trust.", Trust(), kind="trust")
    names: tuple[str, ...] = answer_field("Names.", (), kind="list")
    kind: str = answer_field("The kind.", "standard", kind="choice", choices=("standard", "distributed"))
    other: SshHost | None = answer_field("Another machine.", None, kind="host")


SCHEMA = answerfile.Schema({"vcenter": Connection}, ("CL06", "CL09", "CL13"))

GOOD = """\
mhv_answers = 1
[vcenter]
host = "vc.example.org"
password = { env = "X" }
trust = { sha256 = "PIN" }
names = ["a", "b"]
other = { host = "compute1", username = "ubuntu", sudo_password = { prompt = true } }
[[accept]]
code = "CL09"
reason = "shared"
until = 2027-03-01
[[fix]]
code = "CL06"
[[fix]]
code = "CL06"
subject = "DC0_C1"
""".replace("PIN", ":".join(["ab"] * 32))


def test_a_good_file_comes_back_as_it_was() -> None:
    answers = answerfile.parse_text(GOOD, SCHEMA)
    table = answers.of(Connection)
    assert table.password == SecretRef("env", "X")
    assert table.trust == Trust("sha256", ":".join(["AB"] * 32))
    assert table.other == SshHost("compute1", username="ubuntu", sudo_password=SecretRef("prompt"))
    assert answers.single_fixes == (Fix("CL06", "DC0_C1"),)
    assert answers.fixes == ("CL06",) and answers.accepts[0].code == "CL09"
    assert answerfile.parse_text(answerfile.text_of(answers), SCHEMA) == answers


def test_a_partial_file_is_legal_and_its_gaps_are_known() -> None:
    answers = answerfile.parse_text("mhv_answers = 1\n", SCHEMA)
    assert answers.missing("vcenter") == ("host",)


BAD = """\
mhv_answers = 1
[vcenter]
hosst = "x"
port = 70000
password = "VMware1!"
kind = "distributd"
[vcentre]
"""


def test_every_error_is_reported_at_once_with_its_line() -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text(BAD, SCHEMA, "a.toml")
    assert caught.value.lines == (
        "a.toml:3: vcenter.hosst: the key is not known; did you mean host?",
        "a.toml:4: vcenter.port: is no port; write 1 to 65535",
        "a.toml:5: vcenter.password: a secret must be written as a reference, not as its value; "
        'write { env = "NAME" }, { file = "PATH" } or { prompt = true }',
        'a.toml:6: vcenter.kind: the value "distributd" is not known; did you mean distributed?',
        "a.toml:7: vcentre: the table is not known; did you mean vcenter?",
    )
    assert "VMware1!" not in str(caught.value.lines)


def test_an_error_in_a_target_has_the_line_of_the_target() -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text(
            "mhv_answers = 1\n[vcenter]\n[[target]]\nname = 't'\nvcenter.hosst = 'x'\n", SCHEMA, "a.toml"
        )
    assert caught.value.lines == ("a.toml:5: target.vcenter.hosst: the key is not known; did you mean host?",)


@pytest.mark.parametrize(
    ("text", "place"),
    [("mhv_answers = 1\n[vcenter\n", "a.toml:2:"), ("mhv_answers = 2\n", "a.toml:1: mhv_answers"), ("", "a.toml:1:")],
)
def test_an_invalid_file_is_reported_with_its_line(text: str, place: str) -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text(text, SCHEMA, "a.toml")
    message = " ".join((caught.value.message, *caught.value.lines))
    assert place in message


ROWS = """\
mhv_answers = true
[vcenter]
other = { host = "c1", port = true, colour = "red" }
[[accept]]
code = "CL09"
reason = "good"
untill = 2027-03-01
[[accept]]
code = "QQ99"
[[accept]]
code = "cl06"
reason = " "
until = "2027-03-01"
[[fix]]
kode = "CL06"
[[fix]]
code = ["CL06"]
"""


def test_every_row_is_judged_with_its_own_line() -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text(ROWS, SCHEMA, "a.toml")
    assert caught.value.lines == (
        "a.toml:1: mhv_answers: the answer file's format version cannot be true or false; "
        "this program reads version 1: write mhv_answers = 1",
        "a.toml:3: vcenter.other.colour: the key is not known; the known keys are host, port, username, key_file, "
        "key_passphrase, password, sudo_password, host_key, proxy",
        "a.toml:3: vcenter.other.port: the value is true or false; write a whole number",
        "a.toml:7: accept.untill: the key is not known; did you mean until?",
        'a.toml:8: accept.reason: the key is missing; write reason = "shared with the build farm" or another value',
        'a.toml:9: accept.code: no finding has the code "QQ99"; write a code that `mhv-tui check` shows',
        'a.toml:11: accept.code: no finding has the code "cl06"; did you mean CL06?',
        "a.toml:12: accept.reason: the value is empty; write a value, or remove this row",
        "a.toml:13: accept.until: the value is not a date; write a date without quotes, such as 2027-03-01",
        'a.toml:14: fix.code: the key is missing; write code = "CL06" or another value',
        "a.toml:15: fix.kode: the key is not known; did you mean code?",
        'a.toml:17: fix.code: the value is a list; write text, such as "CL06"',
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("accept = 5", "a.toml:2: accept: the value is a number; write [[accept]] above each row"),
        ('fix = ["CL06"]', "a.toml:2: fix: the row is text; write [[fix]] above each row"),
        ("[accept]", "a.toml:2: accept: the value is a table; write [[accept]] above each row"),
        (
            "[vcenter]\nnames = ['a', 5]",
            "a.toml:3: vcenter.names: entry 2: the value is a number; write a list of text",
        ),
        ("[vcenter]\nkind = [1]", "a.toml:3: vcenter.kind: the value is a list; write one of standard, distributed"),
        (
            "[vcenter]\ntrust = { ca_file = '~nosuchuser/ca' }",
            "a.toml:3: vcenter.trust: ca_file: the user ~nosuchuser has no home",
        ),
    ],
)
def test_a_value_of_another_type_is_reported(text: str, message: str) -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text(f"mhv_answers = 1\n{text}\n", SCHEMA, "a.toml")
    assert [line[: len(message)] for line in caught.value.lines] == [message]


def test_an_incomplete_file_is_reported_with_its_last_line() -> None:
    with pytest.raises(UsageError) as caught:
        answerfile.parse_text("mhv_answers = 1\naccept = [", SCHEMA, "a.toml")
    assert caught.value.lines == ("a.toml:2: this line is not TOML: the list is not closed; write ] at its end",)
