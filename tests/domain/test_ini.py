"""The reader of nova.conf: it reads as oslo.config does, and refuses the same lines."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg

from mhv_tui.domain import ini

SAMPLE = """# nova
[DEFAULT]
#
# From nova.conf
#

# Which driver (string value)
#compute_driver = <None>
host=a
 continued
host : b   \t
\t
[api]
x = 1


# --- about vCenter
[vmware]
cluster_name = C0
cluster_name = C1
[api]
x = 2
"""


def test_reading() -> None:
    assert ini.get(SAMPLE, "DEFAULT", "host") == ["a\ncontinued", "b"]
    assert ini.sections(SAMPLE) == ["DEFAULT", "api", "vmware"]
    assert ini.items(SAMPLE, "api") == [("x", "1"), ("x", "2")]
    assert ini.get(SAMPLE, "vmware", "host") == []


LINES = (
    *("[DEFAULT]", "[vmware]", "[VMware]", "[x]", "a = 1", "a=", "b : 2 ", " more", "\tmore", "#a = d", "; z", ""),
    *("junk", "ä = ü", "[]", "[", "[x", "[x]]", "= 1", " = 1", ":", "\ufeff[x]", "\ufeff# a = b", "\xa0= 1", "\x0c"),
    *("a = 'q'", 'a = "', " # no comment", "a b c = d", "[x] # y"),
)
made_lines = st.sampled_from(LINES) | st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)


def joined(lines: st.SearchStrategy[list[str]]) -> st.SearchStrategy[str]:
    """Files of these lines, with any line end, and with or without a final one."""
    ends = st.tuples(st.sampled_from(["\n", "\r\n", "\r"]), st.booleans())
    return st.tuples(lines, ends).map(lambda made: made[1][0].join(made[0]) + (made[1][0] if made[1][1] else ""))


any_texts = joined(st.lists(made_lines, max_size=8))
UNREADABLE = {
    "byte order mark": ("\ufeff[DEFAULT]\na = 1\n", 1, "byte order mark"),
    "byte order mark before a comment": ("\ufeff# a = 1\n[x]\n", 1, "byte order mark"),
    "no sign": ("[a]\n\nb 1\n", 3, "neither = nor :"),
    "text before the first section": ("welcome\n[a]\n", 1, "neither = nor :"),
    "setting before the first section": ("# x\na = 1\n[a]\n", 2, "before the first [section]"),
    "indented file": ("  [DEFAULT]\n  a = 1\n", 1, "is indented"),
    "indented after a section": ("[a]\n  b = 1\n", 2, "is indented"),
    "indented after a blank line": ("[a]\nb = 1\n\n  2\n", 4, "is indented"),
    "indented after a comment": ("[a]\nb = 1\n# c\n  2\n", 4, "is indented"),
    "section without its end": ("[a]\nb = 1\n[vmware\n", 3, "does not end with ]"),
    "section with a comment": ("[vmware] # vCenter\n", 1, "does not end with ]"),
    "section without a name": ("[]\na = 1\n", 1, "section without a name"),
    "no name": ("[a]\n= 1\n", 2, "no name"),
    "a blank of another alphabet is no name": ("[a]\n\xa0= 1\n", 2, "no name"),
    "merge conflict": ("[a]\n<<<<<<< HEAD\nb = 1\n=======\n", 2, "neither = nor :"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_the_line_that_oslo_config_refuses_is_named(name: str) -> None:
    text, number, reason = UNREADABLE[name]
    problem = ini.unreadable_line(text)
    assert problem and problem.number == number and reason in problem.reason


@pytest.mark.parametrize(
    "text",
    (
        "",
        "[a]\n[a]\n[A]\n",
        "[x]]\n[ ]\na = 1\n",
        "[a]\nb = 1\n  2\n\t# 3\n",
        "[a]\nb\n".replace("b", "b:"),
        "\x0c\n",
        "[a]\nb = \ufeff\n",
    ),
)
def test_a_file_that_oslo_config_reads_has_no_problem(text: str) -> None:
    assert ini.unreadable_line(text) is None


@given(any_texts)
def test_oslo_config_refuses_the_same_files_for_the_same_line(text: str) -> None:
    sections: dict[str, dict[str, list[str]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "nova.conf")
        path.write_text(text, encoding="utf-8", newline="")
        parser = cfg.ConfigParser(str(path), sections)
        problem = ini.unreadable_line(text)
        try:
            parser.parse()
        except cfg.ParseError as error:
            # oslo.config notices a setting without a section after its last line.
            late = "Section must be started" in f"{error}"
            assert problem and (late or problem.number == error.lineno), (problem, f"{error}")
            assert problem.number <= error.lineno
            return
    assert problem is None
    read = {(section, key): values for section, keys in sections.items() for key, values in keys.items()}
    ours: dict[tuple[str, str], list[str]] = {}
    for line in ini.parse(text):
        if line.kind == "setting":
            ours.setdefault((line.section, line.key), []).append(line.value)
        elif line.kind == "more":
            ours[line.section, line.key][-1] += f"\n{line.value}"
    assert ours == read


@given(st.text())
def test_parsing_loses_no_character(text: str) -> None:
    assert "".join(line.text for line in ini.parse(text)) == text
