"""Checks that the detail of a finding that is not ok is a sentence, because it is shown as the headline."""

from __future__ import annotations

import re
from collections.abc import Iterable

from mhv_tui.core.findings import Finding

VERB = re.compile(
    r"\b(is|are|was|has|have|had|can|cannot|will|would|lacks?|needs?|does|do|runs?|takes?|matches|exists?|fails?|holds|knows"
    r"|refuses|sets|binds|overrides|shows|gets|requires|warns|registers|serves|writes|checks|hangs|closes|names|tags"
    r"|contains|could|offers|calls|goes|only describes|answers?|answered|starts|reads|provides|puts|keeps|boots|reaches"
    r"|exist|comes|fits|uses|recommends|maps|tries|stays?)\b"
)


def headless(findings: Iterable[Finding]) -> list[tuple[str, str, str]]:
    """The findings whose detail is empty or has no verb."""
    rows = [f for f in findings if f.level != "ok"]
    return [(f.code, f.level, f.detail) for f in rows if not VERB.search(f.detail) and f.code not in ANSWERS]


ANSWERS = ("WZ08", "WZ10")
"""Skipped pages: a list of the answers or pages that are missing."""
