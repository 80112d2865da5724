"""The line of each place in a TOML file."""

from __future__ import annotations

import pytest

from mhv_tui.core.tomllines import KeyPath, deep_line, key_lines, long_number_line

TEXT = '''\
mhv_answers = 1
[node]
other = { host = "x{" }
[node.more]
port = 5
[[accept]]
code = "CL01"
reason = """
[[accept]]
code = 'no'
"""
[[accept]]
code = "CL02"
[[target]]
node.host = "n"
[[target]]
[target.vcenter]
port = 5
[tail]
rows = [ { a = 1 }, { a = 2 }, # {
  { a = "{" },
]
'''


@pytest.mark.parametrize(
    ("place", "line"),
    [
        (("mhv_answers",), 1),
        (("node", "other"), 3),
        (("node", "more", "port"), 5),
        (("accept", 0), 6),
        (("accept", 0, "code"), 7),
        (("accept", 1), 12),
        (("accept", 1, "code"), 13),
        (("target", 0, "node", "host"), 15),
        (("target", 1), 16),
        (("target", 1, "vcenter", "port"), 18),
        (("tail", "rows", 1), 20),
        (("tail", "rows", 2), 21),
        (("accept", 2), None),
    ],
)
def test_each_place_has_its_line(place: KeyPath, line: int | None) -> None:
    assert key_lines(TEXT).get(place) == line


def test_what_tomllib_gives_no_line_for() -> None:
    assert deep_line("a = 1\nb = " + "[" * 60) == 2 and deep_line("a = 1\n") == 1
    assert long_number_line("a = 1\n\nb = " + "9" * 5000) == 3
