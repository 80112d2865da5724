"""survey.sh on this machine, and what is made of its answers."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest

from mhv_tui.adapters import node_survey
from mhv_tui.adapters.node import script
from mhv_tui.core.machine import ConnectionTest, Package, RemoteFile, Survey, SurveyRequest, Unit
from tests.adapters.servers import HOST, identity, tls


def asked(request: SurveyRequest, there: dict[str, str] | None = None) -> Survey:
    """The survey of this machine, by the same script that goes over SSH; `there`: another environment."""
    command = ["/bin/sh", "-c", script("survey"), "mhv-tui", *node_survey.arguments(request)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, env=there)
    assert node_survey.complete(done.stdout), done.stderr
    return node_survey.survey(done.stdout, "me", "no")


def answer(*lines: str) -> Survey:
    """What is made of these lines, with a login shell's noise around them."""
    text = "\n".join(["Welcome!\tto\tthe node", "@@survey", *lines, "@@end", "bye"])
    return node_survey.survey(text, "me", "sudo")


def test_a_machine_is_seen_in_one_go() -> None:
    seen = asked(SurveyRequest())
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    assert seen.system == release["ID"].strip('"')
    assert seen.hostname == socket.gethostname()
    assert abs(seen.now - time.time()) < 30 and seen.free > 0 and seen.arch
    assert (seen.packages, seen.files, seen.connections, seen.jobs) == ({}, {}, {}, {})


