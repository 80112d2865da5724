"""The map is drawn as a tree of any width, and the command for users is wrapped as a shell can read it."""

from __future__ import annotations

import shlex

from hypothesis import given
from hypothesis import strategies as st

from mhv_tui.core.handover import Handover, MapRow, map_lines, users_text, wrapped_command
from mhv_tui.core.matrix_text import text_width

ROWS = (
    MapRow(0, ("cloud", "Zed")),
    MapRow(1, ("first", "QEMU")),
    MapRow(2, ("a long property of the first node that needs a second line",)),
    MapRow(1, ("second", "VMware")),
)


def test_a_long_row_continues_below_itself() -> None:
    assert [line for _, line in map_lines(ROWS, 36)] == [
        "cloud   Zed",
        "├─ first    QEMU",
        "│  └─ a long property of the first",
        "│     node that needs a second line",
        "└─ second   VMware",
    ]


depths = st.lists(st.integers(0, 4), min_size=1, max_size=12)
cells = st.lists(st.text("ab 計é", max_size=30), min_size=1, max_size=4)


@given(depths, st.lists(cells, min_size=12, max_size=12), st.integers(30, 90))
def test_no_line_is_wider_than_the_screen(depths: list[int], names: list[list[str]], width: int) -> None:
    depth, rows = 0, list[MapRow]()
    for wanted, name in zip(depths, names, strict=False):
        depth = min(wanted, depth + 1) if rows else 0
        rows.append(MapRow(depth, tuple(name)))
    lines = map_lines(rows, width)
    assert all(text_width(line) <= width for _, line in lines)
    assert list(dict.fromkeys(id(row) for row, _ in lines)) == [id(row) for row in rows]


def test_a_wrapped_command_is_the_same_command() -> None:
    command = (
        "openstack server create --image 'my image' --flavor m1.small --network vmware-net --availability-zone v N"
    )
    lines = wrapped_command(command, 50)
    assert len(lines) > 2 and max(map(len, lines)) <= 50
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(command)


def test_without_a_command_there_is_no_text_for_users() -> None:
    assert users_text(Handover(users=("A note.",))) == ""
    assert "- A note.\n" in users_text(Handover(command="openstack", users=("A note.",)))
