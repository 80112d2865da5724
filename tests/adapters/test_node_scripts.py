"""The scripts of a node, run locally with a directory as the root and with fake package tools."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from mhv_tui.adapters.node import job_state, root_input, script
from mhv_tui.adapters.node_packages import purge_job
from mhv_tui.core.errors import FindingError
from mhv_tui.core.secret import Revealed


def test_only_the_owner_can_enter_the_directories_of_a_copy(tmp_path: Path) -> None:
    source, target = tmp_path / "nova.conf", tmp_path / "backup" / "s1" / "nova.conf.1"
    source.write_text("password = p\n")
    source.chmod(0o644)
    command = ["sh", "-c", script("copy"), "mhv-tui", str(source), str(target)]
    assert subprocess.run(command, timeout=20).returncode == 0
    assert target.read_text() == source.read_text()
    modes = [path.stat().st_mode & 0o777 for path in (target, target.parent, target.parent.parent)]
    assert modes == [0o644, 0o700, 0o700]


def test_a_write_whose_connection_drops_leaves_no_temporary_file(tmp_path: Path) -> None:
    """Its message about the incomplete file meets a closed pipe."""
    target = tmp_path / "nova.conf"
    command = ["sh", "-c", script("write"), "mhv-tui", str(target), "0640", f"{os.getuid()}:{os.getgid()}", "100"]
    reader, writer = os.pipe()
    os.close(reader)
    result = subprocess.run(command, input=b"half", stderr=writer, timeout=20)
    os.close(writer)
    assert result.returncode and list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("password", ["a\nb", "a\n", "\n", "a\rb", "a\0b"])
def test_a_password_of_several_lines_is_never_sent(password: str) -> None:
    with pytest.raises(FindingError) as refused:
        root_input("n1", Revealed(password), b"script")
    assert refused.value.finding.code == "CN02" and "one line" in refused.value.message


def test_the_input_of_become_is_the_password_then_the_input_of_the_script() -> None:
    assert root_input("n1", Revealed("ä b"), b"x\ny") == "ä b\n".encode() + b"x\ny"
    assert root_input("n1", None, b"x") == b"\nx"


def test_each_list_of_packages_has_its_own_purge_job() -> None:
    assert purge_job(["a", "b"]) == purge_job(["a", "b"])
    assert purge_job(["a", "b"]) != purge_job(["a"])


APT = """#!/bin/sh
# Runs the hook like apt, with the names of the package files, and waits if the file "slow" exists.
hook=
for word; do case $word in DPkg::Pre-Install-Pkgs::=*) hook=${word#*::=} ;; esac; done
case " $* " in *" install "*)
    printf '/var/cache/apt/archives/%s\n' nova-common_3%3a26.1_all.deb libvirt0_9.0-4_amd64.deb | sh -c "$hook"
    [ ! -e "$HERE/slow" ] || exec sleep 60 ;;
