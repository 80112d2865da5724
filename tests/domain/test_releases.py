"""Releases are identified by microversion, name or package version; ties are never guessed."""

from __future__ import annotations

import pytest

from mhv_tui.domain.releases import (
    all_releases,
    by_name,
    from_microversion,
    from_nova_version,
    narrow,
    newest,
    vcenter_support,
)


def names(text: str | None) -> list[str]:
    return [r.name for r in from_microversion(text)]


def test_the_table_is_in_order() -> None:
    rows = all_releases()
    assert [r.number for r in rows] == list(range(8, 35))
    assert [r.date for r in rows] == sorted(r.date for r in rows)
    assert (rows[0].name, newest().id) == ("havana", "2026.2")
    assert all(r.nova_major == r.number for r in rows if r.number >= 12)
    assert by_name("zed") < by_name("antelope") < by_name("2026.2")


@pytest.mark.parametrize(
    ("microversion", "expected"),
    [
        ("2.3", ["kilo"]),
        ("2.9", ["liberty"]),
        ("2.12", ["liberty"]),
        ("2.87", ["ussuri", "victoria"]),
        ("2.88", ["wallaby"]),
        ("2.90", ["xena", "yoga"]),
        ("2.95", ["antelope", "bobcat"]),
        ("2.96", ["caracal", "dalmatian"]),
        ("2.100", ["epoxy", "flamingo"]),
        ("2.103", ["gazpacho"]),
        ("2.41", ["ocata"]),
        ("2.200", []),
        ("", ["havana", "icehouse", "juno"]),
        (None, ["havana", "icehouse", "juno"]),
    ],
)
def test_microversions_are_compared_by_number(microversion: str | None, expected: list[str]) -> None:
    assert names(microversion) == expected


@pytest.mark.parametrize(
    ("microversion", "cinder", "glance", "expected"),
    [
        ("2.87", "3.60", None, ["ussuri"]),
        ("2.87", "3.62", "v2.9", ["victoria"]),
        ("2.90", "3.68", "v2.15", ["yoga"]),
        ("2.90", None, "v2.12", ["xena"]),
        ("2.95", "3.70", "v2.16", ["antelope", "bobcat"]),
        ("2.96", "3.71", "v2.17", ["dalmatian"]),
        ("2.96", "3.50", None, ["caracal", "dalmatian"]),
    ],
)
def test_ties_are_broken_by_hints(
    microversion: str, cinder: str | None, glance: str | None, expected: list[str]
) -> None:
    left = narrow(from_microversion(microversion), cinder=cinder, glance=glance)
    assert [r.name for r in left] == expected


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("zed", "zed"),
        ("2026.2", "hibiscus"),
        ("2023.1", "antelope"),
        (" Antelope ", "antelope"),
        ("2025.1 Epoxy", "epoxy"),
        ("Havana (2013.2)", "havana"),
        ("26", "zed"),
        ("2014.1", "icehouse"),
    ],
)
def test_names(text: str, name: str) -> None:
    assert by_name(text).name == name


def test_every_title_is_a_name() -> None:
    assert all(by_name(r.title) is r and by_name(r.id) is r for r in all_releases())


@pytest.mark.parametrize("text", ["", "grizzly", "auto", "2.95", "11", "2014"])
def test_unknown_names_are_refused(text: str) -> None:
    with pytest.raises(ValueError):
        by_name(text)


@pytest.mark.parametrize(
    ("version", "name"),
    [
        ("26.2.2", "zed"),
        ("2:26.2.2-1~deb12u3", "zed"),
        ("1:2014.1.5-0ubuntu1", "icehouse"),
        ("2013.2", "havana"),
        ("2015.1.0", "kilo"),
        ("12.0.0", "liberty"),
        ("34.0.0", "hibiscus"),
    ],
)
def test_nova_versions(version: str, name: str) -> None:
    assert from_nova_version(version).name == name


@pytest.mark.parametrize("version", ["", "x", "11.0.0", "2013.1", "99.0"])
def test_unknown_nova_versions_are_refused(version: str) -> None:
    with pytest.raises(ValueError):
        from_nova_version(version)


def test_facts_that_decide_the_steps() -> None:
    assert [r.name for r in all_releases() if r.nova_network == "yes"][-1] == "newton"
    assert next(r.name for r in all_releases() if r.nova_network == "no") == "ussuri"
    assert next(r.name for r in all_releases() if r.cells_v2) == "ocata"
    assert next(r.name for r in all_releases() if r.compute_id) == "antelope"
    assert next(r.name for r in all_releases() if r.driver == "experimental") == "bobcat"
    assert vcenter_support(by_name("ocata"), "5.0.0") == "refused"
    assert vcenter_support(by_name("ocata"), "5.1.0") == "below recommended"
    assert vcenter_support(by_name("newton"), "5.0.0") == "below minimum"
    assert vcenter_support(newest(), "8.0.3") == "supported"
    assert vcenter_support(by_name("havana"), "4.1") == "supported"


def test_what_nova_does_from_a_release_on() -> None:
    rows = all_releases()
    assert next(r.name for r in rows if r.vcenter_recommended) == "ocata"
    assert next(r.name for r in rows if r.hides_unmapped) == "pike"
    assert [r.name for r in rows if r.cells_v2 and not r.hides_unmapped] == ["ocata"]
