"""The editor of nova.conf: it reads as oslo.config does, and leaves every line that need not change."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

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

CASES: dict[str, tuple[str, list[ini.OptionRow], str | None]] = {
    "after its commented-out default": (
        SAMPLE,
        [("DEFAULT", "compute_driver", "v")],
        SAMPLE.replace("<None>\n", "<None>\ncompute_driver = v\n"),
    ),
    "the last of several is the one that counts": (
        SAMPLE,
        [("DEFAULT", "host", "c")],
        SAMPLE.replace(": b   \t", ": c"),
    ),
    "what is so already stays": (SAMPLE, [("DEFAULT", "host", "b"), ("api", "x", "2")], SAMPLE),
    "a section given twice counts by its last": (SAMPLE, [("api", "x", "3")], SAMPLE.replace("x = 2", "x = 3")),
    "section names are read in any case": (SAMPLE, [("API", "x", "3")], SAMPLE.replace("x = 2", "x = 3")),
    "DEFAULT is case-sensitive": ("[default]\na = 1\n", [("DEFAULT", "a", "1")], None),
    "before comments that head the next section": (
        SAMPLE,
        [("api", "y", "1")],
        SAMPLE.replace("x = 1\n", "x = 1\ny = 1\n"),
    ),
    "lists grow after their last": (
        SAMPLE,
        [("vmware", "cluster_name", ["C0", "C1", "C2"])],
        SAMPLE.replace("= C1\n", "= C1\ncluster_name = C2\n"),
    ),
    "lists shrink": (SAMPLE, [("vmware", "cluster_name", ["C0"])], SAMPLE.replace("cluster_name = C1\n", "")),
    "an empty file": ("", [("vmware", "a", "1"), ("vmware", "b", "2")], "[vmware]\na = 1\nb = 2\n"),
    "carriage returns": ("[a]\r\nb=1\r\n", [("a", "c", "2"), ("a", "b", "3")], "[a]\r\nb=3\r\nc = 2\r\n"),
    "no final newline": ("[a]\nb=1", [("a", "c", "2")], "[a]\nb=1\nc = 2"),
    "no final newline, same line": ("[a]\nb=1", [("a", "b", "2")], "[a]\nb=2"),
    "a value of several lines becomes one": ("[a]\nb = 1,\n  2\nc = 3\n", [("a", "b", "4")], "[a]\nb = 4\nc = 3\n"),
    "blanks at the ends are quoted": ("[a]\n", [("a", "b", " x ")], '[a]\nb = " x "\n'),
    "outer quotes are quoted": ("[a]\n", [("a", "b", "'x'")], "[a]\nb = \"'x'\"\n"),
    "several lines": ("[a]\n#b = d\n", [("a", "b", "1,\n2\n# 3")], "[a]\n#b = d\nb = 1,\n  2\n  # 3\n"),
    "several lines after an empty one": ("[a]\r\nb = 1\r\n", [("a", "b", "\nx")], "[a]\r\nb = \r\n  x\r\n"),
    "several lines without a final newline": ("[a]\nb = 1\n  2", [("a", "b", "3\n4")], "[a]\nb = 3\n  4"),
    "a list of several lines": ("[a]\nb = 1\n", [("a", "b", ["1", "2\n3", "4"])], "[a]\nb = 1\nb = 2\n  3\nb = 4\n"),
    "an empty value gets one": ("[a]\nb =\n", [("a", "b", "1")], "[a]\nb = 1\n"),
}


@pytest.mark.parametrize("name", CASES)
def test_cases(name: str) -> None:
    text, settings, expected = CASES[name]
    changed = ini.set_values(text, settings)
    if expected is not None:
        assert changed == expected
    assert ini.set_values(changed, settings) == changed
    for section, key, value in settings:
        got = ini.get(changed, section, key)
        assert (got[-1] == value) if isinstance(value, str) else (got == value)


def test_a_lower_case_default_is_another_section() -> None:
    changed = ini.set_values("[default]\na = 1\n", [("DEFAULT", "a", "1")])
    assert changed == "[default]\na = 1\n\n[DEFAULT]\na = 1\n"


def test_reading() -> None:
    assert ini.get(SAMPLE, "DEFAULT", "host") == ["a\ncontinued", "b"]
    assert ini.sections(SAMPLE) == ["DEFAULT", "api", "vmware"]
    assert ini.items(SAMPLE, "api") == [("x", "1"), ("x", "2")]
    assert ini.get(SAMPLE, "vmware", "host") == []


def test_remove_takes_all_of_them_and_nothing_else() -> None:
    text = ini.remove(SAMPLE, [("DEFAULT", "host"), ("vmware", "cluster_name")])
    gone = ("host=a\n", " continued\n", "host : b   \t\n", "cluster_name = C0\n", "cluster_name = C1\n")
    assert text == "".join(line for line in SAMPLE.splitlines(keepends=True) if line not in gone)


@pytest.mark.parametrize("value", ["a\rb", "a\n", "a\n\nb", "a\n b", "a\nb\t"])
def test_values_that_no_file_can_contain_are_refused(value: str) -> None:
    with pytest.raises(ValueError):
        ini.set_values("", [("a", "b", value)])


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
texts = any_texts.filter(lambda text: ini.unreadable_line(text) is None)
words = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=12)
values = words | st.lists(words.map(str.strip).filter(bool), min_size=2).map("\n".join)
settings = st.lists(
    st.tuples(
        st.sampled_from(["DEFAULT", "vmware", "new"]), st.sampled_from("abc"), values | st.lists(values, min_size=1)
    ),
    max_size=4,
    unique_by=lambda s: s[:2],
)


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
def test_a_file_that_oslo_config_refuses_is_not_changed(name: str) -> None:
    text, number, reason = UNREADABLE[name]
    problem = ini.unreadable_line(text)
    assert problem and problem.number == number and reason in problem.reason
    with pytest.raises(ValueError, match=f"line {number} "):
        ini.set_values(text, [("a", "b", "1")])
    with pytest.raises(ValueError, match=f"line {number} "):
        ini.remove(text, [("a", "b")])


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
    assert ini.unreadable_line(text) is None and ini.set_values(text, [("a", "z", "1")])


@given(any_texts)
def test_oslo_config_refuses_the_same_files_for_the_same_line(text: str) -> None:
    cfg = pytest.importorskip("oslo_config.cfg")
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


@given(texts, settings)
def test_what_is_set_is_read_and_setting_again_changes_nothing(text: str, settings: list[ini.OptionRow]) -> None:
    changed = ini.set_values(text, settings)
    for section, key, value in settings:
        got = ini.get(changed, section, key)
        assert (got[-1] == value) if isinstance(value, str) else (got == list(value))
    assert ini.set_values(changed, settings) == changed


@given(texts, settings)
def test_other_lines_stay_in_their_order(text: str, settings: list[ini.OptionRow]) -> None:
    keys = {key for _, key, _ in settings}
    other_lines = [
        x.text.rstrip("\r\n") for x in ini.parse(text) if x.kind not in ("setting", "more") or x.key not in keys
    ]
    rest = iter([x.text.rstrip("\r\n") for x in ini.parse(ini.set_values(text, settings))])
    assert all(line in rest for line in other_lines)


def test_oslo_config_reads_what_was_written(tmp_path: Path) -> None:
    cfg = pytest.importorskip("oslo_config.cfg")
    awkward = [
        "plain",
        " led",
        "trailed ",
        '"quoted"',
        "'",
        "a #b",
        "#x",
        "a = b",
        "[x]",
        "100%",
        ";",
        "ä→",
        "",
        "\\n",
        "a,b",
    ]
    text = ini.set_values(SAMPLE, [("vmware", f"k{i}", value) for i, value in enumerate(awkward)])
    text = ini.set_values(text, [("vmware", "many", awkward)])
    path = tmp_path / "nova.conf"
    path.write_text(text, encoding="utf-8", newline="")
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt(f"k{i}") for i in range(len(awkward))], "vmware")
    conf.register_opts([cfg.MultiStrOpt("many"), cfg.MultiStrOpt("cluster_name")], "vmware")
    conf.register_opts([cfg.StrOpt("host")])
    conf(["--config-file", str(path)], project="nova", default_config_files=[], default_config_dirs=[])
    assert [conf.vmware[f"k{i}"] for i in range(len(awkward))] == awkward
    assert conf.vmware.many == awkward
    assert conf.vmware.cluster_name == ["C0", "C1"]
    assert conf.host == "b"
