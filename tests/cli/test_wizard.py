"""Which sessions the wizard offers to resume."""

from __future__ import annotations

import pytest

from mhv_tui.cli.options import WizardOptions
from mhv_tui.cli.wizard import unfinished_sessions
from mhv_tui.engine.session import open_session


@pytest.mark.parametrize(("begun", "offered"), [(False, []), (True, ["old"])])
def test_damaged_answers_do_not_stop_the_wizard(begun: bool, offered: list[str]) -> None:
    session = open_session("old")
    (session.directory / "answers.toml").write_text('mhv_answers = 1\n[vcenter]\nhots = "vc"\n')
    if begun:
        session.journal.note("started", command="apply")
    assert [row["name"] for row in unfinished_sessions(WizardOptions())] == offered
