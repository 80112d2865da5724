"""Answer files with mistakes: every mistake is reported at once, with its line and what to write instead."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import TypedDict

import pytest

from mhv_tui import cli
from mhv_tui.core.answertemplate import template
from mhv_tui.core.tomlerrors import MOST_ERRORS, parsed
from mhv_tui.demo.scenes import SCENES
from mhv_tui.steps import FIXED

Capture = pytest.CaptureFixture[str]


class Expected(TypedDict):
    """A row of tests/cases/answers.toml."""

    exit: int
    lines: list[str]


FOLDER = Path(__file__).parent.parent / "cases" / "answers"
FILES = sorted(path.name for path in FOLDER.glob("*.toml"))
EXPECTED: dict[str, Expected] = tomllib.loads(FOLDER.with_suffix(".toml").read_text(encoding="utf-8"))


def test_every_file_is_expected() -> None:
    assert len(FILES) >= 60 and [f"{name}.toml" for name in EXPECTED] == FILES


@pytest.mark.parametrize("name", FILES)
def test_every_mistake_is_reported_with_its_line(name: str, capsys: Capture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    code = cli.main(["answers", "check", name])
    captured = capsys.readouterr()
    rows = [row.strip().removeprefix("mhv-tui: ") for row in (captured.out + captured.err).splitlines()]
    summary = re.compile(rf"{name} has \d+ errors?|{name}: valid.*")
    lines = [row.removeprefix(name) for row in rows if not summary.fullmatch(row)]
    assert {"exit": code, "lines": lines} == EXPECTED[name.removesuffix(".toml")]
    assert "OpenSesame" not in captured.out + captured.err
    assert all(re.match(r":\d+: |remedy: ", line) for line in lines)


def test_no_more_than_some_lines_are_reported_as_not_toml() -> None:
    document, errors = parsed("a b\n" * 100)
    assert document == {} and len(errors) == MOST_ERRORS
    assert len(parsed("a b\n" * 100_000)[1]) == 1


@pytest.mark.parametrize(
    "text", ["[[", '["', "a = '''", 'a = """', "{", "=", "[a]\n[a]\n[a]", "a = [\n[b]", "\x00", "a = {\n"]
)
def test_each_text_ends_with_an_error(text: str) -> None:
    errors = parsed(text)[1]
    assert errors and all(1 <= line <= text.count("\n") + 1 for line, _ in errors)


@pytest.mark.parametrize("end", ["", '"a"', '"a",', '"a", # b', "\n\n# c", '\n  "a",\n  "b"\n\n[node]\nport = 22\n'])
def test_an_open_list_is_reported_at_its_beginning(end: str) -> None:
    sentence = "this line is not TOML: the list is not closed; write ] at its end"
    assert parsed(f"mhv_answers = 1\n[datastore]\nnames = [{end}")[1] == [(3, sentence)]


def test_the_template_is_valid_with_and_without_its_optional_keys(tmp_path: Path, capsys: Capture) -> None:
    from mhv_tui.cli.setup import schema, titles

    text = template(schema(), titles())
    everything = re.sub(r"^# (?=([\w.]+ = |\[\[).*)", "", text, flags=re.MULTILINE)
    keys = re.findall(r"^\w+ = ", everything, re.MULTILINE)
    assert len(keys) > 60 and "[[accept]]" in everything.splitlines()
    lacks_cloud = "; still missing: cloud.name"
    for name, content, missing in (("short", text, lacks_cloud), ("long", everything, "")):
        (tmp_path / f"{name}.toml").write_text(content)
        assert cli.main(["answers", "check", str(tmp_path / f"{name}.toml")]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == f"{tmp_path / name}.toml: valid{missing}"


SUCCEEDING = [name for name, scene in SCENES.items() if not scene.expects or scene.expects in FIXED]
"""The scenes in which apply succeeds, if need be with the fix of the finding that the scene expects."""


@pytest.mark.slow
@pytest.mark.parametrize("scene", SUCCEEDING)
def test_exported_answers_are_valid_and_repeat_the_run(
    scene: str, tmp_path: Path, capsys: Capture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    demo = ["--demo", "--scene", scene, "--session", "mine"]
    fixes = [word for code in sorted(FIXED) if SCENES[scene].expects for word in ("--fix", code)]
    assert cli.main(["apply", *demo, "--yes", *fixes]) == 0
    assert cli.main(["export", "mine", "--to", "answers", "--output", "mine.toml"]) == 0
    assert cli.main(["answers", "check", "mine.toml"]) == 0
    capsys.readouterr()
    assert cli.main(["apply", "mine.toml", *demo, "--yes"]) == 0
    assert "nothing to do: " in capsys.readouterr().out
