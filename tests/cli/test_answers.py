"""`mhv-tui answers`: the errors of a file, the meaning of a key, the template and the schema."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mhv_tui import cli
from mhv_tui.cli.setup import schema
from mhv_tui.core.answers import plain
from mhv_tui.core.answertemplate import described, example

Capture = pytest.CaptureFixture[str]


def checked(folder: Path, text: str) -> int:
    (folder / "a.toml").write_text(f"mhv_answers = 1\n{text}\n", encoding="utf-8")
    return cli.main(["answers", "check", str(folder / "a.toml")])


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            '[[fix]]\ncode = "CL09"',
            "a.toml:3: fix.code: CL09 has no fix that can be requested; the codes with a fix are CL05",
        ),
        ('[[accept]]\ncode = "VC03"\nreason = "x"', "a.toml:3: accept.code: VC03 cannot be accepted"),
        ('[node]\nhost_key = "abc"', 'a.toml:3: node.host_key: "abc" is not a host key; write SHA256:'),
        ('[node]\ncopy_settings_from = { host = "c", host_key = "abc" }', '"abc" is not a host key; write SHA256:'),
        ('[datastore]\ndatastore_regex = "("', 'a.toml:3: datastore.datastore_regex: "(" is not a regular expression'),
        (
            '[datastore]\nnames = ["a", "a"]',
            'a.toml:3: datastore.names: entry 2: the value "a" is repeated; write each value once',
        ),
        ("[[target]]\nnode.prt = 22", "a.toml:3: target.node.prt: the key is not known; did you mean port?"),
    ],
)
def test_what_apply_refuses_is_refused_with_its_line(text: str, message: str, tmp_path: Path, capsys: Capture) -> None:
    assert checked(tmp_path, text) == 2
    assert message in capsys.readouterr().err


def test_an_expired_acceptance_is_reported_and_no_error(tmp_path: Path, capsys: Capture) -> None:
    rows = '[[accept]]\ncode = "CL09"\nreason = "x"\nuntil = '
    assert checked(tmp_path, f"{rows}2020-01-01") == 0
    assert "a.toml:5: accept.until: 2020-01-01 is past, so CL09 is not accepted" in capsys.readouterr().out
    assert checked(tmp_path, f"{rows}9999-01-01") == 0
    assert "until" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("rows", "note"),
    [
        (["IM20 web-1", "CL06", "IM20 web-1"], "a.toml:8: fix.code: the fix of IM20 is requested twice for web-1"),
        (["IM20 web-1", "IM20"], "a.toml:4: fix.subject: is not used: another row requests the fix of IM20 for every"),
        (["IM20 web-1", "CL06", "CL06"], "a.toml:8: fix.code: the fix of CL06 is requested twice; keep one row"),
        (["IM20 web-1", "IM20 web-2"], ""),
    ],
)
def test_a_fix_that_is_requested_twice_is_reported_with_its_line(
    rows: list[str], note: str, tmp_path: Path, capsys: Capture
) -> None:
    tables = []
    for row in rows:
        code, _, subject = row.partition(" ")
        tables.append(f'[[fix]]\ncode = "{code}"' + (f'\nsubject = "{subject}"' if subject else ""))
    assert checked(tmp_path, "\n".join(tables)) == 0
    output = capsys.readouterr().out
    assert note in output and output.count("a.toml:") == 1 + bool(note)


def test_a_file_that_begins_with_a_byte_order_mark_is_read(tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "a.toml").write_bytes(b'\xef\xbb\xbfmhv_answers = 1\n[vcenter]\nhost = "vc"\n')
    assert cli.main(["answers", "check", str(tmp_path / "a.toml")]) == 0
    assert "valid; still missing: cloud.name, vcenter.username, " in capsys.readouterr().out


@pytest.mark.parametrize("key", ["accept.until", "accept.code", "fix.code", "mhv_answers", "vcenter.trust"])
def test_every_key_is_explained(key: str, capsys: Capture) -> None:
    assert cli.main(["answers", "explain", key]) == 0
    assert capsys.readouterr().out.startswith(f"{key} (")


def test_the_template_and_the_schema_have_the_rows(capsys: Capture) -> None:
    assert cli.main(["answers", "template"]) == 0
    text = capsys.readouterr().out
    assert "# [[accept]]" in text and "# [[fix]]" in text and "# until = 2027-03-01" in text
    assert cli.main(["answers", "schema"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["properties"]["accept"]["items"]["additionalProperties"] is False


def test_codes_are_checked_with_the_file(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "codes.toml"
    path.write_text('mhv_answers = 1\n[[fix]]\ncode = "CL06"\n[[fix]]\ncode = "QQ99"\n[[fix]]\ncode = "cl06"\n')
    for command in (["answers", "check", str(path)], ["check", str(path)], ["check", "--demo", str(path)]):
        assert cli.main(command) == 2
        errors = capsys.readouterr().err
        assert f'{path}:5: fix.code: no finding has the code "QQ99"; write a code' in errors
        assert f'{path}:7: fix.code: no finding has the code "cl06"; did you mean CL06?' in errors


@pytest.mark.parametrize(
    "text", ["port = " + "9" * 5000, "port = " + "[" * 3000 + "]" * 3000, 'password = { file = "a\\u0000b" }']
)
def test_an_unreadable_file_is_not_reported_as_a_defect(text: str, tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "bad.toml"
    path.write_text(f"mhv_answers = 1\n[vcenter]\n{text}\n")
    assert cli.main(["answers", "check", str(path)]) == 2
    errors = capsys.readouterr().err
    assert f"{path}:3: " in errors and "defect" not in errors


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("node.use_linked_clone", "default: true\n"),
        ("vcenter.port", "default: 443\n"),
        ("vcenter.trust", 'default: "system"\n'),
        ("datastore.names", 'such as: ["nfs-gold"]\n'),
        ("vcenter.password", 'such as: { env = "NAME" }\n'),
        ("accept.code", "`mhv-tui check` shows the code before each finding"),
    ],
)
def test_an_answer_is_explained_in_the_files_own_notation(key: str, message: str, capsys: Capture) -> None:
    assert cli.main(["answers", "explain", key]) == 0
    assert message in capsys.readouterr().out


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("nosuch", "`mhv-tui answers template` lists all keys"),
        ("trust", "did you mean vcenter.trust?"),
        ("host", "did you mean vcenter.host, node.host?"),
        ("vcenter.hst", "did you mean vcenter.host?"),
        ("vcenter.flavor", "did you mean prove.flavor?"),
    ],
)
def test_an_unknown_key_is_reported_with_similar_ones(key: str, message: str, capsys: Capture) -> None:
    assert cli.main(["answers", "explain", key]) == 2
    assert message in capsys.readouterr().err


def test_the_template_has_every_choice(capsys: Capture) -> None:
    assert cli.main(["answers", "template"]) == 0
    assert "auto, nova-network, neutron." in capsys.readouterr().out.replace("\n# ", " ")


def test_every_answer_without_a_default_has_an_example() -> None:
    rows = [(key, example(field)) for key, default, field in described(schema()) if plain(default) in ("", None, [])]
    assert len(rows) > 30 and [key for key, text in rows if not text] == []
