"""The words of the tables: short titles, whole sentences, and no word that readers of plain English do not know."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import mhv_tui
from mhv_tui.domain import catalogue
from mhv_tui.engine.failures import TITLES

PACKAGE = Path(mhv_tui.__file__).parent
TABLES = sorted(PACKAGE.rglob("*.toml"))

ARCHAIC = re.compile(
    r"\b(lest|anew|afresh|mend\w*|whence|whoever|nobody|told|spelt|misspelt|roads?|stands? in|but for"
    r"|(is|are) to be|(take|takes|taken|took) back|(look|looks|looked|looking) at)\b",
    re.IGNORECASE,
)
LOWER_CASE_NAMES = (
    *("nova", "oslo", "vCenter", "vcenter.", "vSphere", "vSAN", "mhv-tui", "sudo", "dpkg", "qemu-img", "systemctl"),
    *("createType", "spec.", "ddb.", "vif type"),
)
"""Names that keep their lower case at the beginning of a sentence; an option's name does as well."""
OPTION = re.compile(r"[a-z]+(_[a-z]+)+\b")


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.name)
def test_no_table_has_an_archaic_word(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [(number, line) for number, line in enumerate(lines, 1) if ARCHAIC.search(line)] == []


def test_the_pattern_finds_an_archaic_word() -> None:
    assert ARCHAIC.search("It is looked at afresh") and ARCHAIC.search("the road") and not ARCHAIC.search("broad")


@pytest.mark.parametrize("code", list(catalogue.ENTRIES))
def test_a_title_fits_80_columns_and_every_text_is_a_sentence(code: str) -> None:
    row = catalogue.ENTRIES[code]
    assert len(row.title) <= 50
    for text in (row.title, row.symptom, row.cause, row.probe, row.remedy):
        assert not text[0].islower() or text.startswith(LOWER_CASE_NAMES) or OPTION.match(text), text
    for text in (row.symptom, row.cause, row.probe, row.remedy):
        assert text[-1] in ".!", text
    assert not {"own", "article", "inferred"} & set(row.sources)


def test_the_engine_has_the_catalogues_titles() -> None:
    assert {code: catalogue.ENTRIES[code].title for code in TITLES} == TITLES
