"""What a recording has of an object: no guest data, no vApp properties, no extra configuration, no secret."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from mhv_tui.domain import object_xml, recording
from tests import recordings


def cleaned(kind: str, moid: str, **properties: str) -> str:
    """The text of an object after the rules."""
    element = object_xml.parsed(recordings.content_of(kind, moid, properties).encode())
    recording.clean(element)
    return object_xml.text_of(element)


def cleaned_object(kind: str, moid: str) -> str:
    return cleaned(kind, moid, **recordings.OBJECTS[kind, moid])


def test_a_virtual_machine_has_no_guest_data_no_vapp_property_and_only_novas_mark() -> None:
    text = cleaned_object("VirtualMachine", "vm-50")
    assert "salaries/salaries.vmx" in text and "poweredOn" in text
    assert "nvp.vm-uuid" in text and "00000000-0000-0000-0000-000000000007" in text
    absent = ("S3cret", "guestinfo", "admin_password", "payroll.acme.test", "10.1.2.3", "vAppConfig", "guest")
    assert [word for word in absent if word in text] == []


def test_of_the_options_of_vcenter_only_its_name_is_recorded() -> None:
    text = cleaned_object("OptionManager", "VpxSettings")
    assert "vc.acme.test" in text and "smtp" not in text
    assert '<setting type="OptionManager">VpxSettings<' in cleaned_object("ServiceInstance", "ServiceInstance")


def test_an_extension_has_its_key_and_version_only() -> None:
    rows = "<Extension><description><label>Backup of Acme</label></description><key>com.acme</key><version>1</version>"
    rows += "<server><url>https://backup.acme.test</url></server></Extension>"
    text = cleaned("ExtensionManager", "x", extensionList=recordings.value("ArrayOfExtension", rows))
    assert "com.acme" in text and "<version>1" in text and "<label" in text
    assert "Acme<" not in text and "https" not in text


def test_licence_keys_are_masked_and_stay_different() -> None:
    keys = ["11111-AAAAA", "22222-BBBBB", recording.EVALUATION]
    rows = "".join(f"<Info><licenseKey>{key}</licenseKey><editionKey>esx</editionKey></Info>" for key in keys)
    text = cleaned("LicenseManager", "x", licenses=recordings.value("ArrayOfInfo", rows))
    assert [key for key in keys if key in text] == [recording.EVALUATION]
    assert "XXXXX-00001<" in text and "XXXXX-00002<" in text and "<editionKey>esx" in text


@pytest.mark.parametrize(
    ("content", "is_kept"),
    [
        ("<chap><chapSecret>S3cret</chapSecret></chap>", False),
        ("<option><key>Vpx.admin.Password</key><value>S3cret</value></option>", False),
        ("<option><id>api-token</id><value>S3cret</value></option>", False),
        ("<option><key>Security.PasswordMaxDays</key><value>99999</value></option>", True),
        ("<flags><passwordNeeded>true</passwordNeeded></flags>", True),
        ("<option><key>Syslog.global.logHost</key><value>log1</value></option>", True),
    ],
)
def test_texts_that_may_be_secrets_are_empty(content: str, is_kept: bool) -> None:
    """A number or a truth value stays: it is none, and an empty one could not be loaded."""
    text = cleaned("HostSystem", "host-9", config=recordings.structure("HostConfigInfo", content))
    value = {"99999", "log1", "true"} & set(ElementTree.fromstring(text).itertext())
    assert bool(value) is is_kept and "S3cret" not in text


def test_sessions_tasks_and_events_are_not_recorded() -> None:
    for kind in ("SessionManager", "TaskManager", "EventManager", "ScheduledTaskManager", "AlarmManager"):
        assert recording.kept_properties(kind) == ()
    text = cleaned("HostSystem", "host-9", recentTask=recordings.refs(("Task", "task-1")), name=recordings.text("esx1"))
    assert "task-1" not in text and "esx1" in text


def test_the_name_of_a_file_has_type_and_id() -> None:
    match = recording.FILE.fullmatch("0123-HostSystem-host-9.xml")
    assert match and match.groups() == ("HostSystem", "host-9")
    assert not recording.FILE.fullmatch("HostSystem-host-9.xml") and not recording.FILE.fullmatch("0001-a-b.txt")
