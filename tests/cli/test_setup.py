"""The setup of a run: the name of its session, and where its answers come from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mhv_tui.cli.late_backend import LateBackend
from mhv_tui.cli.options import BackendOptions
from mhv_tui.cli.setup import mode_of, open_run, reopen
from mhv_tui.cli.simulation import scene_of, session_name_from
from mhv_tui.core.errors import UsageError
from mhv_tui.demo.backend import DemoBackend

DEMO = BackendOptions(demo=True)


@pytest.mark.parametrize(
    ("path", "name"),
    [("prod.toml", "prod"), ("/etc/my site.toml", "my-site"), ("..toml", "answers"), ("é.toml", "answers")],
)
def test_a_session_is_named_after_its_answer_file(path: str, name: str) -> None:
    assert session_name_from(Path(path)) == name


def test_answers_come_from_the_file_then_from_the_session_then_from_the_scene(tmp_path: Path) -> None:
    scene = open_run(DEMO, mode_of(DEMO))
    port_group = scene.answers.tables["network"].port_group
    scene.session.save_answers(scene.answers.replace("network", port_group="saved"))
    (tmp_path / "a.toml").write_text('mhv_answers = 1\n[network]\nport_group = "file"\n')
    names = [
        open_run(options, mode_of(options)).answers.tables["network"].port_group
        for options in (DEMO, replace(DEMO, file=str(tmp_path / "a.toml")), replace(DEMO, fresh=True))
    ]
    assert names == ["saved", "file", port_group]


def test_a_simulated_session_is_reopened_as_one() -> None:
    setup = open_run(DEMO, mode_of(DEMO))
    setup.backend.close()
    reopened = reopen(setup.session, setup.answers).backend
    assert isinstance(reopened, LateBackend) and isinstance(reopened.backend, DemoBackend)


def test_a_session_keeps_the_scene_with_which_it_was_created() -> None:
    created = replace(DEMO, session="first", scene="wrong-password")
    open_run(created, mode_of(created)).backend.close()
    for options in (replace(DEMO, session="first"), replace(DEMO, session="first", fresh=True)):
        setup = open_run(options, mode_of(options))
        password = setup.answers.tables["vcenter"].password
        assert scene_of(setup.session) == "wrong-password"
        assert setup.vault.reveal(password).value == "letmein"


def test_a_session_of_another_scene_is_not_opened() -> None:
    open_run(DEMO, mode_of(DEMO)).backend.close()
    other = replace(DEMO, session="demo", scene="drs-off")
    with pytest.raises(UsageError, match="has the scene article, not drs-off"):
        open_run(other, mode_of(other))
    fresh = replace(other, fresh=True)
    setup = open_run(fresh, mode_of(fresh))
    assert scene_of(setup.session) == "drs-off"


def test_a_real_run_needs_answers() -> None:
    with pytest.raises(UsageError, match="no answer file and no session is named"):
        open_run(BackendOptions(), mode_of(BackendOptions()))
