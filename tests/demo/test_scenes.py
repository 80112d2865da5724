"""The scenes as data: they are complete, with valid certificates, and expect codes of the catalogue."""

from __future__ import annotations

import hashlib
import json
import ssl

import pytest

from mhv_tui.core.errors import UsageError
from mhv_tui.demo.scenes import SCENES, answers_of, merge, state_of
from mhv_tui.domain import catalogue


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_complete(scene: str) -> None:
    state = state_of(scene)
    json.dumps(state)
    answers = answers_of(scene)
    assert answers["mhv_answers"] == 1 and state["scene"] == scene
    assert answers["vcenter"]["host"] in state["vcenters"]
    for name in (answers["node"]["host"], answers["node"]["copy_settings_from"], answers["register"]["controller"]):
        assert name in state["machines"]
    if SCENES[scene].expects:
        assert catalogue.entry(SCENES[scene].expects)


def test_the_fingerprint_is_that_of_the_certificate() -> None:
    certificate = state_of("article")["vcenters"]["vc.example.org"]["certificate"]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate["pem"].strip())).hexdigest().upper()
    assert certificate["sha256"].replace(":", "") == digest


def test_changing_a_state_does_not_change_its_scene() -> None:
    first = state_of("article")
    first["machines"].clear()
    assert state_of("article")["machines"]


def test_merging() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": {"z": 1}, "c": {"k": 1}, "d": 1}
    over = {"a": {"x": 3}, "b": False, "c": {"replace": True, "q": 2}, "d": 2}
    assert merge(base, over) == {"a": {"x": 3, "y": 2}, "c": {"q": 2}, "d": 2}


def test_an_unknown_scene_lists_the_known_ones() -> None:
    with pytest.raises(UsageError) as error:
        state_of("nowhere")
    assert "article" in error.value.remedy
