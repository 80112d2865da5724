"""The texts of the catalogue: short titles and whole sentences."""

from __future__ import annotations

import re

import pytest

from mhv_tui.domain import catalogue
from mhv_tui.engine.failures import TITLES

LOWER_CASE_NAMES = (
    *("nova", "oslo", "vCenter", "vcenter.", "vSphere", "vSAN", "mhv-tui", "sudo", "dpkg", "qemu-img", "systemctl"),
    *("createType", "spec.", "ddb.", "vif type"),
)
"""Names that keep their lower case at the beginning of a sentence; an option's name does as well."""
OPTION = re.compile(r"[a-z]+(_[a-z]+)+\b")


@pytest.mark.parametrize("code", list(catalogue.ENTRIES))
def test_a_title_fits_80_columns_and_every_text_is_a_sentence(code: str) -> None:
    row = catalogue.ENTRIES[code]
    assert len(row.title) <= 50
    for text in (row.title, row.symptom, row.cause, row.probe, row.remedy):
        assert not text[0].islower() or text.startswith(LOWER_CASE_NAMES) or OPTION.match(text), text
    for text in (row.symptom, row.cause, row.probe, row.remedy):
        assert text[-1] in ".!", text
    assert not {"own", "article", "inferred"} & set(row.sources)


@pytest.mark.parametrize("code", [c for c, row in catalogue.ENTRIES.items() if row.kind == "U" or c == "CO01"])
def test_what_no_check_reports_is_not_said_to_be_read(code: str) -> None:
    row = catalogue.ENTRIES[code]
    assert row.step == "engine" or "mhv-tui reads" not in row.probe


def test_the_engine_has_the_catalogues_titles() -> None:
    assert {code: catalogue.ENTRIES[code].title for code in TITLES} == TITLES
