"""A whole lab whose node has dnf and rpm: apply, a second apply and undo, confirmed by other tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from mhv_tui.lab import lifecycle
from tests.lab.confirmations import confirm_proof, confirm_result, confirm_undone
from tests.lab.running_lab import RunningLab

pytestmark = [pytest.mark.lab, pytest.mark.matrix, pytest.mark.timeout(3600)]

NAME = "rpm-cloud"


def test_a_node_with_dnf_joins_the_cloud_and_leaves_it(tmp_path: Path) -> None:
    try:
        lifecycle.up(NAME, profile="rpm")
        lab = RunningLab(NAME, tmp_path)
        lab.save_node_state()
        answers = str(lab.answers("rpm"))
        first = lab.mhv("apply", answers, "--yes", "--json", timeout=1500)
        assert first.returncode == 0, lab.failures(first)
        confirm_result(lab, "openstack-nova-compute")
        confirm_proof(lab, first.stdout)
        second = lab.mhv("apply", answers, "--yes", "--json")
        assert second.returncode == 0, lab.failures(second)
        assert lab.events(second)[-1]["outcome"] == "nothing-to-do"
        undo = lab.mhv("undo", "rpm", "--yes", "--json", timeout=900)
        assert undo.returncode == 0, lab.failures(undo)
        confirm_undone(lab)
    finally:
        lifecycle.destroy(NAME)
