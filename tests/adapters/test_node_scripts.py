"""The scripts that run on a machine, as far as a shell and a directory can show what they do."""

from __future__ import annotations

import subprocess
from pathlib import Path

from mhv_tui.adapters.node import purge_job, script


def test_a_copy_lies_in_directories_that_are_its_owners_alone(tmp_path: Path) -> None:
    source, target = tmp_path / "nova.conf", tmp_path / "backup" / "s1" / "nova.conf.1"
    source.write_text("password = p\n")
    source.chmod(0o644)
    command = ["sh", "-c", script("copy"), "mhv-tui", str(source), str(target)]
    assert subprocess.run(command, timeout=20).returncode == 0
    assert target.read_text() == source.read_text()
    modes = [path.stat().st_mode & 0o777 for path in (target, target.parent, target.parent.parent)]
    assert modes == [0o644, 0o700, 0o700]


def test_each_list_of_packages_is_purged_by_a_job_of_its_own() -> None:
    assert purge_job(["a", "b"]) == purge_job(["a", "b"])
    assert purge_job(["a", "b"]) != purge_job(["a"])
