"""What a login may not read of an object is noted, and the rest of the object is recorded."""

from __future__ import annotations

from typing import cast

import pytest

from mhv_tui.adapters.vsphere_record import InventoryReader
from mhv_tui.adapters.vsphere_session import VcenterSession
from mhv_tui.core.errors import FindingError
from mhv_tui.domain import object_xml
from tests import recordings


class Session:
    """A session whose end is noted."""

    lost = False

    def fault_error(self, fault: Exception, action: str) -> FindingError:
        return VcenterSession.fault_error(cast(VcenterSession, self), fault, action)

    address = "vc.acme.test"


def answer(fault: str) -> str:
    """A host as the property collector sends it, without the right to read two of its properties."""
    host = recordings.content_of("HostSystem", "host-9", recordings.OBJECTS["HostSystem", "host-9"])
    reason = f'<fault><fault xmlns:i="{recordings.SCHEMA}" i:type="{fault}"/></fault>'
    paths = ("config.option", "hardware")
    rows = "".join(f"<missingSet><path>{path}</path>{reason}</missingSet>" for path in paths)
    return host.replace("ObjectContent>", "objects>").replace("</objects>", f"{rows}</objects>")


def test_a_property_that_is_not_readable_is_noted() -> None:
    reader = InventoryReader(cast(VcenterSession, Session()))
    content = reader._content(object_xml.parsed(answer("NoPermission").encode()))
    assert dict(reader.unreadable) == {
        ("HostSystem.config.option", "NoPermission"): 1,
        ("HostSystem.hardware", "NoPermission"): 1,
    }
    text = object_xml.text_of(content)
    assert "esx1.acme.test" in text and "missingSet" not in text and text.startswith("<ObjectContent")


def test_a_session_that_has_ended_is_no_missing_right() -> None:
    session = Session()
    reader = InventoryReader(cast(VcenterSession, session))
    with pytest.raises(FindingError, match="has ended the session"):
        reader._content(object_xml.parsed(answer("NotAuthenticated").encode()))
    assert session.lost
