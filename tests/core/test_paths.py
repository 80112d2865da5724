"""The home directory, where there is one, and where there is none."""

from __future__ import annotations

import pwd
from pathlib import Path
from typing import NoReturn

import pytest

from mhv_tui import cli
from mhv_tui.core.errors import UsageError
from mhv_tui.core.paths import expanded, home
from mhv_tui.lab import host


def nobody(uid: int) -> NoReturn:
    raise KeyError(uid)


@pytest.fixture
def homeless(monkeypatch: pytest.MonkeyPatch) -> None:
    """No $HOME, and a user id that the machine's accounts do not know."""
    for name in ("HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)


def test_a_missing_home_is_reported_with_the_remedy(homeless: None, capsys: pytest.CaptureFixture[str]) -> None:
    for place in (home, host.cache_dir, host.state_root):
        with pytest.raises(UsageError, match=r"no home directory: \$HOME is not set"):
            place()
    assert cli.main(["sessions"]) == 2
    assert "remedy: set HOME, or XDG_STATE_HOME" in capsys.readouterr().err


def test_a_home_that_is_not_there_leaves_the_path_as_it_is(homeless: None) -> None:
    assert expanded("~/ca.pem") == Path("~/ca.pem")
    assert expanded("~nobody-of-this-name/ca.pem") == Path("~nobody-of-this-name/ca.pem")


def test_a_home_is_put_in_its_place(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert home() == tmp_path and expanded("~/ca.pem") == tmp_path / "ca.pem" and expanded("/ca.pem") == Path("/ca.pem")
