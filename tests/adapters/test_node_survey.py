"""Runs survey.sh on this machine, and parses its output."""

from __future__ import annotations

import base64
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mhv_tui.adapters import node_survey
from mhv_tui.adapters.node import script
from mhv_tui.core.machine import ConnectionTest, Package, RemoteFile, Survey, SurveyRequest, Unit
from tests.adapters.servers import HOST, identity, tls


def surveyed(request: SurveyRequest, environment: dict[str, str] | None = None) -> Survey:
    """Surveys this machine with the script that SshNode uses; `environment` replaces the environment variables."""
    command = ["/bin/sh", "-c", script("survey"), "mhv-tui", *node_survey.arguments(request)]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL, env=environment
    )
    assert node_survey.complete(result.stdout), result.stderr
    return node_survey.survey(result.stdout, "me", "no")


def parsed(*lines: str) -> Survey:
    """Parses these lines, with other output of a login shell around them."""
    text = "\n".join(["Welcome!\tto\tthe node", "@@survey", *lines, "@@end", "bye"])
    return node_survey.survey(text, "me", "sudo")


def test_a_survey_reads_the_general_facts() -> None:
    result = surveyed(SurveyRequest())
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    assert result.system == release["ID"].strip('"')
    assert result.hostname == socket.gethostname()
    assert abs(result.now - time.time()) < 30 and result.free > 0 and result.arch
    assert (result.packages, result.files, result.connections, result.jobs) == ({}, {}, {}, {})


def test_files_are_read_with_mode_and_owner_or_are_absent(tmp_path: Path) -> None:
    content = bytes(range(256)) * 2000
    file = tmp_path / "a file"
    file.write_bytes(content)
    file.chmod(0o640)
    result = surveyed(SurveyRequest(files=(str(file), str(tmp_path / "none"), str(tmp_path))))
    read = result.files[str(file)]
    assert read is not None and (read.content, read.mode) == (content, 0o640)
    assert result.files[str(tmp_path / "none")] is None
    assert str(tmp_path) not in result.files, "a directory is not a file, so it is unknown"