esac
echo "apt-get $*" >>"$HERE/called"
"""


COMMON = "awk cat chmod date dirname grep mkdir mv rm sed setsid sh sleep stat tail tr wc"


class Machine:
    """A directory in which the scripts run as on a machine, with package tools that only record their arguments."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root, root / "bin"
        self.guard = root / "policy-rc.d"
        self.path = os.environ["PATH"]
        self.bin.mkdir()
        self.tool("apt-get", APT)
        (root / "dpkg-status").write_text("Package: dpkg\n")
        self.tool("dpkg", "#!/bin/sh\n")
        self.tool("systemd-run", "#!/bin/sh\nexit 1\n")

    def tool(self, name: str, text: str) -> None:
        (self.bin / name).write_text(text)
        (self.bin / name).chmod(0o755)

    def without_apt(self) -> None:
        """Limits PATH to the fake tools and basic ones, so that the real package tools of this machine are not path."""
        (self.bin / "apt-get").unlink()
        for name in COMMON.split():
            path = shutil.which(name)
            assert path
            (self.bin / name).symlink_to(path)
        self.path = str(self.bin)

    def script(self, name: str) -> str:
        text = script(name).replace("/var/lib/mhv-tui", f"{self.root}/mhv-tui")
        text = text.replace("/var/lib/dpkg/status", f"{self.root}/dpkg-status")
        return text.replace("/usr/sbin/policy-rc.d", str(self.guard))

    def run(self, name: str, *words: str, stdin: str = "") -> str:
        """Runs a script like SshNode and returns its output; the script must succeed."""
        result = self.run_any(name, *words, stdin=stdin)
        assert result.returncode == 0, result.stderr
        return result.stdout

    def run_any(self, name: str, *words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PATH": f"{self.bin}:{self.path}", "HERE": str(self.root)}
        command = ["/bin/sh", "-c", self.script(name), "mhv-tui", *words]
        return subprocess.run(command, input=stdin, capture_output=True, text=True, timeout=30, env=environment)

    def start(self, job: str, verb: str, *packages: str) -> str:
        return self.run("start", job, self.script("unpacked"), verb, *packages, stdin=self.script("job")).strip()

    def file(self, job: str, name: str) -> Path:
        return self.root / "mhv-tui" / "jobs" / job / name

    def end(self, job: str) -> str:
        """Waits until a job ends and returns its state and exit code."""
        for _ in range(200):
            state = self.run("poll", job, "0").splitlines()[0]
            if not state.startswith("running"):
                return state
            time.sleep(0.05)
        raise AssertionError("the job did not end")

    def called(self) -> Sequence[str]:
        file = self.root / "called"
        return file.read_text().splitlines() if file.exists() else []


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(tmp_path)
    yield machine
    for file in (tmp_path / "mhv-tui" / "jobs").glob("*/pid"):
        subprocess.run(["pkill", "-9", "-P", file.read_text().strip()], timeout=10)


def test_a_poll_returns_only_the_new_lines_of_the_log(machine: Machine) -> None:
    machine.start("one", "install", "nova-common")
    machine.end("one")
    machine.file("one", "log").write_text("Get:1 libvirt0\nGet:2 nova\nSetting up libvirt0\nSetting up no")
    state, status, lines, output = job_state(machine.run("poll", "one", "0").encode())
    assert (state, status, lines) == ("ended 0", "", 3)
    assert output == "Get:1 libvirt0\nGet:2 nova\nSetting up libvirt0"
    assert job_state(machine.run("poll", "one", "2").encode())[2:] == (3, "Setting up libvirt0")
    assert job_state(machine.run("poll", "one", "3").encode())[2:] == (3, "")
    assert job_state(machine.run("poll", "none", "0").encode()) == ("died ", "", 0, "")
    assert job_state(b"running \ndlstatus:1:33.3\n2\n 10%\r 20%\r100%\r\nend\n")[2:] == (2, "100%\nend")


def test_an_installation_keeps_a_record_of_what_apt_unpacks(machine: Machine) -> None:
    assert machine.start("one", "install", "nova-common") == "started"
    assert machine.end("one") == "ended 0"
    assert machine.run("unpacked", "one").split() == ["nova-common", "libvirt0"]
    assert machine.run("unpacked", "other") == ""
    assert machine.start("one", "install", "nova-common") == "ended", "its end is not acknowledged"
    machine.run("discard", "one")
    machine.run("discard", "other")
    assert machine.run("unpacked", "one") == ""
    assert machine.start("one", "install", "nova-common") == "started"
    assert machine.end("one") == "ended 0"


def test_the_packages_of_a_killed_dnf_come_from_the_times_of_rpm(machine: Machine) -> None:
    machine.tool("rpm", "#!/bin/sh\nprintf '%s\\n' '100 bash' '1500 openstack-nova-common' '9999 later'\n")
    log, began = machine.file("two", "log"), machine.file("two", "began")
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (2000, 2000))
    began.write_text("1000\n")
    assert machine.run("unpacked", "two").split() == ["openstack-nova-common"]


def test_a_second_dnf_run_does_not_record_packages_that_others_installed(machine: Machine) -> None:
    machine.without_apt()
    stamps = machine.root / "stamps"
    machine.tool("dnf", '#!/bin/sh\necho "$(date +%s) second" >>"$HERE/stamps"\n')
    machine.tool("rpm", '#!/bin/sh\ncat "$HERE/stamps"\n')
    log, began, record = (machine.file("two", name) for name in ("log", "began", "unpacked"))
    log.parent.mkdir(parents=True)
    log.touch()
    os.utime(log, (2000, 2000))
    began.write_text("1000\n")
    refused = machine.run_any("start", "two", machine.script("unpacked"), "install", "second")
    assert refused.returncode and began.exists() and log.stat().st_mtime == 2000, "rpm fails, so nothing is deleted"
    stamps.write_text("100 bash\n1500 first\n9999 htop\n")
    assert machine.start("two", "install", "second") == "started"
    assert machine.end("two") == "ended 0"
    assert machine.run("unpacked", "two").split() == ["first", "second"]
    assert not began.exists() and "htop" not in record.read_text()


@pytest.mark.parametrize("state", ("killed", "unacknowledged", "running"))
def test_a_run_without_a_record_differs_from_a_run_without_packages(machine: Machine, state: str) -> None:
    machine.file("old", "log").parent.mkdir(parents=True)
    assert machine.run("unpacked", "old") == "", "the job has never run"
    for name in ("script", "log"):
        machine.file("old", name).touch()
    if state == "unacknowledged":
        machine.file("old", "rc").write_text("0\n")
    if state == "running":
        with subprocess.Popen(["sh", "-c", "read x", "mhv-tui"], stdin=subprocess.PIPE) as process:
            machine.file("old", "pid").write_text(f"{process.pid}\n")
            assert machine.start("old", "install", "nova-common") == "running"
            assert machine.run("unpacked", "old").split() == ["?"]
    assert machine.run("unpacked", "old").split() == ["?"]
    assert machine.start("old", "install", "nova-common") == ("ended" if state == "unacknowledged" else "started")
    machine.end("old")
    machine.run("ack", "old")
    machine.start("old", "install", "nova-common")
    machine.end("old")
    assert "?" in machine.run("unpacked", "old").split(), "a later run does not remove the mark"
    machine.file("old", "unpacked").write_text("libvirt0\n")
    assert machine.run("unpacked", "old").split() == ["libvirt0"], "written by the operator"
    machine.run("discard", "old")
    machine.start("old", "install", "nova-common")
    machine.end("old")
    assert machine.run("unpacked", "old").split() == ["nova-common", "libvirt0"]


