"""The road, page by page: FLOW is the table of contents, in the order it is walked."""

from __future__ import annotations

from typing import Any

from mhv_tui.core.steps import Step
from mhv_tui.steps import cloud, cluster, datastore, finish, image, network, node, prove, register, vcenter

FLOW: tuple[Step[Any, Any], ...] = (
    cloud.STEP,
    vcenter.STEP,
    cluster.STEP,
    datastore.STEP,
    network.STEP,
    node.STEP,
    register.STEP,
    image.STEP,
    prove.STEP,
    finish.STEP,
)

FIXED = frozenset(("CL05", "CL06", "CN04", "CN05", "CN13", "IM01", "RG09", "VC15"))
"""The codes whose finding may name a fix: what `--fix` and `[[fix]]` can ask for."""
