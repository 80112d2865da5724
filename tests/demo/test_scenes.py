"""The scenes as data: complete, with true certificates, and each broken one with a code of the catalogue."""

from __future__ import annotations

import hashlib
import json
import ssl

import pytest

from mhv_tui.core.errors import UsageError
from mhv_tui.demo.scenes import SCENES, answers_of, merge, state_of
from mhv_tui.domain import catalogue


@pytest.mark.parametrize("scene", SCENES)
def test_a_scene_is_whole(scene: str) -> None:
    state = state_of(scene)
    json.dumps(state)
    answers = answers_of(scene)
    assert answers["mhv_answers"] == 1 and state["scene"] == scene
    assert answers["vcenter"]["host"] in state["vcenters"]
    for name in (answers["node"]["host"], answers["node"]["copy_settings_from"], answers["register"]["controller"]):
        assert name in state["machines"]
    if SCENES[scene].expects:
        assert catalogue.entry(SCENES[scene].expects)


def test_the_thumbprint_is_the_certificates_own() -> None:
    certificate = state_of("article")["vcenters"]["vc.example.org"]["certificate"]
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate["pem"].strip())).hexdigest().upper()
    assert certificate["sha256"].replace(":", "") == digest


def test_a_scene_begins_the_same_each_time() -> None:
    first = state_of("article")
    first["machines"].clear()
    assert state_of("article")["machines"]


def test_merging() -> None:
    base = {"a": {"x": 1, "y": 2}, "b": {"z": 1}, "c": {"k": 1}, "d": 1}
    over = {"a": {"x": 3}, "b": False, "c": {"replace": True, "q": 2}, "d": 2}
    assert merge(base, over) == {"a": {"x": 3, "y": 2}, "c": {"q": 2}, "d": 2}


def test_an_unknown_scene_is_told_the_known_ones() -> None:
    with pytest.raises(UsageError) as said:
        state_of("nowhere")
    assert "article" in said.value.remedy
