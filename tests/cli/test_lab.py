"""`mhv-tui lab`: what it refuses."""

from __future__ import annotations

import pytest

from mhv_tui import cli

Capture = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["up", "--parts", "foo"], "A lab has no part foo; choose from vcenter, cloud, node"),
        (["up", "--name", "../x"], "The lab name '../x' is not valid; use 1 to 31 characters of a-z"),
        (["up", "--vcenter", "nowhere.toml"], "The inventory nowhere.toml is no file; name a file such as lab.toml"),
        (["status", "--name", "../x"], "The lab name '../x' is not valid; use 1 to 31 characters of a-z"),
        (["answers", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` creates it"),
        (["down", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` creates it"),
    ],
)
def test_an_impossible_lab_is_wrong_usage(arguments: list[str], message: str, capsys: Capture) -> None:
    assert cli.main(["lab", *arguments]) == 2
    assert message in capsys.readouterr().err
