"""The check of nova's own code on the node, and the change that corrects it."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.changes.code import CorrectCode
from mhv_tui.core.findings import Finding
from mhv_tui.core.machine import Package
from mhv_tui.core.steps import Check
from mhv_tui.domain import packages
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.nova_bugs import BUGS
from mhv_tui.steps.checks import check, skipped
from mhv_tui.steps.node.answers import NodeAnswers, ssh_host
from mhv_tui.steps.node.facts import NodeFacts, NodeView

CHECKS: list[Check[NodeAnswers, NodeFacts]] = []

CLOSES_UNREAD = BUGS["CN33"]


@check(CHECKS, "CN33")
def images_can_be_read(view: NodeView) -> Iterator[Finding]:
    """CN33: nova's code can read images. The code itself is checked, as a package may contain the correction or not.

    As long as the packages are not installed completely, only a package counts in which the bug was found.
    """
    facts, host, path = view.facts, view.answers.host, _path(view.facts)
    change = correction(view)
    fix = change.id if change else None
    if has_bug(facts):
        remedy = None if change else f"Upgrade nova on {host} to {_nova(facts).candidate}, and restart nova-compute."
        what = path if _is_installed(facts) else f"nova {_nova(facts).installed or _nova(facts).candidate}"
        detail = f"{what} closes images before they are read"
        yield finding("CN33", "failure", detail, subject=host, remedy=remedy, fix=fix)
    elif facts.installing:
        yield finding("CN33", "unknown", "mhv-tui's own installation is not complete yet", subject=host)
    elif not path:
        yield skipped("CN33", "nova is not installed yet; its code is checked after the installation", host)
    elif path not in facts.survey.files:
        yield finding("CN33", "unknown", f"{path} could not be read", subject=host)
    else:
        yield finding("CN33", "ok", f"{path} reads images to their end", subject=host)


def has_bug(facts: NodeFacts) -> bool:
    """Returns whether nova's installed code has the bug, or the package of nova that the plan installs."""
    if _is_installed(facts):
        return CLOSES_UNREAD.is_in(facts.text(_path(facts)))
    return CLOSES_UNREAD.is_known_in(_nova(facts).installed or _nova(facts).candidate)


def correction(view: NodeView) -> CorrectCode | None:
    """Returns the change that corrects nova's code; None without the bug, or if a fixed package is available."""
    facts, bug = view.facts, CLOSES_UNREAD
    candidate = _nova(facts).candidate
    has_fixed_package = bool(candidate) and candidate != _nova(facts).installed and not bug.affects(candidate)
    if not has_bug(facts) or has_fixed_package:
        return None
    packaging = packages.packaging_of(facts.offers)
    return CorrectCode(
        host=ssh_host(view.answers),
        code="CN33",
        bug=bug.bug,
        file=bug.file,
        line=bug.line,
        corrected=bug.corrected,
        unit=packaging.unit if packaging else "",
        path=_path(facts) if _is_installed(facts) else "",
        current=facts.text(_path(facts)),
    )


def _is_installed(facts: NodeFacts) -> bool:
    return bool(facts.text(_path(facts))) and not facts.installing


def _path(facts: NodeFacts) -> str:
    return facts.survey.sources.get(CLOSES_UNREAD.file, "")


def _nova(facts: NodeFacts) -> Package:
    packaging = packages.packaging_of(facts.offers)
    return facts.offers[packaging.version_of] if packaging else Package()
