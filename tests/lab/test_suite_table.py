"""The releases of a lab: their table, and the apt sources that a node of another release gets from this machine's."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui.cli.options import LAB_RELEASES, LabOptions
from mhv_tui.cli.parser import parse
from mhv_tui.domain import releases
from mhv_tui.lab import cloud, host, lifecycle, sources, suites
from mhv_tui.lab.answers import BOOT_SECTOR
from mhv_tui.lab.host import LabUsage
from mhv_tui.lab.lab import Lab, open_lab
from mhv_tui.lab.sources import Source

KEYS = "/usr/share/keyrings/debian-archive-keyring.gpg"

BOOKWORM = """Types: deb
URIs: http://mirror.test/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://mirror.test/security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: https://packages.test/tools
Suites: any
Components: main
"""
NOBLE = "deb http://archive.test/ubuntu noble main\n"


def machine(root: Path, system: str, codename: str, apt: str) -> Path:
    """Returns a directory with the two files that this machine's release and its sources are read from."""
    (root / "etc/apt/sources.list.d").mkdir(parents=True)
    (root / "etc/os-release").write_text(f"ID={system}\nVERSION_CODENAME={codename}\n")
    (root / "etc/apt/sources.list.d" / ("own.sources" if "Types" in apt else "own.list")).write_text(apt)
    return root


@pytest.mark.parametrize(
    ("suite", "names"),
    [
        ("trixie", [("trixie", "trixie-updates"), ("trixie-security",)]),
        ("bullseye", [("bullseye", "bullseye-updates")]),
        ("sid", [("sid",)]),
    ],
)
def test_another_release_comes_from_the_hosts_mirror(suite: str, names: list[tuple[str, ...]], tmp_path: Path) -> None:
    debian = machine(tmp_path, "debian", "bookworm", BOOKWORM)
    uris = ("http://mirror.test/debian", "http://mirror.test/security")
    expected = tuple(Source(uri, parts, ("main",), KEYS) for uri, parts in zip(uris, names, strict=False))
    assert sources.suite_sources(suites.suite(suite), debian) == expected


def test_the_hosts_own_release_keeps_all_its_sources(tmp_path: Path) -> None:
    debian = machine(tmp_path, "debian", "bookworm", BOOKWORM)
    own = sources.suite_sources(suites.suite("bookworm"), debian)
    assert own == sources.host_sources(debian)
    assert own[0].suites == ("bookworm", "bookworm-updates", "bookworm-backports")
    assert own[0].components == ("main", "contrib")


def test_a_host_that_is_not_debian_gets_debians_mirror(tmp_path: Path) -> None:
    ubuntu = machine(tmp_path, "ubuntu", "noble", NOBLE)
    main, security = sources.suite_sources(suites.suite("trixie"), ubuntu)
    assert main == Source("http://deb.debian.org/debian", ("trixie", "trixie-updates"), ("main",), KEYS)
    assert security == Source("http://deb.debian.org/debian-security", ("trixie-security",), ("main",), KEYS)
    own = sources.suite_sources(suites.suite("noble"), ubuntu)
    assert own == (Source("http://archive.test/ubuntu", ("noble",), ("main", "universe")),)


@pytest.mark.parametrize("name", suites.names())
def test_a_release_has_all_facts_and_its_options_exist(name: str) -> None:
    suite = suites.suite(name)
    release = releases.by_name(suite.openstack)
    assert suite.title == f"{name} (OpenStack {release.title})"
    assert suite.nova_fix == (25 <= release.nova_major < 30)
    options = {path.stem for path in (cloud.DATA / "cloud/options").glob("*.ini")}
    names = f"{suite.nova_options} {suite.back_end.neutron_options} {suite.back_end.settings_options}"
    assert {*names.split()} <= options


@pytest.mark.parametrize("name", suites.names())
def test_the_answers_name_the_release_only_if_its_api_is_that_of_others_too(name: str) -> None:
    suite = suites.suite(name)
    release = releases.by_name(suite.openstack)
    glance = release.glance[-1] if release.glance else ""
    candidates = releases.narrow(releases.from_microversion(release.microversion), cinder="", glance=glance)
    assert suite.release == ("auto" if candidates == (release,) else release.name)


def test_a_release_without_a_table_has_the_defaults() -> None:
    noble, bookworm = suites.suite("noble"), suites.suite("bookworm")
    assert (noble.title, noble.release, noble.back_end) == ("noble", "auto", bookworm.back_end)


def test_the_command_line_offers_exactly_the_releases_of_the_table() -> None:
    assert suites.names() == LAB_RELEASES
    options = LabOptions(action="up", name="default", parts="vcenter,cloud,node", debian="trixie")
    assert parse(["lab", "up", "--debian", "trixie"]) == options
    with pytest.raises(LabUsage, match=r"no release 'buster'; choose from bullseye, bookworm, trixie, sid"):
        open_lab("buster", debian="buster")


def test_the_agent_of_the_back_end_must_report(tmp_path: Path) -> None:
    lab = Lab("trixie", 1, tmp_path, suite=suites.suite("trixie"))
    assert ("compute1", "neutron-openvswitch-agent") in [row[:2] for row in cloud.reporting_units(lab.suite)]
    assert "driver=openvswitch\n" in dict(cloud.files(lab.suite))["cloud/release.sh"]


def test_a_boot_sector_has_one_partition() -> None:
    assert len(BOOT_SECTOR) == 512 and BOOT_SECTOR.endswith(b"\x55\xaa")
    assert BOOT_SECTOR[446] == 0x80 and BOOT_SECTOR[450] == 0x83 and not any(BOOT_SECTOR[462:510])


@pytest.mark.lab
def test_a_lab_keeps_its_release() -> None:
    try:
        assert open_lab("release", debian="trixie").suite.name == "trixie"
        assert open_lab("release").suite.name == "trixie"
        assert "lab release: trixie (OpenStack 2025.1 Epoxy), " in lifecycle.status("release")
        with pytest.raises(LabUsage, match=r"Lab release has trixie. For sid, use another name, or destroy the lab"):
            open_lab("release", debian="sid")
        assert open_lab("own").suite == suites.host_suite() == suites.suite(host.os_release()["VERSION_CODENAME"])
    finally:
        for name in ("release", "own"):
            lifecycle.destroy(name)