def test_files_come_with_mode_and_owner_or_as_absent(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    file = tmp_path / "a file"
    file.write_bytes(content)
    file.chmod(0o640)
    seen = asked(SurveyRequest(files=(str(file), str(tmp_path / "none"), str(tmp_path))))
    found = seen.files[str(file)]
    assert found is not None and (found.content, found.mode) == (content, 0o640)
    assert seen.files[str(tmp_path / "none")] is None
    assert str(tmp_path) not in seen.files, "a directory is no file: not known"


def test_a_unit_and_a_file_tell_their_times(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    held = asked(SurveyRequest(files=(str(file),))).files[str(file)]
    assert held is not None and held.changed == 1_700_000_000
    words = "LoadState=loaded ActiveState=active UnitFileState=enabled Since=1000040"
    seen = answer(f"unit\tone\t{words}", "unit\ttwo\tLoadState=not-found Since=")
    assert (seen.units["one"].since, seen.units["two"].since) == (1_000_040.0, 0.0)


@pytest.mark.parametrize(
    ("lines", "codename"),
    (
        ('ID=ubuntu\nVERSION_ID="12.04"\n', "precise"),
        ('ID=ubuntu\nVERSION_ID="14.04"\nVERSION="14.04.6 LTS, Trusty Tahr"\n', "trusty"),
        ('ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n', "jammy"),
        ('ID="centos"\nVERSION_ID="7"\n', ""),
    ),
)
def test_old_systems_are_called_by_their_version(lines: str, codename: str) -> None:
    assert answer(f"release\t\t{base64.b64encode(lines.encode()).decode()}").codename == codename


YUM = """#!/bin/sh
case "$*" in "-q list available "*) ;; *) exit 1 ;; esac
cat <<END
Available Packages
openstack-nova-compute.noarch      1:20.6.1-1.el7         centos-openstack-train
python2-oslo-vmware.noarch
                                   2.34.1-1.el7           centos-openstack-train
END
"""
RPM = "#!/bin/sh\ncase $* in *chrony) printf 'ii |3.4-1.el7' ;; *) echo 'package is not installed'; exit 1 ;; esac\n"
TOOLS = ("sh", "awk", "base64", "cat", "date", "df", "grep", "mktemp", "rm", "sed", "timeout", "tr", "uname")


def machine_of(folder: Path, **tools: str) -> dict[str, str]:
    """The environment of a machine that has these tools, and of ours the plain ones alone."""
    for name in TOOLS:
        found = shutil.which(name)
        assert found
        (folder / name).symlink_to(found)
    for name, text in tools.items():
        (folder / name.replace("_", "-")).write_text(text)
        (folder / name.replace("_", "-")).chmod(0o755)
    return {"PATH": str(folder)}


def test_yum_alone_tells_what_is_to_be_had(tmp_path: Path) -> None:
    names = ("openstack-nova-compute", "python2-oslo-vmware", "chrony", "nova-compute")
    seen = asked(SurveyRequest(packages=names), machine_of(tmp_path, yum=YUM, rpm=RPM))
    assert seen.packages == {
        "openstack-nova-compute": Package("", "1:20.6.1-1.el7"),
        "python2-oslo-vmware": Package("", "2.34.1-1.el7"),
        "chrony": Package("3.4-1.el7", ""),
        "nova-compute": Package(),
    }


def test_modules_are_asked_of_novas_own_python(tmp_path: Path) -> None:
    own = tmp_path / "own" / "python2"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\nexit 0\n")
    own.chmod(0o755)
    machine = machine_of(tmp_path, python3="#!/bin/sh\nexit 1\n", nova_compute=f"#!{own} -s\nimport nova\n")
    assert asked(SurveyRequest(modules=("oslo_vmware",)), machine).modules == {"oslo_vmware": True}
    (tmp_path / "nova-compute").unlink()
    assert asked(SurveyRequest(modules=("oslo_vmware",)), machine).modules == {"oslo_vmware": False}


def test_modules_and_units_that_are_not_there_are_told() -> None:
    seen = asked(SurveyRequest(modules=("json", "no_such_module"), units=("no-such-unit",)))
    assert seen.modules == {"json": True, "no_such_module": False}
    assert seen.units["no-such-unit"] == Unit("not-found", "inactive", "")


def test_what_is_reached_is_told_with_its_fingerprint(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        seen = asked(SurveyRequest(targets=(f"{HOST}:{port}", f"{HOST}:1", "no-such-name.invalid:443")))
    assert seen.connections[f"{HOST}:{port}"].problem == "" and seen.connections[f"{HOST}:{port}"].address == HOST
    assert seen.connections[f"{HOST}:1"].problem == "refused"
    assert seen.connections["no-such-name.invalid:443"].problem == "name"


@pytest.mark.skipif(os.geteuid() != 0, reason="left out: port 443 needs root")
def test_port_443_is_asked_for_its_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mhv_tui.adapters import trust

    real = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda address: real((HOST, 443)))
    with tls(*identity("vc.example.org").files(tmp_path, "server")):
        expected = trust.fingerprint((tmp_path / "server.pem").read_text())
        own = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(tmp_path / "server.pem")}
        for where, trusted in ((None, False), (own, True)):
            seen = asked(SurveyRequest(targets=(f"{HOST}:443",)), where).connections[f"{HOST}:443"]
            assert (seen.sha256, seen.trusted) == (expected, trusted)


@pytest.mark.parametrize(
    ("line", "reach"),
    (
        ("name", ConnectionTest("name")),
        ("refused 192.0.2.1 ", ConnectionTest("refused", "192.0.2.1")),
        ("ok 192.0.2.1 AA:BB", ConnectionTest("", "192.0.2.1", "AA:BB")),
        ("ok 192.0.2.1 AA:BB 0", ConnectionTest("", "192.0.2.1", "AA:BB", True)),
        ("ok 192.0.2.1 AA:BB 19", ConnectionTest("", "192.0.2.1", "AA:BB", False)),
    ),
)
def test_who_verifies_a_certificate_is_told_where_somebody_could(line: str, reach: ConnectionTest) -> None:
    assert answer(f"connection\tvc:443\t{line}").connections == {"vc:443": reach}


def test_packages_know_installed_candidate_and_held() -> None:
    policy = "bash:\n  Installed: 5.2\n  Candidate: 5.3\nnosuch:\n  Candidate: (none)\nold:\n  Candidate: 2\n"
    seen = answer(
        "package\tbash\thi |5.2",
        "package\told\trc |1",
        "package\tnosuch\t",
        f"policy\t\t{base64.b64encode(policy.encode()).decode()}",
        "broken\t\tnova-common nova-compute ",
    )
    assert seen.packages == {"bash": Package("5.2", "5.3", True), "old": Package("", "2"), "nosuch": Package()}
    assert seen.broken_packages == ("nova-common", "nova-compute")


def test_rpm_machines_are_read_as_well() -> None:
    offered = base64.b64encode(b"openstack-nova-compute|1:32.0-1.el9\n").decode()
    seen = answer("package\topenstack-nova-compute\t", f"repoquery\t\t{offered}", "synchronised\t\tyes")
    assert seen.packages["openstack-nova-compute"] == Package("", "1:32.0-1.el9")
    assert seen.synchronised is True


def test_jobs_run_or_ended() -> None:
    tail = base64.b64encode("Setting up ä\n".encode()).decode()
    seen = answer(f"job\ta\trunning - {tail}", "job\tb\tended 100 ", "job\tc\tended - ", "job\td\tabsent")
    assert (seen.jobs["a"].running, seen.jobs["a"].tail) == (True, "Setting up ä\n")
    assert (seen.jobs["b"].running, seen.jobs["b"].code, seen.jobs["c"].code) == (False, 100, None)
    assert "d" not in seen.jobs


def test_what_is_denied_is_not_known_rather_than_absent() -> None:
    seen = answer("file\t/etc/nova/nova.conf\tdenied", "file\t/etc/x\tabsent", "file\t/e\t600 root nova ")
    assert seen.files == {"/etc/x": None, "/e": RemoteFile(b"", 0o600, "root", "nova")}


def test_a_survey_that_was_cut_off_is_not_taken_for_one() -> None:
    assert not node_survey.complete("@@survey\narch\t\tamd64\n")
    assert node_survey.survey("@@survey\narch\t\tamd64\n", "me", "no").arch == ""
