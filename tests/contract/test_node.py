"""Tests of core.ports.Node that pass on the simulated machine and on a machine of the lab."""

from __future__ import annotations

import pytest

from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import RemoteFile, SurveyRequest
from mhv_tui.core.ports import Node

PATH = "/etc/mhv-contract.conf"


def test_a_survey_reads_the_system_and_how_to_become_root(node: Node) -> None:
    survey = node.survey(SurveyRequest())
    assert survey.system in ("debian", "ubuntu") and survey.version and survey.codename and survey.arch == "x86_64"
    assert (survey.init, survey.root) == ("systemd", "sudo")
    assert survey.hostname and survey.username and survey.free > 0 and survey.now > 0
    assert (survey.lock_holder, survey.broken_packages, survey.guests) == ("", (), 0)


def test_a_file_is_written_with_exactly_its_mode_and_owner(node: Node) -> None:
    secret = RemoteFile(b"password = p$$w \xc3\xa4\n", 0o600, "root", "root")
    assert node.read(PATH) is None
    node.write(PATH, secret)
    assert node.read(PATH) == secret
    open_file = RemoteFile(b"", 0o644, "root", "root")
    node.write(PATH, open_file)
    assert node.read(PATH) == open_file == node.survey(SurveyRequest(files=(PATH,))).files[PATH]
    patterns = ("/etc/mhv-contract.*", "/etc/mhv-none/*.conf")
    assert node.survey(SurveyRequest(patterns=patterns)).files == {PATH: open_file}
    node.remove(PATH)
    node.remove(PATH)
    assert node.read(PATH) is None
    assert node.survey(SurveyRequest(files=(PATH,))).files == {PATH: None}


def test_a_copy_keeps_mode_and_owner(node: Node) -> None:
    file = RemoteFile(b"x\n", 0o640, "root", "daemon")
    node.write(PATH, file)
    node.copy(PATH, f"{PATH}.bak")
    node.remove(PATH)
    assert node.read(f"{PATH}.bak") == file
    node.remove(f"{PATH}.bak")
    with pytest.raises(FindingError) as refused:
        node.copy(PATH, f"{PATH}.bak")
    assert refused.value.message and refused.value.remedy


def test_a_package_is_installed_as_a_job_and_purged(node: Node, package: str) -> None:
    assert not node.survey(SurveyRequest(packages=(package,))).packages[package].installed
    node.refresh_packages()
    percentages: list[int] = []
    node.install("contract", [package], lambda percent, line: percentages.append(percent))
    survey = node.survey(SurveyRequest(packages=(package,), jobs=("contract", "never")))
    assert survey.packages[package].installed == node.installed()[package]
    assert percentages == sorted(percentages) and all(0 <= percent <= 100 for percent in percentages)
    assert (survey.jobs["contract"].running, survey.jobs["contract"].code) == (False, 0)
    assert "never" not in survey.jobs
    assert package in (node.unpacked_packages("contract") or ()) and node.unpacked_packages("never") == frozenset()
    node.purge([package])
    assert package not in node.installed()
    for job in ("contract", "contract", "never"):
        node.discard_job(job)
        assert node.unpacked_packages(job) == frozenset()


def test_a_package_that_no_repository_offers_is_named(node: Node) -> None:
    assert not node.survey(SurveyRequest(packages=("no-such-package",))).packages["no-such-package"].candidate
    with pytest.raises(FindingError) as refused:
        node.install("contract-none", ["no-such-package"], lambda percent, line: None)
    assert refused.value.finding.code == "CN05" and "no-such-package" in refused.value.message


def test_a_missing_unit_does_not_start(node: Node) -> None:
    assert node.survey(SurveyRequest(units=("no-such-unit",))).units["no-such-unit"].load == "not-found"
    with pytest.raises(FindingError) as refused:
        node.unit("no-such-unit", "start")
    assert "no-such-unit" in refused.value.message
    assert node.journal("no-such-unit").strip() == ""
    node.unit("", "daemon-reload")


def test_connections_and_modules_are_tested_on_the_machine(node: Node) -> None:
    survey = node.survey(SurveyRequest(targets=("no-such-name.invalid:443",), modules=("no_such_module",)))
    assert survey.connections["no-such-name.invalid:443"].problem == "name"
    assert survey.modules == {"no_such_module": False}
