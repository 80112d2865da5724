"""Every kind of change: a frozen dataclass over the base class, built with keywords only."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from mhv_tui.changes import KINDS
from mhv_tui.changes.cloud import Property, TagImage
from mhv_tui.changes.files import WriteFile
from mhv_tui.core.changes import EFFECTS, Change, Receipt, change_id
from mhv_tui.core.machine import SshHost
from mhv_tui.core.openstack import CloudLogin
from mhv_tui.core.vsphere import VcenterLogin

VCENTERS = (
    VcenterLogin("vc1.example.org", 443, "nova"),
    VcenterLogin("vc2.example.org", 443, "nova"),
    VcenterLogin("vc1.example.org", 8443, "nova"),
)
CLOUDS = (
    CloudLogin(name="prod"),
    CloudLogin(auth_url="https://one.example.org:5000/v3"),
    CloudLogin(auth_url="https://two.example.org:5000/v3"),
    CloudLogin(name="prod", region_name="RegionTwo"),
)
NODES = (SshHost("n1"), SshHost("n2"), SshHost("n1", port=2222))
TEXT = {"str": "x", "int": 1, "bool": True, "tuple[str, ...]": ("x",)}
"""A value for each plain field, by its annotation."""


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_is_a_frozen_change_that_is_built_with_keywords(name: str) -> None:
    kind = KINDS[name]
    assert kind.__name__ == name and issubclass(kind, Change)
    assert {p.kind for p in inspect.signature(kind).parameters.values()} == {inspect.Parameter.KEYWORD_ONLY}
    assert isinstance(kind.detects_all_effects, bool) and isinstance(kind.resumes_any_intent, bool)


def test_a_change_without_an_undo_cannot_be_built() -> None:
    half: type[Any] = type("Half", (Change,), {"id": "half", "summary": "half", "preview": lambda self: ""})
    with pytest.raises(TypeError, match="undo"):
        half()


def built(
    kind: type[Change], vcenter: VcenterLogin, cloud: CloudLogin, node: SshHost, text: Mapping[str, Any] = TEXT
) -> Change:
    """A change of that kind on these systems; everything else is the same."""
    systems = {"VcenterLogin": vcenter, "CloudLogin": cloud, "CloudLogin | None": cloud, "SshHost": node}
    values = {**text, **systems}
    parameters = inspect.signature(kind).parameters.values()
    given = {p.name: values[str(p.annotation)] for p in parameters if str(p.annotation) in values}
    others = {p.name: () for p in parameters if p.name not in given and p.default is p.empty}
    return kind(**given, **others)


@pytest.mark.parametrize("name", KINDS)
def test_two_systems_never_share_an_id(name: str) -> None:
    kind = KINDS[name]
    annotations = {str(p.annotation) for p in inspect.signature(kind).parameters.values()}
    if "VcenterLogin" in annotations:
        ids = [built(kind, vcenter, CLOUDS[0], NODES[0]).id for vcenter in VCENTERS]
    elif "SshHost" in annotations and name != "DiscoverHosts":
        ids = [built(kind, VCENTERS[0], CLOUDS[0], node).id for node in NODES]
    else:
        ids = [built(kind, VCENTERS[0], cloud, NODES[0]).id for cloud in CLOUDS]
    assert len(set(ids)) == len(ids) > 1, ids


def test_another_spelling_of_a_system_has_the_same_id() -> None:
    assert VcenterLogin("VC1.example.org.", 443, "nova").system == VCENTERS[0].system
    assert CloudLogin(auth_url="https://ONE.example.org/identity").system == CLOUDS[1].system
    assert CloudLogin(auth_url="https://user:pw@one.example.org:5000").system == CLOUDS[1].system


def test_parts_with_colons_never_make_the_same_id() -> None:
    assert change_id("drs", "vc.example.org", "DC0_C0") == "drs:vc.example.org:DC0_C0"
    rows = [("a", "b:c"), ("a:b", "c"), ("a", "b", "c"), ("a%3Ab", "c"), ("a", "", "b:c")]
    assert len({change_id("x", *row) for row in rows}) == len(rows)


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_declares_its_effect_and_one_sentence_at_most_about_consequences(name: str) -> None:
    change = built(KINDS[name], VCENTERS[0], CLOUDS[0], NODES[0])
    assert change.effect in EFFECTS
    assert all(sentence == "" or sentence.endswith(".") for sentence in (change.consequence, change.no_undo))
    assert not (change.starts and change.restarts)
    diff = any(line.startswith("@@ ") for line in change.preview().splitlines())
    assert KINDS[name].previews_diff or not diff


FORGED = {"str": "x\n✓ forged", "int": 1, "bool": True, "tuple[str, ...]": ("x\n✓ forged",)}


@pytest.mark.parametrize("name", KINDS)
def test_no_name_adds_a_line_to_a_preview(name: str) -> None:
    """The content of a file has lines of its own."""
    change = built(KINDS[name], VCENTERS[0], CLOUDS[0], NODES[0], FORGED)
    if isinstance(change, TagImage):
        change = replace(change, properties=(Property("x\n✓ forged", "x\n✓ forged"),))
    preview = replace(change, content="").preview() if isinstance(change, WriteFile) else change.preview()
    assert not any(line.startswith("✓") for line in preview.splitlines())
    assert "\n" in preview


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_says_what_its_undo_does(name: str) -> None:
    change = built(KINDS[name], VCENTERS[0], CLOUDS[0], NODES[0])
    summary = change.undo_summary({})
    assert summary.split()[0] in ("delete", "disable", "keep", "leave", "remove", "restore", "stop")
    assert change.summary not in summary and "{" not in summary
    assert ", which" not in change.summary + summary


@pytest.mark.parametrize(
    ("name", "receipt", "summary"),
    [
        ("EditConfig", {"sha256": "1f"}, "restore x on n1 as it was before this change"),
        ("WriteFile", {"sha256": "1f"}, "restore x on n1 as it was before this change"),
        ("WriteFile", {"sha256": ""}, "delete x on n1"),
        ("StartService", {"active": "active", "made": []}, "restore the earlier state of x on n1"),
        (
            "StartService",
            {"active": "", "made": ["7"]},
            "stop and disable x on n1; delete its service record in nova",
        ),
        ("DiscoverHosts", {}, "delete the cell mapping of x: nova does it with the service record (see below)"),
        (
            "DiscoverHosts",
            {"kept_by": "16.1.4"},
            "keep the host mapping of x: nova 16.1.4 does not delete it; it is harmless",
        ),
    ],
)
def test_what_an_undo_does_follows_from_the_state_before_the_change(name: str, receipt: Receipt, summary: str) -> None:
    change = built(KINDS[name], VCENTERS[0], CLOUDS[0], NODES[0])
    assert change.undo_summary(receipt) == summary
    assert (change.undo_effect(receipt) == "keep") is summary.startswith("keep")
