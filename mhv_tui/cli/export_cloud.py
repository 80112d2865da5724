"""What every export for a deployment tool needs to know of the cloud: that it is one, and its release."""

from __future__ import annotations

from mhv_tui.core.answers import Answers
from mhv_tui.core.context import Context
from mhv_tui.core.errors import UsageError
from mhv_tui.core.ports import Backend
from mhv_tui.core.targets import Target, targets_of
from mhv_tui.domain.releases import Release, by_name
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.cloud.facts import probe


def targets_of_one_cloud(answers: Answers) -> tuple[Target, ...]:
    """Returns the targets of the answers. Raises UsageError if they are in several clouds."""
    targets = targets_of(answers)
    if any(t.answers.of(CloudAnswers) != targets[0].answers.of(CloudAnswers) for t in targets):
        raise UsageError("the targets are in several clouds", "export one answer file for each cloud")
    return targets


def cloud_release(target: Target, backend: Backend) -> Release:
    """Returns the answered release, else the one that the cloud's APIs show. Raises UsageError if they fit several."""
    cloud = target.answers.of(CloudAnswers)
    release = by_name(cloud.release) if cloud.release != "auto" else None
    if release is None:
        release = probe(Context(backend, target, "export"), cloud).release
    if release is None:
        raise UsageError("several releases fit the cloud's APIs", "write the release of the cloud as cloud.release")
    return release
