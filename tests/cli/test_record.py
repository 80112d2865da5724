"""`mhv-tui record`: what it refuses before a login, and a vCenter that does not answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui import cli

Capture = pytest.CaptureFixture[str]

ANSWERS = """mhv_answers = 1
[vcenter]
host = "127.0.0.2"
port = 1
username = "nova@acme.test"
password = { env = "MHV_TEST_PASSWORD" }
"""
TARGETS = """[node]
host = "n1"
[[target]]
name = "berlin"
node.host = "n2"
vcenter.host = "127.0.0.3"
"""


@pytest.fixture
def answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MHV_TEST_PASSWORD", "S3cret-record")
    path = tmp_path / "prod.toml"
    path.write_text(ANSWERS)
    return path


def refusal(capsys: Capture, *arguments: str) -> tuple[int, str]:
    capsys.readouterr()
    code = cli.main(["record", *arguments])
    return code, capsys.readouterr().err


def test_the_answers_of_one_vcenter_are_needed(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    output = ("--output", str(tmp_path / "vc"))
    assert refusal(capsys, *output)[0] == 2
    assert refusal(capsys, str(answers), "--session", "prod", *output)[0] == 2
    answers.write_text(ANSWERS + TARGETS)
    code, text = refusal(capsys, str(answers), *output)
    assert code == 2 and "several vCenters" in text and "berlin" in text
    code, text = refusal(capsys, str(answers), "--target", "paris", *output)
    assert code == 2 and "the targets are: n1, berlin" in text
    code, text = refusal(capsys, str(answers), "--target", "berlin", *output)
    assert code == 3 and "127.0.0.3:1 refuses the connection" in text
    assert not (tmp_path / "vc").exists()


def test_a_missing_answer_is_named(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    answers.write_text("mhv_answers = 1\n[vcenter]\nhost = '127.0.0.2'\n")
    code, text = refusal(capsys, str(answers), "--output", str(tmp_path / "vc"))
    assert code == 2 and "vcenter.username is not set" in text


def test_a_simulated_session_has_no_vcenter_to_record(tmp_path: Path, capsys: Capture) -> None:
    assert cli.main(["apply", "--demo", "--yes"]) == 0
    code, text = refusal(capsys, "--session", "demo", "--output", str(tmp_path / "vc"))
    assert code == 2 and "session demo is simulated" in text


def test_an_existing_file_is_refused_before_the_login(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "vc.tar.xz").write_text("mine")
    code, text = refusal(capsys, str(answers), "--output", str(tmp_path / "vc.tar.xz"))
    assert code == 2 and "exists already" in text and "--force" in text


def test_a_vcenter_that_does_not_answer_leaves_no_file(answers: Path, tmp_path: Path, capsys: Capture) -> None:
    code, text = refusal(capsys, str(answers), "--output", str(tmp_path / "vc.tar.xz"))
    assert code == 3 and "127.0.0.2:1 refuses the connection" in text and "S3cret" not in text
    assert [path.name for path in tmp_path.iterdir()] == ["prod.toml"]
