"""The editor of nova.conf: it leaves every line that need not change, and every file that oslo.config refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from oslo_config import cfg

from mhv_tui.domain import ini, ini_editor
from tests.domain.test_ini import SAMPLE, UNREADABLE, any_texts

CASES: dict[str, tuple[str, list[ini_editor.OptionRow], str | None]] = {
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
    changed = ini_editor.set_values(text, settings)
    if expected is not None:
        assert changed == expected
    assert ini_editor.set_values(changed, settings) == changed
    for section, key, value in settings:
        got = ini.get(changed, section, key)
        assert (got[-1] == value) if isinstance(value, str) else (got == value)


def test_a_lower_case_default_is_another_section() -> None:
    changed = ini_editor.set_values("[default]\na = 1\n", [("DEFAULT", "a", "1")])
    assert changed == "[default]\na = 1\n\n[DEFAULT]\na = 1\n"


def test_remove_takes_all_of_them_and_nothing_else() -> None:
    text = ini_editor.remove(SAMPLE, [("DEFAULT", "host"), ("vmware", "cluster_name")])
    gone = ("host=a\n", " continued\n", "host : b   \t\n", "cluster_name = C0\n", "cluster_name = C1\n")
    assert text == "".join(line for line in SAMPLE.splitlines(keepends=True) if line not in gone)


@pytest.mark.parametrize("value", ["a\rb", "a\n", "a\n\nb", "a\n b", "a\nb\t"])
def test_values_that_no_file_can_contain_are_refused(value: str) -> None:
    with pytest.raises(ValueError):
        ini_editor.set_values("", [("a", "b", value)])


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


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_oslo_config_refuses_is_not_changed(name: str) -> None:
    text, number, _ = UNREADABLE[name]
    with pytest.raises(ValueError, match=f"line {number} "):
        ini_editor.set_values(text, [("a", "b", "1")])
    with pytest.raises(ValueError, match=f"line {number} "):
        ini_editor.remove(text, [("a", "b")])


@given(texts, settings)
def test_what_is_set_is_read_and_setting_again_changes_nothing(text: str, settings: list[ini_editor.OptionRow]) -> None:
    changed = ini_editor.set_values(text, settings)
    for section, key, value in settings:
        got = ini.get(changed, section, key)
        assert (got[-1] == value) if isinstance(value, str) else (got == list(value))
    assert ini_editor.set_values(changed, settings) == changed


@given(texts, settings)
def test_other_lines_stay_in_their_order(text: str, settings: list[ini_editor.OptionRow]) -> None:
    keys = {key for _, key, _ in settings}
    other_lines = [
        x.text.rstrip("\r\n") for x in ini.parse(text) if x.kind not in ("setting", "more") or x.key not in keys
    ]
    rest = iter([x.text.rstrip("\r\n") for x in ini.parse(ini_editor.set_values(text, settings))])
    assert all(line in rest for line in other_lines)


def test_oslo_config_reads_what_was_written(tmp_path: Path) -> None:
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
    text = ini_editor.set_values(SAMPLE, [("vmware", f"k{i}", value) for i, value in enumerate(awkward)])
    text = ini_editor.set_values(text, [("vmware", "many", awkward)])
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
