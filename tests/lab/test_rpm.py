"""Packages on a node with real dnf and rpm. The packages are stand-ins with RDO's names (see mhv_tui/lab/rpm)."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from typing import Any

import pytest

from mhv_tui.changes.packages import InstallPackages, RefreshPackages
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import Survey, SurveyRequest, Unit
from mhv_tui.domain import packages, releases
from mhv_tui.lab import host, lifecycle, rpm_node
from mhv_tui.lab.lab import open_lab, start_network
from tests.lab.rpm_machine import RpmMachine

pytestmark = [pytest.mark.lab, pytest.mark.timeout(2400)]

OTHER, SLOW = "mhv-lab-other", "mhv-lab-slow"
UNIT = "openstack-nova-compute"

KILLER = f"""
while ! rpm -q {SLOW} >/dev/null; do sleep 0.1; done
kill -9 $(cat /var/lib/mhv-tui/jobs/*/pid) $(cat /var/lib/dnf/rpmdb_lock.pid)
"""
"""Kills a job and its dnf as soon as rpm has the first of its packages, whose script still runs."""


@pytest.fixture(scope="module")
def rpm() -> Iterator[RpmMachine]:
    host.require()
    lab = open_lab("rpm")
    try:
        start_network(lab)
        machine = RpmMachine(lab)
        yield machine
        machine.world.close()
    finally:
        lifecycle.delete_lab(lab)


@pytest.fixture
def clean(rpm: RpmMachine) -> Iterator[RpmMachine]:
    """The node; the small packages are removed after the test."""
    yield rpm
    rpm.remove(OTHER, SLOW, "mhv-lab-needs-other", "mhv-lab-large")


def surveyed(rpm: RpmMachine) -> Survey:
    request = SurveyRequest(
        packages=packages.everything(),
        units=packages.units(),
        modules=("oslo_vmware",),
        files=("/etc/nova/nova.conf",),
        patterns=("/usr/lib/python3.*/site-packages/nova/image/glance.py",),
    )
    return rpm.node.survey(request)


def test_nova_is_resolved_installed_reported_and_removed(rpm: RpmMachine) -> None:
    """With two keys, which dnf imports at the first installation."""
    first = surveyed(rpm)
    packaging = packages.packaging_of(first.packages)
    assert packaging is not None and packaging.name == "rdo"
    version = first.packages[packaging.version_of].candidate
    release = releases.from_nova_version(version)
    names = packages.wanted(packaging, release, first.packages)
    assert set(names) == {UNIT, "python3-oslo-vmware"}
    assert (first.modules, first.sources_error, first.lock_holder) == ({"oslo_vmware": False}, "", "")
    before, change = rpm.installed(), InstallPackages(host=rpm.host, packages=names)
    receipt: dict[str, Any] = dict(change.before(rpm.ctx))
    with rpm.repository(rpm_node.repo_file(rpm.lab, keys=("lab", "other"))):
        receipt |= change.apply(rpm.ctx, receipt)
    assert set(receipt["made"]) == rpm.installed() - before
    assert {UNIT, "python3-nova", "python3-oslo-vmware", "qemu-kvm-core"} <= set(receipt["made"])
    assert "mhv-lab-recommended" not in receipt["made"], "weak dependencies are not installed"

    second = surveyed(rpm)
    assert second.packages[UNIT].installed == version == second.packages[UNIT].candidate
    assert second.modules == {"oslo_vmware": True}
    unit = second.units[UNIT]
    assert (unit.load, unit.active, unit.enabled) == ("loaded", "inactive", "disabled"), "no service was started"
    conf = second.files["/etc/nova/nova.conf"]
    assert conf is not None and (conf.mode, conf.owner, conf.group) == (0o640, "root", "nova")
    assert any(path.endswith("site-packages/nova/image/glance.py") for path in second.files)

    rpm.node.unit(UNIT, "enable")
    assert rpm.node.survey(SurveyRequest(units=(UNIT,))).units[UNIT].enabled == "enabled"
    rpm.sh("echo 'a line of nova' >/var/log/nova/nova-compute.log")
    assert "a line of nova" in rpm.node.journal(UNIT)

    change.undo(rpm.ctx, receipt)
    assert rpm.installed() == before
    assert surveyed(rpm).units[UNIT] == Unit()
    assert rpm.sh("ls -d /etc/nova /usr/lib/python3.*/site-packages/* 2>/dev/null || true") == ""


def test_a_purge_that_would_remove_other_packages_removes_nothing(clean: RpmMachine) -> None:
    assert clean.failure("needs", OTHER, "mhv-lab-needs-other") == ""
    with pytest.raises(FindingError, match=f"{OTHER} is needed by \\(installed\\) mhv-lab-needs-other"):
        clean.node.purge([OTHER])
    assert {OTHER, "mhv-lab-needs-other"} <= clean.installed()
    clean.node.purge([OTHER, "mhv-lab-needs-other"])
    assert not {OTHER, "mhv-lab-needs-other"} & clean.installed()


def test_a_package_that_cannot_be_installed_is_named(clean: RpmMachine) -> None:
    sentence = clean.failure("missing", OTHER, "mhv-lab-absent")
    assert sentence.startswith("CN05 ") and "mhv-lab-absent" in sentence
    sentence = clean.failure("unresolvable", "mhv-lab-unresolvable")
    assert sentence.startswith("CN05 ") and "nothing provides mhv-lab-absent" in sentence
    sentence = clean.failure("conflict", OTHER, "mhv-lab-conflicting")
    assert sentence.startswith("CN32 ") and "mhv-lab-conflicting" in sentence and "conflicts with" in sentence
    assert OTHER not in clean.installed()


