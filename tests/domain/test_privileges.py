"""The privileges: nova's 48, each on the objects that need it, and those for mhv-tui's changes."""

from __future__ import annotations

import re
from pathlib import Path

import mhv_tui
from mhv_tui.domain import privileges


def test_the_role_has_the_48_privileges_of_novas_documentation() -> None:
    assert len(privileges.role()) == 48 == len(set(privileges.role()))


def test_every_privilege_is_checked_on_some_object() -> None:
    places = ("ROOT", "FOLDER", "CLUSTER", "HOST", "DATASTORE", "NETWORK")
    on_objects = {p for place in places for p in getattr(privileges, place)}
    assert on_objects == set(privileges.role())


def test_privileges_of_the_whole_vcenter_are_checked_on_the_root_folder() -> None:
    assert set(privileges.ROOT) == {
        "Extension.Register",
        "Sessions.ValidateSession",
        "Sessions.TerminateSession",
        "StorageProfile.View",
    }
    assert privileges.EXTENSION in privileges.ROOT
    assert set(privileges.HOST) == {"Host.Config.Maintenance", "Host.Config.Network", "Host.Config.Storage"}


def test_privileges_for_changes_are_in_the_table_too() -> None:
    own = [*privileges.ADD_PORT_GROUP, *privileges.ADD_DVPORTGROUP]
    assert all(p in privileges.PRIVILEGES for p in own)


def test_the_privileges_of_a_boot_are_those_that_the_labs_vcenter_requires_of_its_calls() -> None:
    source = (Path(mhv_tui.__file__).parent / "lab/vcenter/privileges.go").read_text()
    required = dict(re.findall(r'^\t"([\w.]+)": +"([\w.]+)",$', source, re.MULTILINE))
    boot = {(p.boot_call, p.id) for p in privileges.needed_to_boot(is_stream=True)}
    calls = {call for call, _ in boot} & set(required)
    assert calls >= {"CreateVM_Task", "ImportVApp", "PowerOnVM_Task"}
    assert {(call, required[call]) for call in calls} <= boot
    only_streams = boot - {(p.boot_call, p.id) for p in privileges.needed_to_boot(is_stream=False)}
    assert {call for call, _ in only_streams} == {"ImportVApp", "UnregisterVM"}


def test_labels_are_those_of_the_client() -> None:
    assert privileges.label("Network.Assign") == "Network > Assign network (Network.Assign)"
    assert privileges.label("No.Such") == "No.Such"
