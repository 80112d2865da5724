"""The scripts that run on a machine, as far as a shell and a directory can show what they do."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mhv_tui.adapters.node import purge_job, root_input, script
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed


def test_a_copy_lies_in_directories_that_are_its_owners_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "nova.conf", tmp_path / "backup" / "s1" / "nova.conf.1"
    source.write_text("password = p\n")
    source.chmod(0o644)
    command = ["sh", "-c", script("copy"), "mhv-tui", str(source), str(target)]
    assert subprocess.run(command, timeout=20).returncode == 0
    assert target.read_text() == source.read_text()
    modes = [path.stat().st_mode & 0o777 for path in (target, target.parent, target.parent.parent)]
    assert modes == [0o644, 0o700, 0o700]


@pytest.mark.parametrize("password", ["a\nb", "a\n", "\n", "a\rb", "a\0b"])
def test_a_password_of_several_lines_never_reaches_root(password: str) -> None:
    with pytest.raises(FindingError) as refused:
        root_input("n1", Revealed(password), b"script")
    assert refused.value.finding.code == "CN02" and "one line" in refused.value.message


def test_roots_input_is_the_password_then_the_scripts_own() -> None:
    assert root_input("n1", Revealed("ä b"), b"x\ny") == "ä b\n".encode() + b"x\ny"
    assert root_input("n1", None, b"x") == b"\nx"


def test_each_list_of_packages_is_purged_by_a_job_of_its_own() -> None:
    assert purge_job(["a", "b"]) == purge_job(["a", "b"])
    assert purge_job(["a", "b"]) != purge_job(["a"])


APT = """#!/bin/sh
# Runs the hook as apt does, with the files of what it unpacks, and waits where it is told to.
hook=
for word; do case $word in DPkg::Pre-Install-Pkgs::=*) hook=${word#*::=} ;; esac; done
case " $* " in *" install "*)
    printf '/var/cache/apt/archives/%s\n' nova-common_3%3a26.1_all.deb libvirt0_9.0-4_amd64.deb | sh -c "$hook"
    [ ! -e "$HERE/slow" ] || exec sleep 60 ;;
esac
echo "apt-get $*" >>"$HERE/called"
"""


COMMON = "awk cat chmod date dirname grep mkdir mv rm sed setsid sh sleep stat tail tr"


class Machine:
    """A directory in which the job's scripts run as on a machine of their own, with a package tool that only notes."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root, root / "bin"
        self.guard = root / "policy-rc.d"
        self.path = os.environ["PATH"]
        self.bin.mkdir()
        self.tool("apt-get", APT)
        self.tool("dpkg", "#!/bin/sh\n")
        self.tool("systemd-run", "#!/bin/sh\nexit 1\n")

    def tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def without_apt(self) -> None:
        """Only our tools and what every machine has: a package tool of the machine that runs the tests is not found."""
        (self.bin / "apt-get").unlink()
        for name in COMMON.split():
            found = shutil.which(name)
            assert found
            (self.bin / name).symlink_to(found)
        self.path = str(self.bin)

    def script(self, name: str) -> str:
        moved = script(name).replace("/var/lib/mhv-tui", f"{self.root}/mhv-tui")
        return moved.replace("/usr/sbin/policy-rc.d", str(self.guard))

    def run(self, name: str, *words: str, given: str = "") -> str:
        """A script as SshNode runs it; what it answered."""
        done = self.tried(name, *words, given=given)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def tried(self, name: str, *words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        there = {**os.environ, "PATH": f"{self.bin}:{self.path}", "HERE": str(self.root)}
        command = ["/bin/sh", "-c", self.script(name), "mhv-tui", *words]
        return subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, env=there)

    def start(self, job: str, verb: str, *packages: str) -> str:
        return self.run("start", job, self.script("brought"), verb, *packages, given=self.script("job")).strip()

    def file(self, job: str, name: str) -> Path:
        return self.root / "mhv-tui" / "jobs" / job / name

    def end(self, job: str) -> str:
        """Waits for a job's end; its state and code."""
        for _ in range(200):
            state = self.run("poll", job).splitlines()[0]
            if not state.startswith("running"):
                return state
            time.sleep(0.05)
        raise AssertionError("it runs on")

    def called(self) -> Sequence[str]:
        file = self.root / "called"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    made = Machine(tmp_path)
    yield made
    for file in (tmp_path / "mhv-tui" / "jobs").glob("*/pid"):
        subprocess.run(["pkill", "-9", "-P", file.read_text().strip()], timeout=10)


def test_an_installation_keeps_a_record_of_what_apt_unpacks(machine: Machine) -> None:
    assert machine.start("one", "install", "nova-common") == "started"
    assert machine.end("one") == "ended 0"
    assert machine.run("brought", "one").split() == ["nova-common", "libvirt0"]
    assert machine.run("brought", "other") == ""
    assert machine.start("one", "install", "nova-common") == "ended", "nobody has heard its end"
    machine.run("forget", "one")
    machine.run("forget", "other")
    assert machine.run("brought", "one") == ""
    assert machine.start("one", "install", "nova-common") == "started"
    assert machine.end("one") == "ended 0"


