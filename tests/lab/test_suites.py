"""Labs of other releases than this machine's: apply, a second apply and undo, confirmed by other tools.

One release is tested in each run, all of them with `pytest -m "lab and matrix"`, which also starts each lab again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic

import pytest

from mhv_tui.domain import releases
from mhv_tui.lab import lifecycle, suites
from tests.lab.confirmations import confirm_options, confirm_proof, confirm_result, confirm_undone
from tests.lab.logins import LOGINS, findings_of_login
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.timeout(3600)]

OTHER = "bookworm" if suites.host_suite().name == "trixie" else "trixie"
"""The release of the test that every run has."""

NOVA_VERSION = "dpkg-query --show --showformat '${Version}' python3-nova"

Recorder = Callable[[str, object], None]


def confirm_release(lab: RunningLab, suite: str) -> None:
    """Each kind of login shows the release, or asks for one of the releases with the same API."""
    release = releases.by_name(suites.suite(suite).openstack)
    for kind in LOGINS:
        (row,) = [event for event in findings_of_login(lab, kind) if event["code"] == "OS08"]
        level = "ok" if suites.suite(suite).release == "auto" else "failure"
        assert row["level"] == level and release.name in row["detail"].lower(), (kind, row)


def rehearse(lab: RunningLab, suite: str, record: Recorder) -> None:
    """Applies the lab's answers twice and undoes them; records the seconds that each took."""
    nova_major = releases.by_name(suites.suite(suite).openstack).nova_major
    lab.save_node_state()
    confirm_release(lab, suite)
    answers = str(lab.answers("suite"))
    begin = monotonic()
    first = lab.mhv("apply", answers, "--yes", "--json", timeout=1500)
    record("apply", round(monotonic() - begin))
    assert first.returncode == 0, lab.failures(first)
    for node in ("controller", "compute1", "novavmware1"):
        assert lab.ssh(node, NOVA_VERSION).startswith(f"2:{nova_major}."), node
    confirm_result(lab)
    confirm_options(lab)
    confirm_proof(lab, first.stdout)
    second = lab.mhv("apply", answers, "--yes", "--json")
    assert second.returncode == 0, lab.failures(second)
    assert lab.events(second)[-1]["outcome"] == "nothing-to-do"
    begin = monotonic()
    undo = lab.mhv("undo", "suite", "--yes", "--json", timeout=900)
    record("undo", round(monotonic() - begin))
    assert undo.returncode == 0, lab.failures(undo)
    confirm_undone(lab)


def test_a_lab_of_another_release(tmp_path: Path, record_property: Recorder) -> None:
    name = f"other-{OTHER}"
    try:
        lifecycle.up(name, debian=OTHER)
        rehearse(RunningLab(name, tmp_path), OTHER, record_property)
    finally:
        lifecycle.destroy(name)


@pytest.mark.matrix
@pytest.mark.parametrize("suite", suites.names())
def test_a_lab_of_each_release(suite: str, tmp_path: Path, record_property: Recorder) -> None:
    name = f"each-{suite}"
    try:
        for start in ("first up", "second up"):
            begin = monotonic()
            lifecycle.up(name, debian=suite)
            record_property(start, round(monotonic() - begin))
            if start == "first up":
                lifecycle.down(name)
        rehearse(RunningLab(name, tmp_path), suite, record_property)
    finally:
        lifecycle.destroy(name)
