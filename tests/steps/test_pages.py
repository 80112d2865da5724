"""Every page is built alike: the same modules, and it reads no page that it does not declare."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mhv_tui import steps
from mhv_tui.core.steps import Step
from mhv_tui.steps import FLOW

ROOT = Path(steps.__file__).parent
IDS = [step.id for step in FLOW]
EMPTY = {"finish": {"checks", "plan"}}
"""Modules that a page has nothing to put into."""


def trees(page: str) -> Iterator[tuple[str, ast.Module]]:
    """The modules of a page by name."""
    for path in sorted((ROOT / page).glob("*.py")):
        yield path.stem, ast.parse(path.read_text(encoding="utf-8"))


def imports(page: str, only: str = "") -> Iterator[tuple[str, str, str]]:
    """(page, module, name) of everything that a page, or ``only`` one module of it, imports from another page."""
    for tree in (tree for name, tree in trees(page) if only in ("", name)):
        for node in ast.walk(tree):
            module = node.module or "" if isinstance(node, ast.ImportFrom) else ""
            parts = module.split(".")
            if parts[:2] == ["mhv_tui", "steps"] and len(parts) == 4 and parts[2] != page:
                assert isinstance(node, ast.ImportFrom)
                yield from ((parts[2], parts[3], name.name) for name in node.names)


def answers_read(page: str) -> set[str]:
    """The pages whose answers a page imports, or a module of another page that it imports."""
    modules = {(other, module) for other, module, _ in imports(page)}
    indirect = {(later, kind) for other, module in modules for later, kind, _ in imports(other, module)}
    return {other for other, module in modules | indirect if module == "answers"}


@pytest.mark.parametrize("step", FLOW, ids=IDS)
def test_a_page_has_the_same_modules_as_the_others(step: Step[Any, Any]) -> None:
    modules = {name for name, _ in trees(step.id)}
    assert {"__init__", "answers", "facts", "step", "checks", "plan"} - EMPTY.get(step.id, set()) <= modules
    assert not modules & EMPTY.get(step.id, set())
    assert step.answers.__module__ == f"mhv_tui.steps.{step.id}.answers"
    assert step.work.probe.__module__ == f"mhv_tui.steps.{step.id}.facts"


def test_answers_and_facts_are_named_by_their_types() -> None:
    assert len({step.answers for step in FLOW}) == len(FLOW)


def test_a_package_imports_nothing_so_that_later_answers_can_be_read() -> None:
    assert [page for page in IDS for name, tree in trees(page) if name == "__init__" and len(tree.body) != 1] == []


@pytest.mark.parametrize("step", FLOW, ids=IDS)
def test_answers_of_a_page_know_no_other_page(step: Step[Any, Any]) -> None:
    (tree,) = [tree for name, tree in trees(step.id) if name == "answers"]
    modules = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    assert not [module for module in modules if module.startswith("mhv_tui.steps")]


@pytest.mark.parametrize("step", FLOW, ids=IDS)
def test_a_page_reads_only_the_pages_that_it_declares(step: Step[Any, Any]) -> None:
    with_facts = {*step.requires, *step.uses}
    read = {page for page, module, _ in imports(step.id) if module != "answers"}
    only_answers = {page for page, module, _ in imports(step.id)} - with_facts
    assert read <= with_facts
    assert only_answers <= set(step.reads_answers) <= answers_read(step.id) - with_facts


@pytest.mark.parametrize("step", FLOW[:-1], ids=IDS[:-1])
def test_a_page_reads_every_page_that_it_declares(step: Step[Any, Any]) -> None:
    assert {*step.requires, *step.uses} <= {page for page, _, _ in imports(step.id)}


def test_the_last_page_comes_after_all_others() -> None:
    assert FLOW[-1].uses == tuple(IDS[:-1])


@pytest.mark.parametrize("step", FLOW, ids=IDS)
def test_only_later_answers_are_read_and_no_later_facts(step: Step[Any, Any]) -> None:
    earlier = IDS[: IDS.index(step.id)]
    assert [page for page in (*step.requires, *step.uses) if page not in earlier] == []


@pytest.mark.parametrize("step", FLOW, ids=IDS)
def test_the_codes_with_a_fix_are_those_whose_findings_name_one(step: Step[Any, Any]) -> None:
    calls = [
        node
        for _, tree in trees(step.id)
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and any(keyword.arg == "fix" for keyword in node.keywords)
    ]
    codes = {call.args[0].value for call in calls if isinstance(call.args[0], ast.Constant)}
    of_the_lint = {"IM01", "IM02", "IM03", "IM04", "IM20", "IM22"} if step.id == "image" else set[str]()
    assert codes | of_the_lint == set(step.fix_codes)
