"""The answer file described: the template, the schema and the help know every key, rows included."""

from __future__ import annotations

import dataclasses
import re
from typing import Any

import pytest

from mhv_tui.cli.setup import schema, titles
from mhv_tui.core import answerfile, answers, answertemplate
from mhv_tui.core.targets import targets_of
from tests.core.test_answerfile import SCHEMA

TITLES = {"vcenter": "Connection"}


def test_the_template_is_itself_a_good_file() -> None:
    text = answertemplate.template(SCHEMA, TITLES)
    assert "# The trust." in text and "# port = 443  # default\n" in text
    assert '\n# password = { env = "NAME" }  # example\n' in text
    answerfile.parse_text(text, SCHEMA)


def test_the_template_is_good_with_its_rows_given_too() -> None:
    text = answertemplate.template(SCHEMA, TITLES)
    given = re.sub(r"^# (\[\[(?:accept|fix)|(?:code|reason|until|subject) =)", r"\1", text, flags=re.MULTILINE)
    read = answerfile.parse_text(given, SCHEMA)
    assert [a.code for a in read.accepts] == ["CL09"] and read.accepts[0].until
    assert read.single_fixes == (answers.Fix("CL06", "web-1"),)


def test_the_example_of_a_target_is_good() -> None:
    text = answertemplate.template(schema(), titles())
    given = re.sub(r"^# (\[\[target|node\.host|cluster\.path)", r"\1", text, flags=re.MULTILINE)
    assert [target.id for target in targets_of(answerfile.parse_text(given, schema()))] == [
        "novavmware1",
        "novavmware2",
    ]


def test_every_key_is_described() -> None:
    names = {name: note for name, _, note in answertemplate.described(SCHEMA)}
    assert {"mhv_answers", "vcenter.trust", "accept.code", "accept.reason", "accept.until", "fix.code"} <= set(names)
    assert all(note.help for note in names.values())
    text = answertemplate.template(SCHEMA, TITLES)
    assert [name for name in names if f"{name.split('.')[-1]} = " not in text] == []


def properties(table: str) -> Any:
    return answertemplate.json_schema(SCHEMA)["properties"][table]


def test_the_schema_knows_the_rows() -> None:
    rows = properties("accept")["items"]
    assert rows["required"] == ["code", "reason"] and rows["additionalProperties"] is False
    assert rows["properties"]["until"]["format"] == "date"
    assert properties("fix")["items"]["required"] == ["code"]


def test_the_schema_knows_what_a_secret_and_a_host_are() -> None:
    secret = properties("vcenter")["properties"]["password"]
    assert [form["required"] for form in secret["oneOf"]] == [["env"], ["file"], ["prompt"]]
    assert all(form["additionalProperties"] is False for form in secret["oneOf"])
    host = properties("vcenter")["properties"]["other"]["oneOf"][1]
    assert host["properties"]["port"]["maximum"] == 65535 and host["required"] == ["host"]
    assert host["properties"]["password"] == {"oneOf": secret["oneOf"]}


def test_a_choice_is_not_broken_in_two() -> None:
    choices = tuple(f"nova-network-{number} of the old" for number in range(20))
    note = answers.AnswerField("What gives networks.", "choice", False, choices, answers.no_rule, "", False)
    kind = dataclasses.make_dataclass("Kind", [("way", str, dataclasses.field(metadata={"answer": note}, default="x"))])
    text = answertemplate.template(answerfile.Schema({"net": kind}), {"net": "Net"})
    assert max(map(len, text.splitlines())) <= 98
    assert [choice for choice in choices if choice not in text] == []


@pytest.mark.parametrize(
    ("kind", "default", "example", "shown", "given"),
    [
        ("bool", True, "", "true", True),
        ("int", 0, "", "0", True),
        ("int", None, "7", "7", False),
        ("text", "", "", '""', True),
        ("text", "", "a", '"a"', False),
        ("list", (), "a", '["a"]', False),
        ("trust", answers.Trust(), "", '"system"', True),
        ("secret", None, "", '{ env = "NAME" }', False),
        ("day", None, "2027-03-01", "2027-03-01", False),
    ],
)
def test_a_default_and_an_example_are_marked_and_are_toml(
    kind: answers.FieldKind, default: object, example: str, shown: str, given: bool
) -> None:
    note = answers.AnswerField("", kind, False, (), answers.no_rule, example, False)
    assert answertemplate.literal(note, default) == shown
    assert answertemplate.has_default(note, default) is given
