"""A report as JUnit XML: one suite for each page, one test case for each finding.

A failure and a missing change are failures, a crash of a check is an error; an accepted failure, and a check that was
not needed or had no result, are skipped. A warning passes, with its sentence as output.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal
from xml.etree import ElementTree as ET

from mhv_tui.core.findings import Finding
from mhv_tui.core.redaction import shown
from mhv_tui.engine.report_input import ReportInput

CRASH = "WZ09"
"""The code of a check that crashed."""

Result = Literal["failure", "error", "skipped", "passed"]
COUNTED: tuple[tuple[Result, str], ...] = (("failure", "failures"), ("error", "errors"), ("skipped", "skipped"))
"""Each result with its attribute that counts it."""


def junit(source: ReportInput) -> str:
    """Returns the report as JUnit XML, as Jenkins, GitLab and other CI systems read it."""
    pages: dict[str, list[Finding]] = {}
    for key, finding in source.findings:
        pages.setdefault(".".join(filter(None, key)), []).append(finding)
    root = ET.Element("testsuites", {"name": shown(f"mhv-tui {source.name}"), **_totals(pages)})
    for page, findings in pages.items():
        root.append(_suite(page, findings, source.findings_time))
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def _totals(pages: dict[str, list[Finding]]) -> dict[str, str]:
    """The counts of all suites. `testsuites` has no attribute `skipped`."""
    counts = _counts([finding for findings in pages.values() for finding in findings])
    return {key: value for key, value in counts.items() if key != "skipped"}


def _counts(findings: Sequence[Finding]) -> dict[str, str]:
    results = [result_of(finding) for finding in findings]
    counts = {attribute: str(results.count(result)) for result, attribute in COUNTED}
    return {"tests": str(len(findings)), **counts, "time": "0"}


def result_of(finding: Finding) -> Result:
    """Returns the result of the test case of a finding."""
    if finding.accepted or finding.level in ("skipped", "unknown"):
        return "skipped"
    if finding.level in ("failure", "missing"):
        return "error" if finding.code == CRASH else "failure"
    return "passed"


def _suite(page: str, findings: Sequence[Finding], time: str) -> ET.Element:
    suite = ET.Element("testsuite", {"name": shown(page), **_counts(findings)})
    if time:
        suite.set("timestamp", time[:19])
    suite.extend(_case(page, finding) for finding in findings)
    return suite


def _case(page: str, finding: Finding) -> ET.Element:
    subject = f" [{finding.subject}]" if finding.subject else ""
    name = shown(f"{finding.code} {finding.title}{subject}")
    case = ET.Element("testcase", {"name": name, "classname": shown(f"mhv_tui.{page}"), "time": "0"})
    result, sentence = result_of(finding), _sentence(finding)
    if result == "skipped":
        ET.SubElement(case, "skipped", {"message": sentence})
    elif result != "passed":
        child = ET.SubElement(case, result, {"message": sentence, "type": finding.level})
        child.text = shown(f"{finding.code}: {sentence}; remedy: {finding.remedy}")
    elif finding.detail:
        ET.SubElement(case, "system-out").text = shown(f"{finding.level}: {sentence}")
    return case


def _sentence(finding: Finding) -> str:
    return shown(f"accepted ({finding.accepted}): {finding.sentence}" if finding.accepted else finding.sentence)
