"""The page `node`: packages, configuration and service of the compute node that speaks to vCenter."""

from __future__ import annotations

from mhv_tui.steps.node_asks import NodeAnswers, host_of

__all__ = ["NodeAnswers", "host_of"]
