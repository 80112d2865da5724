"""The answer file described: the template, the schema and the help know every key, rows included."""

from __future__ import annotations

import re
from typing import Any

from mhv_tui.core import answerfile, answertemplate
from tests.core.test_answerfile import SCHEMA

TITLES = {"vcenter": "Connection"}


def test_the_template_is_itself_a_good_file() -> None:
    text = answertemplate.template(SCHEMA, TITLES)
    assert "# The trust." in text and "# port = 443" in text
    answerfile.parse_text(text, SCHEMA)


def test_the_template_is_good_with_its_rows_given_too() -> None:
    text = answertemplate.template(SCHEMA, TITLES)
    given = re.sub(r"^# (\[\[|(?:code|reason|until) =)", r"\1", text, flags=re.MULTILINE)
    answers = answerfile.parse_text(given, SCHEMA)
    assert [a.code for a in answers.accepts] == ["CL09"] and answers.accepts[0].until and answers.fixes == ("CL06",)


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
