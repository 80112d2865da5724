"""What the page `cloud` offers; it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core.steps import Choice
from mhv_tui.steps.cloud.facts import CloudView


def choices(view: CloudView) -> Mapping[str, Sequence[Choice]]:
    """The releases that fit the API's versions."""
    rows = [Choice("auto", "auto")] if len(view.facts.releases) == 1 else []
    return {"release": [*rows, *(Choice(release.name, release.title) for release in view.facts.releases)]}
