"""`nova_image` answers as nova itself does: compared with nova's answers in tests/cases/images/nova.tsv."""

from __future__ import annotations

import pytest

from mhv_tui.domain.image_meta import NovaImage, nova_image
from mhv_tui.domain.releases import all_releases
from mhv_tui.domain.tables import read
from tests.domain.nova_images import Row, asked, every, stored

RELEASES = {release.number: release for release in all_releases()}
USE_LINKED_CLONE = True
"""nova's default of the option."""


def differences(row: Row) -> list[str]:
    """The majors for which `nova_image` differs from nova, with both answers."""
    answers = {major: answer(nova_image(row.properties, RELEASES[major])) for major in row.majors}
    nova = row.result if len(row.result) > 1 else ("refused",)
    return [f"{row.properties} in nova {m}: {a}, but nova {row.result}" for m, a in answers.items() if a != nova]


def answer(image: NovaImage) -> tuple[str, ...]:
    """The reading of an image in the order of the table."""
    if image.refusals:
        return ("refused",)
    guest = image.guest if image.guest in read("images")["guests"]["known"] else f"{image.guest} (not known)"
    linked_clone = USE_LINKED_CLONE if image.linked_clone is None else image.linked_clone
    return (image.hypervisor, image.disk_type, image.adapter, image.nic, guest, str(linked_clone))


@pytest.mark.parametrize("row", stored(), ids=lambda row: str(row.properties))
def test_the_reading_is_novas(row: Row) -> None:
    assert differences(row) == []


@pytest.mark.matrix
@pytest.mark.timeout(1800)
def test_the_reading_is_that_of_nova_itself() -> None:
    """Installs nova from PyPI, unless the cache has it, and asks it about the complete products of the values."""
    rows = asked(every())
    assert [text for row in rows for text in differences(row)] == []
    kept = {(row.majors, str(row.properties), row.result) for row in stored()}
    assert kept <= {(row.majors, str(row.properties), row.result) for row in rows}
