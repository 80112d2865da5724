"""What every face leads with: the title only if it is true, else what is so."""

from __future__ import annotations

import pytest

from mhv_tui.core.findings import Finding, Level, amount, tally


@pytest.mark.parametrize(
    ("level", "detail", "headline", "subline"),
    [
        ("ok", "DRS of c1 is on", "DRS is on", "DRS of c1 is on"),
        ("ok", "", "DRS is on", ""),
        ("failure", "DRS of c1 is off", "DRS of c1 is off", ""),
        ("missing", "the aggregate is missing", "The aggregate is missing", ""),
        ("warning", "esx1 has no uplink", "esx1 has no uplink", ""),
        ("failure", "", "Not true: DRS is on", ""),
        ("unknown", "", "Not checked: DRS is on", ""),
        ("skipped", "c1 has no host", "DRS is on: not checked, because c1 has no host", ""),
    ],
)
def test_a_face_leads_with_what_is_true(level: Level, detail: str, headline: str, subline: str) -> None:
    finding = Finding("CL05", level, "DRS is on", detail, "Turn DRS on.")
    assert (finding.headline, finding.subline) == (headline, subline)


@pytest.mark.parametrize("code", ["WZ08", "WZ10", "PR01"])
def test_a_reason_that_says_what_is_not_checked_has_no_title(code: str) -> None:
    assert Finding(code, "skipped", "It is so", "not answered yet: node.host").headline == "Not answered yet: node.host"


def test_a_remedy_begins_with_a_capital_letter() -> None:
    assert Finding("IM04", "warning", "The title", "it is wrong", "remove os_distro").remedy == "Remove os_distro"


def test_a_finding_that_is_not_acceptable_is_not_fatal() -> None:
    finding = Finding("CN05", "failure", "The title", "it is wrong", "Fix it.", acceptable=False)
    assert not finding.can_be_accepted and not finding.fatal
    assert not Finding("CN05", "failure", "The title", "it is wrong", "Fix it.", fatal=True).can_be_accepted
    assert Finding("CN05", "failure", "The title", "it is wrong", "Fix it.").can_be_accepted
    assert not Finding("CN05", "warning", "The title", "it is wrong", "Fix it.").can_be_accepted


def test_the_number_at_a_sign_counts_accepted_findings_only_without_others() -> None:
    warning = Finding("DS08", "warning", "The title", "it is wrong", "Fix it.")
    accepted = Finding("CL05", "failure", "The title", "it is wrong", "Fix it.", accepted="known")
    assert amount([warning, accepted, accepted], "warning") == 1 and amount([accepted, accepted], "warning") == 2
    assert {word: number for word, number in tally([warning, accepted]).items() if number} == {
        "warning": 1,
        "accepted": 1,
    }