def test_the_record_of_a_killed_dnf_is_read_from_rpms_own(machine: Machine) -> None:
    machine.tool("rpm", "#!/bin/sh\nprintf '%s\\n' '100 bash' '1500 openstack-nova-common' '9999 later'\n")
    log, began = machine.file("two", "log"), machine.file("two", "began")
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (2000, 2000))
    began.write_text("1000\n")
    assert machine.run("brought", "two").split() == ["openstack-nova-common"]


def test_a_resumed_dnf_leaves_what_others_installed_since_the_first_was_killed(machine: Machine) -> None:
    machine.without_apt()
    stamps = machine.root / "stamps"
    machine.tool("dnf", '#!/bin/sh\necho "$(date +%s) second" >>"$HERE/stamps"\n')
    machine.tool("rpm", '#!/bin/sh\ncat "$HERE/stamps"\n')
    log, began, record = (machine.file("two", name) for name in ("log", "began", "brought"))
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (2000, 2000))
    began.write_text("1000\n")
    refused = machine.tried("start", "two", machine.script("brought"), "install", "second")
    assert refused.returncode and began.exists() and log.stat().st_mtime == 2000, "rpm does not answer, nothing is lost"
    stamps.write_text("100 bash\n1500 first\n9999 htop\n")
    assert machine.start("two", "install", "second") == "started"
    assert machine.end("two") == "ended 0"
    assert machine.run("brought", "two").split() == ["first", "second"]
    assert not began.exists() and "htop" not in record.read_text()


@pytest.mark.parametrize("state", ("killed", "unheard", "running"))
def test_an_earlier_versions_run_which_kept_no_record_is_told_from_one_that_brought_nothing(
    machine: Machine, state: str
) -> None:
    machine.file("old", "log").parent.mkdir(parents=True)
    assert machine.run("brought", "old") == "", "it has not run"
    for name in ("script", "log"):
        machine.file("old", name).touch()
    if state == "unheard":
        machine.file("old", "rc").write_text("0\n")
    if state == "running":
        with subprocess.Popen(["sh", "-c", "read x", "mhv-tui"], stdin=subprocess.PIPE) as runs:
            machine.file("old", "pid").write_text(f"{runs.pid}\n")
            assert machine.start("old", "install", "nova-common") == "running"
            assert machine.run("brought", "old").split() == ["?"]
    assert machine.run("brought", "old").split() == ["?"]
    assert machine.start("old", "install", "nova-common") == ("ended" if state == "unheard" else "started")
    machine.end("old")
    machine.run("told", "old")
    machine.start("old", "install", "nova-common")
    machine.end("old")
    assert "?" in machine.run("brought", "old").split(), "no later run makes up for it"
    machine.file("old", "brought").write_text("libvirt0\n")
    assert machine.run("brought", "old").split() == ["libvirt0"], "by hand"
    machine.run("forget", "old")
    machine.start("old", "install", "nova-common")
    machine.end("old")
    assert machine.run("brought", "old").split() == ["nova-common", "libvirt0"]


def test_a_purge_leaves_the_guard_of_an_installation_that_still_runs(machine: Machine) -> None:
    (machine.root / "slow").touch()
    machine.start("three", "install", "nova-common")
    while not machine.file("three", "brought").read_text():
        time.sleep(0.05)
    pid = machine.file("three", "pid").read_text().strip()
    assert f"job {pid} installs" in machine.guard.read_text()
    machine.start("four", "purge", "hello")
    assert machine.end("four") == "ended 0"
    assert f"job {pid} installs" in machine.guard.read_text()
    subprocess.run(["pkill", "-9", "-P", pid], timeout=10)
    machine.end("three")
    assert not machine.guard.exists()


def test_a_refresh_is_no_answer_to_one_of_another_day(machine: Machine) -> None:
    assert machine.start("refresh", "refresh") == "started"
    machine.end("refresh")
    assert machine.start("refresh", "refresh") == "started"
    machine.end("refresh")
    assert len([line for line in machine.called() if line.endswith(" update")]) == 2


def test_packages_that_are_half_configured_are_there(machine: Machine) -> None:
    rows = ("ii a 1", "hi b 1", "iU c 1", "iF d 1", "iHR e 1", "rc f 1", "un g ", "it h 1", "ri i 1")
    lines = "\\n".join("\\t".join([f"{r.split(' ')[0]:3}", *r.split(" ")[1:]]) for r in rows)
    machine.tool("dpkg-query", f"#!/bin/sh\nprintf '{lines}\\n'\n")
    assert [line.split("\t")[0] for line in machine.run("installed").splitlines()] == list("abcdehi")


def test_a_machine_with_yum_alone_installs_and_refreshes_with_it(machine: Machine) -> None:
    machine.without_apt()
    machine.tool("yum", '#!/bin/sh\necho "yum $*" >>"$HERE/called"\n')
    machine.tool("rpm", '#!/bin/sh\necho "$(date +%s) openstack-nova-compute"\n')
    assert machine.start("one", "install", "openstack-nova-compute") == "started"
    assert machine.end("one") == "ended 0"
    assert machine.run("brought", "one").split() == ["openstack-nova-compute"]
    assert machine.start("refresh", "refresh") == "started"
    assert machine.end("refresh") == "ended 0"
    assert [line.split()[-1] for line in machine.called()] == ["openstack-nova-compute", "makecache"]
