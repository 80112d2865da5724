"""The choices on the page `cloud`. This page plans no changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core.context import Context
from mhv_tui.core.steps import Choice
from mhv_tui.steps.cloud.answers import CloudAnswers
from mhv_tui.steps.cloud.facts import CloudView


def local_choices(ctx: Context, answers: CloudAnswers) -> Mapping[str, Sequence[Choice]]:
    """Returns the clouds in clouds.yaml and in the environment as choices, each with its URL and its source."""
    entries = ctx.backend.local.cloud_entries().entries
    return {"name": [Choice(e.name, "  ".join(filter(None, (e.name, e.auth_url, e.source)))) for e in entries]}


def choices(view: CloudView) -> Mapping[str, Sequence[Choice]]:
    """Returns the releases that fit the API's versions as choices."""
    rows = [Choice("auto", "auto")] if len(view.facts.releases) == 1 else []
    return {"release": [*rows, *(Choice(release.name, release.title) for release in view.facts.releases)]}
