"""The scripts of a node on a machine of the RPM family, with fake tools; tests/lab/test_rpm.py has the real ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui.adapters.node_packages import dnf_progress, package_failure
from tests.adapters.test_node_scripts import Machine

DNF = """#!/bin/sh
echo "dnf $*" >>"$HERE/called"
[ -e "$HERE/locked" ] || { echo "2000000000 nova" >>"$HERE/stamps"; exit 0; }
echo "RPMDB already locked by 17"
exit 200
"""
RPM = '#!/bin/sh\ncat "$HERE/stamps"\n'


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    """A machine with dnf and rpm on which the programs of dpkg and apt are installed too, but have no database."""
    machine = Machine(tmp_path)
    (tmp_path / "dpkg-status").write_text("")
    (tmp_path / "stamps").write_text("100 bash\n")
    machine.tool("dnf", DNF)
    machine.tool("rpm", RPM)
    machine.tool("sleep", '#!/bin/sh\necho "sleep $1" >>"$HERE/called"\n')
    return machine


def run(machine: Machine, verb: str, *names: str) -> str:
    machine.start("one", verb, *names)
    return machine.end("one")


def test_programs_of_apt_without_a_database_are_not_used(machine: Machine) -> None:
    assert run(machine, "install", "nova") == "ended 0"
    assert machine.run("installed").splitlines() == ["100 bash", "2000000000 nova"]
    assert [line for line in machine.called() if "sleep 0.1" not in line] == [
        "dnf -y --setopt=exit_on_lock=True --setopt=install_weak_deps=False install nova"
    ]


def test_lists_that_have_not_expired_are_refreshed_too(machine: Machine) -> None:
    assert run(machine, "refresh") == "ended 0"
    assert "dnf -y --setopt=exit_on_lock=True --refresh makecache" in machine.called()


def test_a_job_waits_ten_minutes_for_the_lock_of_another_dnf(machine: Machine) -> None:
    (machine.root / "locked").touch()
    (machine.root / "stamps").write_text("100 bash\n2000000001 htop\n")
    assert run(machine, "install", "nova") == "ended 200"
    assert machine.called().count("sleep 10") == 60
    assert machine.run("unpacked", "one") == "", "it has installed nothing; htop belongs to the other dnf"


def test_packages_that_others_install_while_dnf_waits_or_downloads_are_not_recorded(machine: Machine) -> None:
    (machine.root / "stamps").write_text("100 bash\n1999999999 htop\n2000000000 libnova\n2000000001 top\n")
    assert run(machine, "install", "nova") == "ended 0"
    assert machine.run("unpacked", "one").split() == ["libnova", "nova"]


def test_a_failed_run_records_what_came_since_its_start(machine: Machine) -> None:
    machine.tool("dnf", '#!/bin/sh\necho "2000000000 libnova" >>"$HERE/stamps"\nexit 1\n')
    assert run(machine, "install", "nova") == "ended 1"
    assert machine.run("unpacked", "one").split() == ["libnova"]


def test_a_purge_waits_ten_minutes_for_the_lock_of_rpm(machine: Machine) -> None:
    message = "error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily unavailable)"
    machine.tool("rpm", f'#!/bin/sh\necho "rpm $*" >>"$HERE/called"\necho "{message}" >&2\nexit 1\n')
    assert run(machine, "purge", "nova") == "ended 200"
    assert machine.called().count("rpm -e nova") == 61


UNMET = """Last metadata expiration check: 0:00:01 ago on Thu Nov 26 21:10:19 2026.
Error:
 Problem: conflicting requests
  - nothing provides python3-boto needed by openstack-nova-compute-1:26.2.2-1.el9.noarch
(try to add '--skip-broken' to skip uninstallable packages or '--nobest' to use not only best candidate packages)
"""
FULL = """Running transaction test
The downloaded packages were saved in cache until the next successful transaction.
You can remove cached packages by executing 'dnf clean packages'.
Error: Transaction test error:
  installing package nova-1:26.2.2-1.el9.noarch needs 18MB more space on the /var filesystem

Error Summary
-------------
Disk Requirements:
   At least 18MB more space needed on the /var filesystem.

"""
KEY = """Key imported successfully
Import of key(s) didn't help, wrong key(s)?
Public key for nova-26.2.2-1.el9.noarch.rpm is not installed. Failing package is: nova-1:26.2.2-1.el9.noarch
 GPG Keys are configured as: http://192.0.2.1/RPM-GPG-KEY
The downloaded packages were saved in cache until the next successful transaction.
You can remove cached packages by executing 'dnf clean packages'.
Error: GPG check FAILED
"""
SILENT = """Errors during downloading metadata for repository 'rdo':
  - Status code: 404 for http://192.0.2.1/repodata/repomd.xml (IP: 192.0.2.1)
Error: Failed to download metadata for repo 'rdo': Cannot download repomd.xml: All mirrors were tried
"""
NEEDED = """error: Failed dependencies:
\tlibnova is needed by (installed) other-1:26.2.2-1.el9.noarch
"""


@pytest.mark.parametrize(
    ("log", "code", "reason"),
    [
        ("error: can't create transaction lock on x\n" + UNMET, "CN05", "nothing provides python3-boto"),
        ("error: can't create transaction lock on x\nError: GPG check FAILED\n", "CN03", "x"),
        (UNMET, "CN05", "Problem: conflicting requests - nothing provides python3-boto needed by openstack-nova-comp"),
        (FULL, "CN17", "installing package nova-1:26.2.2-1.el9.noarch needs 18MB more space on the /var filesystem"),
        (KEY, "CN32", "Public key for nova-26.2.2-1.el9.noarch.rpm is not installed."),
        (SILENT, "CN05", "Failed to download metadata for repo 'rdo'"),
        (NEEDED, "CN32", "error: Failed dependencies: libnova is needed by (installed) other-1:26.2.2-1.el9.noarch"),
        ("RPMDB already locked by 17\nThe application with PID 17 is: dnf\n", "CN03", "PID 17"),
        ("No match for argument: nova\nError: Unable to find a match: nova\n", "CN05", "Unable to find a match: nova"),
        ("Package nova-26.2.2-1.rpm is not signed\nError: GPG check FAILED\n", "CN32", "nova-26.2.2-1.rpm is not si"),
        ("E: one\nErrors were encountered while processing:\n nova\nE: two\n", "CN32", "processing:; E: two"),
    ],
)
def test_the_reason_of_a_failure_is_in_its_sentence(log: str, code: str, reason: str) -> None:
    """The logs are of dnf 4.14 and rpm 4.18, with other names."""
    error = package_failure("n1", "install the packages", "1", log)
    assert (error.finding.code, reason in error.message) == (code, True), error.message


@pytest.mark.parametrize(
    ("output", "percent"),
    [
        ("", 0),
        ("Dependencies resolved.\n(1/25): bridge-utils-1.noarch. 609 kB/s | 5.5 kB     00:00\n", 1),
        ("(25/25): python3-nova-26.2.2-1.noarch  59 MB/s |  13 MB     00:00\n", 40),
        ("  Installing       : sg3_utils-1:1-1.noarch          2/25\n  Installing       : nova-1  5/25 \n", 52),
        ("  Running scriptlet: openstack-nova-compute-1:26.2.2-1.noarch   25/25 \n", 100),
        ("  Verifying        : bridge-utils-1:1-1.noarch          1/25\nPreparing : 1/1\n", 0),
    ],
)
def test_progress_is_read_from_the_output_of_dnf(output: str, percent: int) -> None:
    assert dnf_progress(output) == percent
