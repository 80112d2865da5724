"""`mhv-tui lab`: what it refuses."""

from __future__ import annotations

import pytest

from mhv_tui import cli

Said = pytest.CaptureFixture[str]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["up", "--parts", "foo"], "foo is no part of a lab: vcenter, cloud, node"),
        (["up", "--name", "../x"], "'../x' is no name for a lab: up to 31 of a-z"),
        (["status", "--name", "../x"], "'../x' is no name for a lab: up to 31 of a-z"),
        (["answers", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` makes it"),
        (["down", "--name", "nowhere"], "`mhv-tui lab up --name nowhere` makes it"),
    ],
)
def test_a_lab_that_there_cannot_be_is_wrong_usage(arguments: list[str], said: str, capsys: Said) -> None:
    assert cli.main(["lab", *arguments]) == 2
    assert said in capsys.readouterr().err