def test_a_purge_keeps_the_guard_of_a_running_installation(machine: Machine) -> None:
    (machine.root / "slow").touch()
    machine.start("three", "install", "nova-common")
    while not machine.file("three", "unpacked").read_text():
        time.sleep(0.05)
    pid = machine.file("three", "pid").read_text().strip()
    assert f"job {pid} installs" in machine.guard.read_text()
    machine.start("four", "purge", "hello")
    assert machine.end("four") == "ended 0"
    assert f"job {pid} installs" in machine.guard.read_text()
    subprocess.run(["pkill", "-9", "-P", pid], timeout=10)
    machine.end("three")
    assert not machine.guard.exists()


def test_each_refresh_starts_a_new_job(machine: Machine) -> None:
    assert machine.start("refresh", "refresh") == "started"
    machine.end("refresh")
    assert machine.start("refresh", "refresh") == "started"
    machine.end("refresh")
    assert len([line for line in machine.called() if line.endswith(" update")]) == 2


def test_half_configured_packages_are_listed(machine: Machine) -> None:
    rows = ("ii a 1", "hi b 1", "iU c 1", "iF d 1", "iHR e 1", "rc f 1", "un g ", "it h 1", "ri i 1")
    lines = "\\n".join("\\t".join([f"{r.split(' ')[0]:3}", *r.split(" ")[1:]]) for r in rows)
    machine.tool("dpkg-query", f"#!/bin/sh\nprintf '{lines}\\n'\n")
    assert [line.split("\t")[0] for line in machine.run("installed").splitlines()] == list("abcdehi")


def test_a_machine_without_dnf_uses_yum(machine: Machine) -> None:
    machine.without_apt()
    machine.tool("yum", '#!/bin/sh\necho "yum $*" >>"$HERE/called"\n')
    machine.tool("rpm", '#!/bin/sh\necho "$(date +%s) openstack-nova-compute"\n')
    assert machine.start("one", "install", "openstack-nova-compute") == "started"
    assert machine.end("one") == "ended 0"
    assert machine.run("unpacked", "one").split() == ["openstack-nova-compute"]
    assert (machine.start("refresh", "refresh"), machine.end("refresh")) == ("started", "ended 0")
    assert [line.split()[-1] for line in machine.called()] == ["openstack-nova-compute", "makecache"]


SUDO = """#!/bin/sh
# Accepts the password "right". {comment}
[ "$1" != --version ] || {{ echo "{version}" >&2; exit; }}
while :; do
    case $1 in -k | -S) shift ;; -n) exit 1 ;; -p) {prompt} ;; *) break ;; esac
done
{read}
[ "$line" = right ] || {{ echo "Authentication failed" >&2; exit 1; }}
exec "$@"
"""
SUDOS = {
    "sudo": ("reads byte by byte", "Sudo version 1.9.13p3", "shift 2", "IFS= read -r line"),
    "sudo-rs 0.2.2": (
        "reads ahead and knows no -p",
        "sudo-rs 0.2.2",
        "echo unknown option >&2; exit 1",
        "line=$(dd bs=8192 count=1 2>/dev/null | head -n 1)",
    ),
}


@pytest.mark.parametrize("kind", SUDOS)
@pytest.mark.parametrize("size", [0, 10, 8191, 100_000])
def test_a_script_gets_its_whole_input_behind_the_sudo_password(kind: str, size: int, machine: Machine) -> None:
    comment, version, prompt, read = SUDOS[kind]
    machine.tool("sudo", SUDO.format(comment=comment, version=version, prompt=prompt, read=read))
    machine.tool("id", "#!/bin/sh\necho 1000\n")
    content = "".join(f"line {number}\n" for number in range(size // 6))[:size]
    result = machine.run_any("become", "must", 'printf "%s|" "$@"; cat; exit 7', "a b", "c", stdin=f"right\n{content}")
    assert (result.returncode, result.stdout) == (7, f"a b|c|{content}")
    assert "@@root password\n" in result.stderr
    wrong = machine.run_any("become", "must", "cat", stdin=f"wrong\n{content}")
    assert (wrong.returncode, wrong.stdout) == (77, "") and "@@root no Authentication failed" in wrong.stderr
