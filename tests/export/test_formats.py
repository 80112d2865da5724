"""The formats of a report: escaped tables of Markdown, one file of HTML, and JUnit XML that CI systems read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from mhv_tui.core.answers import Accept
from mhv_tui.core.findings import Finding, KeyedFinding, Level
from mhv_tui.core.handover import Handover, MapRow
from mhv_tui.engine.report_input import ReportInput
from mhv_tui.export.junit import result_of
from mhv_tui.export.markdown import markdown_text
from mhv_tui.export.report import FORMATS, SUFFIXES, report

HOSTILE = "a|b `c` <img src=x> [l](javascript:1) *b* # h & \x1b[31m\n| x | \u202e ```` -1. 計é"

LEVELS: tuple[Level, ...] = ("ok", "skipped", "unknown", "missing", "warning", "failure")
FINDINGS: list[KeyedFinding] = [
    *((("", "cluster"), Finding("CL05", level, "DRS is on", f"DRS is {level}", "Turn it on.")) for level in LEVELS),
    (("", "node"), Finding("CN01", "failure", "The node answers", "no answer", "Start it.", accepted="it is new")),
    (("", "node"), Finding("WZ09", "failure", "The check ends", "a check crashed", "Report it.")),
]
RECORDS: list[dict[str, Any]] = [
    {"what": "intent", "time": "2026-11-22T10:00:00+00:00", "id": "tag:1", "step": "register"},
    {"what": "receipt", "time": "2026-11-22T10:00:01+00:00", "id": "tag:1"},
]
FULL = ReportInput(
    name="prod",
    findings=FINDINGS,
    findings_time="2026-11-22T10:14:07+00:00",
    records=RECORDS,
    summaries={"tag:1": HOSTILE},
    can_undo=True,
    planned=[(("", "image"), HOSTILE)],
    handover=Handover(
        rows=(MapRow(0, (HOSTILE, "Zed")), MapRow(1, ("compute1", HOSTILE))), command="openstack", users=(HOSTILE,)
    ),
    accepts=[Accept("CN01", "it is new", date(2027, 3, 1))],
    damage=[HOSTILE],
)
HEALTHY = replace(FULL, findings=FINDINGS[:1], planned=[])


def cells(line: str) -> list[str]:
    """The cells of a row of a table in Markdown."""
    return re.split(r"(?<!\\)\|", line)[1:-1]


def test_the_tables_of_markdown_are_rectangular() -> None:
    text = report(FULL, "md")
    tables = re.findall(r"(?:^\|.*\n)+", text, re.MULTILINE)
    assert len(tables) == 6
    for table in tables:
        header, rule, *rows = table.splitlines()
        assert set(cells(rule)) == {" --- "} and rows
        assert {len(cells(row)) for row in rows} == {len(cells(header))}


def test_a_fence_in_markdown_is_longer_than_any_in_its_block() -> None:
    text = report(FULL, "md")
    fences = re.findall(r"^`{3,}", text, re.MULTILINE)
    assert fences == ["`````", "`````", "```", "```", "```", "```"]


def test_a_line_of_markdown_does_not_begin_a_list_by_its_name() -> None:
    notes = Handover(command="x", users=("1. one", "- two", "=== three"))
    assert "- 1\\. one\n- \\- two\n- \\=== three\n" in report(replace(FULL, handover=notes), "md")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("Run `dpkg --configure -a` on *n1*.", "Run `dpkg --configure -a` on \\*n1\\*."),
        ("`a | b`", "\\`a \\| b\\`"),
        ("``<b>`` `", "\\`\\`\\<b\\>\\`\\` \\`"),
        ("\\`b\\` `<i>`", "\\\\\\`b\\\\\\` \\`\\<i\\>\\`"),
    ],
)
def test_markdown_shows_commands_as_code_and_nothing_else(text: str, shown: str) -> None:
    assert markdown_text(text) == shown


class Tags(HTMLParser):
    """Reads every element, and checks that each is closed."""

    VOID = ("meta", "br", "img", "link")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.all: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.all.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_html_is_one_file_that_loads_nothing() -> None:
    text = report(FULL, "html")
    tags = Tags()
    tags.feed(text)
    names = {name for name, _ in tags.all}
    assert not tags.open and not names & {"script", "link", "img", "iframe", "object"}
    assert not [attrs for _, attrs in tags.all if {"src", "href", "style"} & set(attrs)]
    assert "default-src 'none'" in text and "url(" not in text and "@import" not in text
    assert "prefers-color-scheme: dark" in text and '<html lang="en">' in text
    assert "&lt;img src=x&gt;" in text and "<img" not in text


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_contains_a_control_character(form: str) -> None:
    text = report(FULL, form)
    assert [c for c in text if not c.isprintable() and c != "\n"] == []
    assert not [line for line in text.splitlines() if line.startswith("| x |")]


def test_the_first_thing_is_the_verdict_and_a_failure_stands_before_a_warning() -> None:
    for form in ("text", "md", "html"):
        text = report(FULL, form)
        places = [text.index(part) for part in ("Blocked: 2 checks fail", "DRS is failure", "DRS is warning")]
        assert places == sorted(places)
        assert "it is new" in text and "2027-03-01" in text and "DRS is ok" not in text


def test_a_healthy_report_has_no_empty_sections() -> None:
    text = report(HEALTHY, "text")
    assert "Missing changes" not in text and "Accepted findings" not in text
    assert "\nProblems and warnings\n  none\n" in text


def test_a_table_has_no_empty_last_column() -> None:
    text = report(FULL, "md")
    assert "| time | state | page | change |\n" in text and "| level | code | page | finding | remedy |\n" in text


def test_without_a_check_nothing_is_claimed() -> None:
    nothing = ReportInput(name="new", findings=[], findings_time="", records=[], summaries={}, can_undo=False)
    text = report(nothing, "text")
    assert "? Not known: no check of this session was saved.\n" in text and "No check was saved." in text
    assert "no check of all pages was saved" in text and "checked on  never" in text
    for form in FORMATS:
        assert report(nothing, form)


ATTRIBUTES = {
    "testsuites": {"name", "time", "tests", "failures", "disabled", "errors"},
    "testsuite": {
        *("name", "tests", "failures", "errors", "time", "disabled", "skipped", "timestamp"),
        *("hostname", "id", "package"),
    },
    "testcase": {"name", "assertions", "time", "classname", "status"},
    "skipped": {"type", "message"},
    "failure": {"type", "message"},
    "error": {"type", "message"},
    "system-out": set[str](),
}
"""Element -> the attributes that the schema of Jenkins' xUnit plugin allows (junit-10.xsd)."""
CHILDREN = {"testsuites": {"testsuite"}, "testsuite": {"testcase"}}
RESULTS = {"skipped", "failure", "error", "system-out"}


