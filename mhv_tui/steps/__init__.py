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
