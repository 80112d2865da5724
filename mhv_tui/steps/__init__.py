"""The road, page by page: FLOW is the table of contents, in the order it is walked."""

from __future__ import annotations

from typing import Any

from mhv_tui.core.steps import Step
from mhv_tui.steps.cloud import step as cloud
from mhv_tui.steps.cluster import step as cluster
from mhv_tui.steps.datastore import step as datastore
from mhv_tui.steps.finish import step as finish
from mhv_tui.steps.image import step as image
from mhv_tui.steps.network import step as network
from mhv_tui.steps.node import step as node
from mhv_tui.steps.prove import step as prove
from mhv_tui.steps.register import step as register
from mhv_tui.steps.vcenter import step as vcenter

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
