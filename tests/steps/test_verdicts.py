"""Every check of every page gives a verdict in every view, and only of the codes that it declares."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from mhv_tui.core.context import Context
from mhv_tui.core.findings import Finding
from mhv_tui.core.machine import ConnectionTest
from mhv_tui.core.steps import Check, PageView, Step
from mhv_tui.demo.scenes import SCENES
from mhv_tui.domain import catalogue
from mhv_tui.domain.disks import Disk
from mhv_tui.engine.check import Overrides, check_steps
from mhv_tui.steps import FLOW
from tests.steps import node_views, test_image, test_image_review, test_node
from tests.steps.case_world import PAGES, Case, cases, view_of, world
from tests.steps.sentences import headless
from tests.steps.walked_world import context, copied, page, put

Begin = Callable[..., Context]
Reported = tuple[str, tuple[str, ...], str]
PAGE_CASES = [(step.id, case) for step in PAGES for case in cases(step.id)]
WORLDS: dict[str, dict[str, Any]] = {
    "nothing is answered": {"answers": {"mhv_answers": 1}},
    "no release": {"cloud.release": "", "cloud.releases": ["yoga", "zed"]},
    "release newer than the table": {"cloud.release": "", "cloud.releases": []},
    "no cluster": {"answers.cluster.path": "nowhere"},
    "no host": {"inventory.clusters.0.host_ids": [], "inventory.clusters.0.datastore_ids": []},
    "no mounts": {"inventory.datastores.0.mounts": []},
    "HA is not reported": {"inventory.clusters.0.ha_enabled": None},
    "no port group": {"answers.network": {}},
    "no expression and no name": {"answers.datastore": {}},
}


def checks_of(step: Step[Any, Any]) -> tuple[Check[Any, Any], ...]:
    return (*step.work.preconditions, *step.work.postconditions)


def verdicts(step: Step[Any, Any], view: PageView[Any, Any]) -> list[Finding]:
    """The findings of a page, after each check was answers for one of its codes."""
    rows: list[Finding] = []
    for check in checks_of(step):
        findings = list(check.findings(view))
        assert findings, f"{step.id} {check.codes} gives no verdict"
        assert {f.code for f in findings} <= set(check.codes), (step.id, check.codes, findings)
        rows += findings
    assert headless(rows) == []
    return rows


@pytest.mark.parametrize(("page_id", "case"), PAGE_CASES, ids=lambda row: row if isinstance(row, str) else row.title)
def test_every_check_gives_a_verdict_in_every_case(page_id: str, case: Case) -> None:
    doc = world(case.profile, case.set)
    for step in PAGES[[step.id for step in PAGES].index(page_id) :]:
        verdicts(step, view_of(step.id, doc))


@pytest.mark.parametrize("profile", ("", "nova-network"))
@pytest.mark.parametrize("name", WORLDS)
def test_every_check_gives_a_verdict_of_what_is_missing(name: str, profile: str) -> None:
    doc = world(profile, WORLDS[name])
    for step in PAGES:
        verdicts(step, view_of(step.id, doc))


def views(
    scene: str, path: Path, answers: dict[str, dict[str, Any]]
) -> Iterator[tuple[Step[Any, Any], PageView[Any, Any]]]:
    """The views of a scene; failures are accepted if they can be, so that the later pages are reached."""
    accepts = dict.fromkeys(catalogue.ENTRIES, "test")
    ctx = context(path / f"{scene}.json", scene, answers)
    for result in check_steps(FLOW, ctx, lambda event: None, overrides=Overrides(accepts=accepts)):
        if result.view is not None:
            yield result.step, result.view
    ctx.backend.close()


VARIANTS: dict[str, dict[str, dict[str, Any]]] = {
    "as it is": {},
    "old release": {"cloud": {"release": "havana"}},
    "new release": {"cloud": {"release": "epoxy"}},
    "nothing to copy, no controller": {"node": {"copy_settings_from": None}, "register": {"controller": "none"}},
    "no zone, no tags": {"register": {"availability_zone": "", "tag_images": False}},
    "own authorities": {"vcenter": {"trust": "system"}, "node": {"ca_file": "/etc/ssl/vmca.pem"}},
    "storage policy": {"node": {"pbm_enabled": True, "pbm_default_policy": "gold"}},
    "no flavor": {"prove": {"flavor": "nowhere", "network": ""}},
}


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("scene", SCENES)
def test_every_check_gives_a_verdict_in_every_scene(scene: str, variant: str, tmp_path: Path) -> None:
    for step, view in views(scene, tmp_path, VARIANTS[variant]):
        verdicts(step, view)


def reported(step: Step[Any, Any], view: PageView[Any, Any]) -> set[Reported]:
    """Each check of a page, by its codes, with each code that it reports."""
    return {(step.id, check.codes, f.code) for check in checks_of(step) for f in check.findings(view)}


def of_the_first_pages() -> Iterator[tuple[Step[Any, Any], PageView[Any, Any]]]:
    for page_id, case in PAGE_CASES:
        doc = world(case.profile, case.set)
        yield next((step, view_of(page_id, doc)) for step in PAGES if step.id == page_id)


@pytest.fixture
def world_of(walked: Callable[[str], Path], tmp_path: Path) -> Begin:
    """As the common fixture, but each context has a world of its own."""
    numbers = itertools.count()

    def begin(scene: str = "article", built: bool = False, answers: dict[str, dict[str, Any]] | None = None) -> Context:
        path = tmp_path / f"world-{next(numbers)}.json"
        return context(copied(walked(scene), path) if built else path, scene, answers or {})

    return begin


def of_the_node(world_of: Begin) -> Iterator[tuple[Step[Any, Any], PageView[Any, Any]]]:
    for case in test_node.cases():
        ctx = world_of(built=case.built, answers=case.answers)
        for place, value in case.set.items():
            put(ctx, place.replace("HYPERVISOR", node_views.of_vmware(ctx)), value)
        yield page_and_view(ctx, "node")
        ctx.backend.close()
    step, view = page_and_view(world_of(), "node")
    connections = {"vc.example.org:443": ConnectionTest("refused")}
    yield step, replace(view, facts=replace(view.facts, survey=replace(view.facts.survey, connections=connections)))
    for multi_host in (False, True):
        yield page_and_view(world_of("nova-network", answers={"network": {"multi_host": multi_host}}), "node")


def of_the_image(world_of: Begin) -> Iterator[tuple[Step[Any, Any], PageView[Any, Any]]]:
    for _, _, changed, answers in test_image.CASES:
        ctx = world_of(answers=answers)
        for place, value in changed.items():
            put(ctx, place, value)
        yield page_and_view(ctx, "image")
        ctx.backend.close()
    reviewed = [row[0] for row in test_image_review.REVIEWED]
    for properties, name in itertools.product(
        [*reviewed, *(row[0] for row in test_image.ADOPTED)], ("ubuntu-vmware", "other")
    ):
        ctx = world_of()
        put(ctx, "cloud > images > x", {"name": name, **test_image.IMAGE, "properties": properties})
        step, view = page_and_view(ctx, "image")
        yield step, view
        yield step, step.view(view.answers, replace(view.facts, disk=None), view.all_answers, view.earlier)
        ctx.backend.close()
    ctx = world_of()
    put(
        ctx,
        "cloud > images > x",
        {"name": "other", **test_image.IMAGE, "disk_format": "qcow2", "properties": test_image_review.GOOD},
    )
    yield page_and_view(ctx, "image")
    ctx.backend.close()
    ctx = world_of(answers={"image": {"disk_type": "sparse"}})
    put(ctx, "vcenters > vc.example.org > datastores > datastore-31 > type", "vsan")
    step, view = page_and_view(ctx, "image")
    yield step, view
    for code in ("IM07", "IM10", "IM13", "IM21"):
        yield step, replace(view, facts=replace(view.facts, disk=Disk("other", 1, problems=((code, "it is wrong"),))))
    step, view = page_and_view(world_of(), "image")
    iso = step.view(view.answers, replace(view.facts, disk=test_image.ISO), view.all_answers, view.earlier)
    yield step, iso


def page_and_view(ctx: Context, page_id: str) -> tuple[Step[Any, Any], PageView[Any, Any]]:
    """A page and its view in this world."""
    result = page(ctx, page_id)
    assert result.view is not None
    return result.step, result.view


def test_every_check_reports_each_code_that_it_declares(world_of: Begin, tmp_path: Path) -> None:
    scenes = (row for scene in SCENES for row in views(scene, tmp_path, {}))
    rows = (*of_the_first_pages(), *scenes, *of_the_node(world_of), *of_the_image(world_of))
    declared = {(step.id, check.codes, code) for step in FLOW for check in checks_of(step) for code in check.codes}
    assert declared == {row for step, view in rows for row in reported(step, view)}
