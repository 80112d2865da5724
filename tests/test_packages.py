"""What a test run installs on a new machine, and that CI fails if a test is skipped."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import DEBIAN_ROOT

ROOT = Path(__file__).parent.parent


def run(tmp_path: Path, test: str, **environment: str) -> tuple[int, str, list[str]]:
    """A test on a machine whose only program is apt-get: pytest's exit code, its output, and the calls of apt-get."""
    programs, calls = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    (programs / "apt-get").write_text(f'#!/bin/sh\necho "$*" >> {calls}\n')
    (programs / "apt-get").chmod(0o755)
    (tmp_path / "test_it.py").write_text(f"import pytest\n\n{test}\n")
    options = ["-c", str(ROOT / "pyproject.toml"), "-p", "tests.conftest", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, str(tmp_path / "test_it.py")],
        cwd=ROOT,
        env={**os.environ, "PATH": str(programs), **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )
    return done.returncode, done.stdout, calls.read_text().splitlines() if calls.exists() else []


def test_nothing_is_installed_for_a_test_that_needs_nothing(tmp_path: Path) -> None:
    code, output, calls = run(tmp_path, "def test_plain(): pass")
    assert (code, calls) == (0, []), output


@pytest.mark.parametrize(
    ("marker", "package"), [("tmux", "tmux"), ("qemu_img", "qemu-utils"), ("ssh", "openssh-client")]
)
def test_a_program_is_installed_once_for_the_tests_that_run_it(tmp_path: Path, marker: str, package: str) -> None:
    test = f"@pytest.mark.{marker}\n@pytest.mark.parametrize('number', (1, 2))\ndef test_it(number): pass"
    code, output, calls = run(tmp_path, test, MHV_LAB="")
    expected = [f"install -y --no-install-recommends {package}"] if DEBIAN_ROOT else []
    assert (code, calls) == (0, expected), output
    assert ("2 passed" if DEBIAN_ROOT else "2 skipped") in output


def test_the_labs_packages_are_installed_for_a_lab_test(tmp_path: Path) -> None:
    code, output, calls = run(tmp_path, "@pytest.mark.lab\ndef test_it(): pass", MHV_LAB="")
    assert (code, len(calls)) == (0, 1 if DEBIAN_ROOT else 0), output


@pytest.mark.parametrize(("required", "expected"), [("required", 1), ("", 0)])
def test_a_skipped_test_fails_if_everything_is_required(tmp_path: Path, required: str, expected: int) -> None:
    code, output, _ = run(tmp_path, "def test_it(): pytest.skip('cannot')", MHV_LAB=required)
    assert code == expected, output
    assert ("was skipped, but everything is required" in output) == bool(expected)
