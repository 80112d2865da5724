"""The notes of the hand-over: each has a source, and the release, ESXi and the networking service select them."""

from __future__ import annotations

from mhv_tui.domain.handover import NoteFacts, Readers, esxi_of, notes
from mhv_tui.domain.releases import all_releases, by_name
from mhv_tui.domain.tables import read
from tests.domain.test_catalogue import SOURCE

KEYS = {"text", "source", "since", "until", "esxi", "networking", "visibility"}


def text(readers: Readers, **facts: str) -> str:
    release = by_name(facts.pop("release")) if "release" in facts else None
    networking, end = facts.get("networking", ""), facts.get("certificate_end", "")
    versions = facts.get("esxi", "").split()
    return "\n".join(
        notes(readers, NoteFacts(release=release, networking=networking, esxi=esxi_of(versions), certificate_end=end))
    )


def test_every_note_has_a_source_and_is_short() -> None:
    table = read("handover")
    assert set(table) == {"users", "operators"}
    for row in (*table["users"], *table["operators"]):
        assert SOURCE.fullmatch(row["source"]) and set(row) <= KEYS
        assert len(row["text"]) < 130 and row["text"].endswith(".")
        assert all(by_name(row[key]) for key in ("since", "until") if key in row)


def test_the_console_depends_on_the_version_of_esxi() -> None:
    assert "no VNC console" in text("users", esxi="8.0.2") and "no VNC console" in text("users", esxi="6.7.0 7.0.1")
    assert "firewalls of the ESXi hosts" in text("users", esxi="6.7.0")
    assert "is not known" in text("users") and "is not known" in text("users", esxi="later")


def test_users_of_other_projects_learn_who_sees_the_image() -> None:
    def of(visibility: str, readers: Readers = "users") -> str:
        return "\n".join(notes(readers, NoteFacts(release=None, image="my disk", visibility=visibility)))

    assert "only users of its project see it." in of("private") and "--public" not in of("private")
    assert "users of all projects: openstack image set --public 'my disk'" in of("private", "operators")
    shared = "after its owner runs openstack image add project 'my disk' PROJECT."
    assert shared in of("shared") and "--community" in of("community")
    assert "my disk" not in of("public") + of("")


def test_security_groups_depend_on_the_networking_service() -> None:
    assert "have no effect" in text("users", networking="nova-network")
    assert "as NSX does" in text("users", networking="neutron")
    assert "ecurity groups" not in text("users")


def test_the_release_selects_the_notes() -> None:
    states = {r.name: "experimental" in text("operators", release=r.name) for r in all_releases()}
    assert next(name for name, experimental in states.items() if experimental) == "bobcat"
    assert "deprecated" in text("operators", release="ussuri") and "deprecated" not in text("operators", release="zed")
    assert "--config-drive" in text("users", release="zed") and "--config-drive" not in text("users", release="train")


def test_without_a_known_release_no_note_claims_one() -> None:
    every = [*notes("users", NoteFacts(release=None)), *notes("operators", NoteFacts(release=None))]
    rows = [row for rows in read("handover").values() for row in rows if "since" in row or "until" in row]
    assert every and not {row["text"] for row in rows} & set(every)


def test_a_known_end_of_the_certificate_is_named() -> None:
    assert "ends on 2030-01-31" in text("operators", release="zed", certificate_end="2030-01-31")
    assert "certificate ends" not in text("operators", release="zed")
