"""The answer of the page `cluster`: the path of the cluster."""

from __future__ import annotations

from mhv_tui.core.answers import answer_field
from mhv_tui.core.frozen import dataclass


@dataclass(frozen=True)
class ClusterAnswers:
    """The table [cluster] of the answer file."""

    path: str = answer_field(
        "The cluster's path in vCenter's inventory; the name alone is enough if it is unique.",
        required=True,
        example="/DC0/host/DC0_C0",
    )
