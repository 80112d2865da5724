"""What every face leads with: the title only if it is true, else what is so."""

from __future__ import annotations

import pytest

from mhv_tui.core.findings import Finding, Level


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
        ("skipped", "not answered yet: cluster.path", "Not answered yet: cluster.path", ""),
    ],
)
def test_a_face_leads_with_what_is_true(level: Level, detail: str, headline: str, subline: str) -> None:
    finding = Finding("CL05", level, "DRS is on", detail, "Turn DRS on.")
    assert (finding.headline, finding.subline) == (headline, subline)