def test_the_junit_has_only_elements_attributes_and_counts_of_the_schema() -> None:
    root = ET.fromstring(report(FULL, "junit"))
    for element in root.iter():
        assert set(element.attrib) <= ATTRIBUTES[element.tag]
        assert {child.tag for child in element} <= CHILDREN.get(element.tag, RESULTS)
    for suite in (root, *root):
        cases = list(suite.iter("testcase"))
        assert suite.get("tests") == str(len(cases))
        for tag, attribute in (("failure", "failures"), ("error", "errors")):
            assert suite.get(attribute) == str(sum(case.find(tag) is not None for case in cases))
    assert [suite.get("skipped") for suite in root] == ["2", "1"]
    assert [suite.get("timestamp") for suite in root] == ["2026-11-22T10:14:07"] * 2
    assert all(case.get("name") and case.get("classname") and case.get("time") for case in root.iter("testcase"))


def test_the_result_of_a_test_case_follows_from_the_level() -> None:
    assert {f.level: result_of(f) for _, f in FINDINGS[:6]} == {
        **{"ok": "passed", "warning": "passed", "skipped": "skipped", "unknown": "skipped"},
        **{"missing": "failure", "failure": "failure"},
    }
    assert [result_of(f) for _, f in FINDINGS[6:]] == ["skipped", "error"]
    root = ET.fromstring(report(FULL, "junit"))
    (skipped,) = [e for e in root.iter("skipped") if "accepted" in (e.get("message") or "")]
    assert skipped.get("message") == "accepted (it is new): no answer"


def test_the_counts_have_the_words_of_the_screens() -> None:
    counts = report(FULL, "text").partition("\nChecks\n")[2].splitlines()
    assert counts[0].split() == ["page", "problem", "accepted", "warning", "unknown", "missing", "passed", "skipped"]


def test_the_json_has_the_whole_handover() -> None:
    document = json.loads(report(FULL, "json"))
    assert document["planned"] == [{"step": "image", "summary": HOSTILE}]
    assert document["handover"]["rows"][1]["cells"][0] == "compute1"
    assert (document["verdict"]["state"], document["verdict"]["level"]) == ("blocked", "failure")


def test_a_suffix_names_a_format() -> None:
    assert set(SUFFIXES.values()) == set(FORMATS) - {"text"}
