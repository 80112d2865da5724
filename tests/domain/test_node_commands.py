"""The table of the commands that a compute node needs."""

from __future__ import annotations

import pytest

from mhv_tui.domain import node_commands

ALL_WORK = dict.fromkeys(node_commands.tests(), True)


def test_a_test_is_one_line_and_each_command_has_a_package() -> None:
    names = [row.name for row in node_commands.commands()]
    assert len(set(names)) == len(names) > 30
    assert all(row.packages and row.test.isprintable() for row in node_commands.commands())


@pytest.mark.parametrize(
    ("system", "failing", "names"),
    [
        ("debian", ("command -v rpm", "command -v dnf || command -v yum"), ()),
        ("rocky", ("command -v apt-get", "command -v dpkg", "command -v rpm"), ("rpm",)),
        ("linuxmint", ("command -v rpm", "command -v dpkg"), ("dpkg",)),
        ("ubuntu", ("command -v apt-get", "command -v hostname"), ("hostname", "apt-get")),
    ],
)
def test_only_the_commands_of_the_family_are_missed(
    system: str, failing: tuple[str, ...], names: tuple[str, ...]
) -> None:
    missing = node_commands.missing(system, {**ALL_WORK, **dict.fromkeys(failing, False)})
    assert tuple(row.name for row in missing) == names


def test_a_command_that_was_not_tried_is_not_missing() -> None:
    assert node_commands.missing("debian", {}) == ()
