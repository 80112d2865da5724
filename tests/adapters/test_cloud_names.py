"""The clouds that a login can name: the same files as openstacksdk, the environment, and no network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from mhv_tui.adapters.cloud_config import region_of
from mhv_tui.adapters.cloud_entries import check_names, cloud_entries, config_files
from mhv_tui.core.errors import FindingError
from mhv_tui.core.openstack import CloudEntry, CloudLogin
from mhv_tui.core.redaction import shown

CLOUDS = """\
clouds:
  prod: {auth: {auth_url: "https://jane:S3cret@cloud.example.org:5000/v3", password: S3cret}}
  lab: {profile: vexxhost}
  7: []
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home directory, from which the tests work, and no variable of OpenStack's clients."""
    for name in ("OS_CLIENT_CONFIG_FILE", "OS_AUTH_URL", "OS_CLOUD_NAME", "OS_CLOUD", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def write(path: Path, text: str = CLOUDS) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    "environment",
    [{}, {"XDG_CONFIG_HOME": "/x/config"}, {"SNAP_REAL_HOME": "/real"}, {"XDG_CONFIG_DIRS": "/a:/b"}],
    ids=["default", "XDG_CONFIG_HOME", "snap", "XDG_CONFIG_DIRS"],
)
def test_the_files_are_those_of_openstacksdk(
    environment: dict[str, str], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    program = "import json; from openstack.config import loader; print(json.dumps(loader.CONFIG_FILES))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert list(config_files()) == list(dict.fromkeys(json.loads(done.stdout)))


def test_the_entries_of_the_first_file_are_listed_without_secrets(home: Path) -> None:
    write(home / ".config" / "openstack" / "clouds.yaml")
    path = "~/.config/openstack/clouds.yaml"
    entries = cloud_entries()
    assert entries.entries == (
        CloudEntry("prod", "https://cloud.example.org:5000/v3", path),
        CloudEntry("lab", "", path),
    )
    assert entries.sentence == f"{path} has 2 clouds: prod and lab" and "S3cret" not in repr(entries)
    write(home / "work" / "clouds.yaml", "clouds: {}\n")
    assert cloud_entries().entries == () and cloud_entries().sentence == "~/work/clouds.yaml has no clouds"


def test_the_environment_is_an_entry(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_AUTH_URL", "https://keystone.example.org/v3")
    assert cloud_entries().entries == (CloudEntry("envvars", "https://keystone.example.org/v3", "environment (OS_*)"),)
    assert cloud_entries().sentence.endswith("; envvars is the login of the environment")
    monkeypatch.setenv("OS_CLOUD_NAME", "mine")
    assert [entry.name for entry in cloud_entries().entries] == ["mine"]


def test_two_clouds_of_one_name_are_told_apart_and_refused(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(home / "work" / "clouds.yaml", "clouds: {envvars: {auth: {auth_url: 'http://a:5000/v3'}}}\n")
    monkeypatch.setenv("OS_AUTH_URL", "http://b:5000/v3")
    sources = [entry.source for entry in cloud_entries().entries]
    assert sources == ["~/work/clouds.yaml", "environment (OS_*); its name is taken: set OS_CLOUD_NAME"]
    with pytest.raises(FindingError) as caught:
        check_names()
    finding = caught.value.finding
    assert finding.detail == "~/work/clouds.yaml and the environment (OS_*) both have a cloud named envvars"
    assert "Set OS_CLOUD_NAME to another name" in finding.remedy


def test_the_login_of_the_environment_is_used_and_its_password_masked(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    login = {"AUTH_URL": "https://k.example.org/v3", "USERNAME": "jane", "PASSWORD": "S3cretWord", "PROJECT_NAME": "p"}
    for name, value in login.items():
        monkeypatch.setenv(f"OS_{name}", value)
    auth = region_of(CloudLogin(name="envvars"), None).config["auth"]
    assert {name: auth[name.lower()] for name in login} == login
    assert "S3cretWord" not in shown("the password is S3cretWord")


@pytest.mark.parametrize(
    "text", ["", "- a\n", "clouds: [a]\n", "clouds: {a: *b}\n", "[" * 5000, "\x00", "clouds:\n\t- x\n"]
)
def test_an_unusable_file_has_no_entries(text: str, home: Path) -> None:
    write(home / "work" / "clouds.yaml", text)
    assert cloud_entries().entries == ()


def test_a_missing_file_is_reported_with_the_places(home: Path) -> None:
    with pytest.raises(FindingError) as caught:
        region_of(CloudLogin(name="prod"), None)
    finding = caught.value.finding
    assert finding.code == "OS05"
    assert finding.detail.startswith(
        "no entry of clouds.yaml is named prod: there is no clouds.yaml in ~/work, ~/.config/openstack, "
    )
    assert finding.detail.endswith(" and /etc/openstack")
    assert finding.remedy == "Clear cloud.name and set cloud.auth_url, or create a clouds.yaml that has this name."


def test_a_wrong_name_is_reported_with_the_entries(home: Path) -> None:
    write(home / "work" / "clouds.yaml")
    with pytest.raises(FindingError) as caught:
        region_of(CloudLogin(name="prdo"), None)
    finding = caught.value.finding
    assert finding.detail.endswith("named prdo: ~/work/clouds.yaml has 2 clouds: prod and lab")
    assert finding.remedy == "Set cloud.name to one of these clouds, or clear it and set cloud.auth_url."
    with pytest.raises(FindingError, match="the environment has no OS_AUTH_URL"):
        region_of(CloudLogin(name="envvars"), None)
