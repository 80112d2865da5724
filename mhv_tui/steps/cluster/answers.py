"""The answers of the page `cluster`: its path."""

from __future__ import annotations

from dataclasses import dataclass

from mhv_tui.core.answers import answer_field


@dataclass(frozen=True)
class ClusterAnswers:
    """The table [cluster]."""

    path: str = answer_field(
        "The cluster's inventory path; a bare name is enough if it is unique.",
        required=True,
        example="/DC0/host/DC0_C0",
    )