def test_a_full_disk_is_named(clean: RpmMachine) -> None:
    clean.sh("mount -t tmpfs -o size=8m tmpfs /srv")
    try:
        sentence = clean.failure("full", "mhv-lab-large")
    finally:
        clean.sh("umount /srv")
    assert sentence.startswith("CN17 ") and "/srv" in sentence


def test_a_repository_that_does_not_answer_is_named(clean: RpmMachine) -> None:
    with clean.repository(rpm_node.repo_file(clean.lab, "nowhere")):
        survey = clean.node.survey(SurveyRequest(packages=(OTHER,)))
        assert survey.packages[OTHER].candidate == "" and "mhv-lab" in survey.sources_error
        for sentence in (clean.failure("unreachable", OTHER), clean.refresh_failure()):
            assert sentence.startswith("CN05 ") and "Failed to download metadata for repo 'mhv-lab'" in sentence
    assert clean.candidate(OTHER)


def test_a_package_that_left_the_repository_is_named(clean: RpmMachine) -> None:
    clean.publish_without("nothing", "left")
    with clean.repository(rpm_node.repo_file(clean.lab, "left")):
        assert clean.candidate(OTHER)
        for file in (clean.web / "left" / "noarch").glob(f"{OTHER}-*"):
            file.unlink()
        sentence = clean.failure("left", OTHER)
    assert sentence.startswith("CN05 ") and OTHER in sentence


def test_a_package_with_another_key_is_refused(clean: RpmMachine) -> None:
    clean.forget_keys()
    with clean.repository(rpm_node.repo_file(clean.lab, keys=("other",))):
        sentence = clean.failure("key", OTHER)
    assert sentence.startswith("CN32 ") and "GPG" in sentence and OTHER in sentence
    assert OTHER not in clean.installed()


def test_refreshed_lists_contain_what_came_since_dnf_read_them(clean: RpmMachine) -> None:
    clean.publish_without(OTHER, "growing")
    with clean.repository(rpm_node.repo_file(clean.lab, "growing")):
        assert clean.candidate(OTHER) == ""
        shutil.rmtree(clean.web / "growing")
        shutil.copytree(clean.web / rpm_node.REPOSITORY, clean.web / "growing")
        change = RefreshPackages(host=clean.host)
        change.apply(clean.ctx, change.before(clean.ctx))
        assert clean.candidate(OTHER)


def running(rpm: RpmMachine, *names: str) -> None:
    """Starts an installation by the administrator, and waits until it holds the lock."""
    rpm.sh(f"systemd-run -q dnf -y install {' '.join(names)}")
    end = time.monotonic() + 60
    while not rpm.sh("cat /var/lib/dnf/rpmdb_lock.pid 2>/dev/null || true") and time.monotonic() < end:
        time.sleep(0.2)


@pytest.mark.matrix
def test_another_dnf_is_named_waited_for_and_its_packages_are_kept(clean: RpmMachine) -> None:
    before = clean.installed()
    change = InstallPackages(host=clean.host, packages=(OTHER,))
    receipt: dict[str, Any] = dict(change.before(clean.ctx))
    running(clean, SLOW)
    assert clean.node.survey(SurveyRequest()).lock_holder.startswith("dnf (")
    receipt |= change.apply(clean.ctx, receipt)
    assert receipt["made"] == [OTHER]
    change.undo(clean.ctx, receipt)
    assert clean.installed() == {*before, SLOW}


@pytest.mark.matrix
def test_an_installation_waits_for_another_rpm_also_to_import_a_key(clean: RpmMachine) -> None:
    clean.forget_keys()
    clean.sh(f"systemd-run -q rpm -i {rpm_node.HOME}/repository/noarch/{SLOW}-*.rpm; sleep 2")
    assert clean.node.survey(SurveyRequest()).lock_holder.startswith("rpm (")
    assert clean.failure("rpm-waits", OTHER) == ""
    record = clean.node.unpacked_packages("rpm-waits")
    assert record is not None and OTHER in record and SLOW not in record
    assert {OTHER, SLOW} <= clean.installed()


@pytest.mark.matrix
def test_a_purge_waits_for_another_dnf(clean: RpmMachine) -> None:
    assert clean.failure("waits", OTHER) == ""
    running(clean, SLOW)
    clean.node.purge([OTHER])
    assert OTHER not in clean.installed() and SLOW in clean.installed()


@pytest.mark.matrix
def test_a_killed_dnf_is_reported_repeated_and_undone(clean: RpmMachine) -> None:
    before = clean.installed()
    change = InstallPackages(host=clean.host, packages=(SLOW, OTHER))
    receipt: dict[str, Any] = dict(change.before(clean.ctx))
    clean.forget_keys()
    clean.sh(f"systemd-run -q sh -c '{KILLER}'")
    with (
        clean.repository(rpm_node.repo_file(clean.lab, keys=("lab", "other"))),
        pytest.raises(FindingError, match="the job was killed"),
    ):
        change.apply(clean.ctx, receipt)
    assert SLOW in clean.installed()
    receipt |= change.apply(clean.ctx, receipt)
    change.undo(clean.ctx, receipt)
    assert clean.installed() == before
