"""The Python that runs nova on a node, and the files that nova-compute reads, as the tables have them."""

from __future__ import annotations

from pathlib import Path

import pytest
from oslo_config import cfg

from mhv_tui.core.machine import Package
from mhv_tui.domain import packages
from mhv_tui.domain.releases import by_name

INSTALLED, OFFERED = Package("1", "1"), Package("", "1")


@pytest.mark.parametrize(
    ("release", "offers", "python"),
    (
        ("queens", {"python-nova": OFFERED, "python3-nova": OFFERED}, "python2"),
        ("rocky", {"python-nova": OFFERED, "python3-nova": OFFERED}, "python3"),
        ("rocky", {"python-nova": OFFERED}, "python2"),
        ("train", {"python2-nova": OFFERED}, "python2"),
        ("train", {"python3-nova": OFFERED}, "python3"),
        ("train", {"python2-nova": INSTALLED, "python3-nova": OFFERED}, "python2"),
        ("kilo", {"python-nova": OFFERED, "python3-nova": INSTALLED}, "python3"),
        ("zed", {"python-nova": INSTALLED, "python3-nova": INSTALLED}, "python3"),
        ("zed", {}, "python3"),
        ("havana", {}, "python2"),
    ),
)
def test_the_python_of_nova(release: str, offers: dict[str, Package], python: str) -> None:
    assert packages.python_of(by_name(release), offers) == python
    wrong = {"python2": "python3-", "python3": "python-"}[python]
    assert not any(name.startswith(wrong) for name in packages.library(by_name(release), offers).packages)


def test_a_node_is_asked_about_every_package_of_the_tables() -> None:
    assert {"python-nova", "python2-nova", "python3-nova", "python-suds", "python3-oslo-vmware"} <= {
        *packages.everything()
    }


@pytest.mark.parametrize("packaging", packages.roads(), ids=lambda packaging: packaging.name)
def test_oslo_config_reads_directories_before_or_after_the_files(packaging: packages.Packaging, tmp_path: Path) -> None:
    main, directory = tmp_path / "nova.conf", tmp_path / "nova.conf.d"
    directory.mkdir()
    main.write_text("[vmware]\nboth = main\n")
    (directory / "a.conf").write_text("[vmware]\nboth = directory\nalone = first\n")
    (directory / "b.conf").write_text("[vmware]\nalone = last\n")
    (directory / "c.txt").write_text("no configuration")
    conf = cfg.ConfigOpts()
    conf.register_opts([cfg.StrOpt("both"), cfg.StrOpt("alone")], "vmware")
    arguments = [] if packaging.directories_win else ["--config-file", str(main)]
    conf(arguments, project="nova", default_config_files=[str(main)], default_config_dirs=[str(directory)])
    assert conf.vmware.both == ("directory" if packaging.directories_win else "main")
    assert conf.vmware.alone == "last"
