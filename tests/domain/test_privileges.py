"""The privileges: nova's 48, each on the objects where it counts, and those of our own changes."""

from __future__ import annotations

from mhv_tui.domain import privileges


def test_the_role_holds_the_48_of_novas_documentation() -> None:
    assert len(privileges.role()) == 48 == len(set(privileges.role()))


def test_every_one_of_them_is_looked_for_somewhere() -> None:
    places = ("ROOT", "FOLDER", "CLUSTER", "HOST", "DATASTORE", "NETWORK")
    looked = {p for place in places for p in getattr(privileges, place)}
    assert looked == set(privileges.role())


def test_privileges_of_the_whole_vcenter_are_looked_for_on_the_root_folder() -> None:
    assert set(privileges.ROOT) == {
        "Extension.Register",
        "Sessions.ValidateSession",
        "Sessions.TerminateSession",
        "StorageProfile.View",
    }
    assert privileges.EXTENSION in privileges.ROOT
    assert set(privileges.HOST) == {"Host.Config.Maintenance", "Host.Config.Network", "Host.Config.Storage"}


def test_those_of_our_own_changes_are_in_the_table_too() -> None:
    own = [*privileges.ADD_PORT_GROUP, *privileges.ADD_DVPORTGROUP]
    assert all(p in privileges.PRIVILEGES for p in own)


def test_labels_are_those_of_the_client() -> None:
    assert privileges.label("Network.Assign") == "Network > Assign network"
    assert privileges.label("No.Such") == "No.Such"