def test_every_file_that_matches_a_pattern_is_read(tmp_path: Path) -> None:
    for name in ("a b.conf", "z.conf", ".hidden.conf", "note.txt", "sub.conf/x"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    patterns = (f"{tmp_path}/*.conf", f"{tmp_path}/none/*", f"{tmp_path}/z.*")
    files = surveyed(SurveyRequest(files=(f"{tmp_path}/z.conf",), patterns=patterns)).files
    assert {path: file.content for path, file in files.items() if file} == {
        f"{tmp_path}/{name}": name.encode() for name in ("a b.conf", "z.conf")
    }
    assert len(files) == 2


def test_a_unit_and_a_file_have_times(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("text")
    os.utime(file, (1_700_000_000, 1_700_000_000))
    read = surveyed(SurveyRequest(files=(str(file),))).files[str(file)]
    assert read is not None and read.changed == 1_700_000_000
    properties = "LoadState=loaded ActiveState=active UnitFileState=enabled Since=1000040"
    result = parsed(f"unit\tone\t{properties}", "unit\ttwo\tLoadState=not-found Since=")
    assert (result.units["one"].since, result.units["two"].since) == (1_000_040.0, 0.0)


@pytest.mark.parametrize(
    ("lines", "codename"),
    (
        ('ID=ubuntu\nVERSION_ID="12.04"\n', "precise"),
        ('ID=ubuntu\nVERSION_ID="14.04"\nVERSION="14.04.6 LTS, Trusty Tahr"\n', "trusty"),
        ('ID=ubuntu\nVERSION_ID="22.04"\nVERSION_CODENAME=jammy\n', "jammy"),
        ('ID="centos"\nVERSION_ID="7"\n', ""),
    ),
)
def test_old_systems_get_their_codename_from_the_version(lines: str, codename: str) -> None:
    assert parsed(f"release\t\t{base64.b64encode(lines.encode()).decode()}").codename == codename


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
TOOLS = (
    "sh",
    "awk",
    "base64",
    "cat",
    "date",
    "ls",
    "stat",
    "df",
    "grep",
    "mktemp",
    "rm",
    "sed",
    "timeout",
    "tr",
    "uname",
)


def machine_of(folder: Path, **tools: str) -> dict[str, str]:
    """An environment whose PATH has only these fake tools and the basic ones of this machine."""
    for name in TOOLS:
        path = shutil.which(name)
        assert path
        (folder / name).symlink_to(path)
    for name, text in tools.items():
        (folder / name.replace("_", "-")).write_text(text)
        (folder / name.replace("_", "-")).chmod(0o755)
    return {"PATH": str(folder)}


def test_yum_lists_the_packages_of_the_repositories(tmp_path: Path) -> None:
    names = ("openstack-nova-compute", "python2-oslo-vmware", "chrony", "nova-compute")
    result = surveyed(SurveyRequest(packages=names), machine_of(tmp_path, yum=YUM, rpm=RPM))
    assert result.packages == {
        "openstack-nova-compute": Package("", "1:20.6.1-1.el7"),
        "python2-oslo-vmware": Package("", "2.34.1-1.el7"),
        "chrony": Package("3.4-1.el7", ""),
        "nova-compute": Package(),
    }


@pytest.mark.parametrize("shebang", ("#!{own} -s", "#! {own}", "#!/usr/bin/env {own}", "#!/usr/bin/env  {own}"))
def test_modules_are_imported_by_the_python_of_nova_compute(shebang: str, tmp_path: Path) -> None:
    own = tmp_path / "own" / "python2"
    own.parent.mkdir()
    own.write_text("#!/bin/sh\nexit 0\n")
    own.chmod(0o755)
    machine = machine_of(
        tmp_path, python3="#!/bin/sh\nexit 1\n", nova_compute=f"{shebang.format(own=own)}\nimport nova\n"
    )
    assert surveyed(SurveyRequest(modules=("oslo_vmware",)), machine).modules == {"oslo_vmware": True}
    own.unlink()
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 0\n")
    assert surveyed(SurveyRequest(modules=("oslo_vmware",)), machine).modules == {"oslo_vmware": False}
    (tmp_path / "python3").write_text("#!/bin/sh\nexit 1\n")
    (tmp_path / "nova-compute").unlink()
    assert surveyed(SurveyRequest(modules=("oslo_vmware",)), machine).modules == {"oslo_vmware": False}


def test_a_source_file_is_found_by_the_python_of_nova_compute_and_not_imported(tmp_path: Path) -> None:
    for number, part in enumerate(("site-packages", "dist-packages")):
        code = tmp_path / part / "nova" / "image"
        code.mkdir(parents=True)
        (code.parent / "__init__.py").write_text("raise SystemExit('imported')\n")
        (code / "glance.py").write_text(f"# {number}\n")
    own = tmp_path / "own-python3"
    own.write_text(f'#!/bin/sh\nshift\nPYTHONPATH={tmp_path}/dist-packages exec {sys.executable} "$@"\n')
    own.chmod(0o755)
    compute = f"#!{own} -s\nimport nova\n"
    machine = machine_of(tmp_path, python3="#!/bin/sh\nexit 1\n", nova_compute=compute)
    file = "nova/image/glance.py"
    survey = surveyed(SurveyRequest(sources=(file, "no_such/file.py", "nova/none.py")), machine)
    path = f"{tmp_path}/dist-packages/{file}"
    assert survey.sources == {file: path}
    read = survey.files[path]
    assert read is not None and read.content == b"# 1\n"


def test_missing_modules_and_units_are_reported() -> None:
    result = surveyed(SurveyRequest(modules=("json", "no_such_module"), units=("no-such-unit",)))
    assert result.modules == {"json": True, "no_such_module": False}
    assert result.units["no-such-unit"] == Unit("not-found", "inactive", "")


def test_connections_have_a_problem_or_an_address(tmp_path: Path) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]
        result = surveyed(SurveyRequest(targets=(f"{HOST}:{port}", f"{HOST}:1", "no-such-name.invalid:443")))
    assert result.connections[f"{HOST}:{port}"].problem == "" and result.connections[f"{HOST}:{port}"].address == HOST
    assert result.connections[f"{HOST}:1"].problem == "refused"
    assert result.connections["no-such-name.invalid:443"].problem == "name"


@pytest.mark.skipif(os.geteuid() != 0, reason="left out: port 443 needs root")
def test_a_connection_to_port_443_reads_the_certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from mhv_tui.adapters import trust

    host = f"127.3.{os.getpid() % 65000 // 250}.{os.getpid() % 250 + 1}"  # another process may test at the same time
    real = socket.create_server
    monkeypatch.setattr(socket, "create_server", lambda address: real((host, 443)))
    with tls(*identity("vc.example.org").files(tmp_path, "server")):
        expected = trust.fingerprint((tmp_path / "server.pem").read_text())
        trusting = {"PATH": os.environ["PATH"], "SSL_CERT_FILE": str(tmp_path / "server.pem")}
        for environment, trusted in ((None, False), (trusting, True)):
            test = surveyed(SurveyRequest(targets=(f"{host}:443",)), environment).connections[f"{host}:443"]
            assert (test.sha256, test.trusted) == (expected, trusted)


def test_a_certificate_on_another_port_is_read_only_if_it_is_asked_for(tmp_path: Path) -> None:
    with tls(*identity("vc.example.org").files(tmp_path, "server")) as port:
        target = f"{HOST}:{port}"
        plain, secured = SurveyRequest(targets=(target,)), SurveyRequest(targets=(target,), tls_targets=(target,))
        assert surveyed(plain).connections[target].sha256 == ""
        assert (secure := surveyed(secured).connections[target]).sha256 and secure.trusted is False


@pytest.mark.parametrize(
    ("line", "expected"),
    (
        ("name", ConnectionTest("name")),
        ("refused 192.0.2.1 ", ConnectionTest("refused", "192.0.2.1")),
        ("ok 192.0.2.1 AA:BB", ConnectionTest("", "192.0.2.1", "AA:BB")),
        ("ok 192.0.2.1 AA:BB 0", ConnectionTest("", "192.0.2.1", "AA:BB", True)),
        ("ok 192.0.2.1 AA:BB 19", ConnectionTest("", "192.0.2.1", "AA:BB", False)),
    ),
)
def test_the_line_of_a_connection_is_parsed(line: str, expected: ConnectionTest) -> None:
    assert parsed(f"connection\tvc:443\t{line}").connections == {"vc:443": expected}


def test_packages_have_installed_version_candidate_and_hold() -> None:
    policy = "bash:\n  Installed: 5.2\n  Candidate: 5.3\nnosuch:\n  Candidate: (none)\nold:\n  Candidate: 2\n"
    result = parsed(
        "package\tbash\thi |5.2",
        "package\told\trc |1",
        "package\tnosuch\t",
        f"policy\t\t{base64.b64encode(policy.encode()).decode()}",
        "broken\t\tnova-common nova-compute ",
    )
    assert result.packages == {"bash": Package("5.2", "5.3", True), "old": Package("", "2"), "nosuch": Package()}
    assert result.broken_packages == ("nova-common", "nova-compute")


def test_packages_of_an_rpm_system() -> None:
    offered = base64.b64encode(b"openstack-nova-compute|1:32.0-1.el9\n").decode()
    result = parsed("package\topenstack-nova-compute\t", f"repoquery\t\t{offered}", "synchronised\t\tyes")
    assert result.packages["openstack-nova-compute"] == Package("", "1:32.0-1.el9")
    assert result.synchronised is True
    assert result.sources_error == ""
    assert parsed("sources\t\tError: Failed to download metadata").sources_error == "Failed to download metadata"


def test_jobs_are_running_or_finished() -> None:
    tail = base64.b64encode("Setting up ä\n".encode()).decode()
    result = parsed(f"job\ta\trunning - {tail}", "job\tb\tended 100 ", "job\tc\tended - ", "job\td\tabsent")
    assert (result.jobs["a"].running, result.jobs["a"].tail) == (True, "Setting up ä\n")
    assert (result.jobs["b"].running, result.jobs["b"].code, result.jobs["c"].code) == (False, 100, None)
    assert "d" not in result.jobs


def test_an_unreadable_file_is_unknown_not_absent() -> None:
    result = parsed("file\t/etc/nova/nova.conf\tdenied", "file\t/etc/x\tabsent", "file\t/e\t0  600:1:0:42:root:nova")
    assert result.files == {"/etc/x": None, "/e": RemoteFile(b"", 0o600, "root", "nova")}


def test_an_incomplete_output_is_not_a_survey() -> None:
    assert not node_survey.complete("@@survey\narch\t\tamd64\n")
    assert node_survey.survey("@@survey\narch\t\tamd64\n", "me", "no").arch == ""
