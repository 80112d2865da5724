"""FLOW lists the pages of the wizard in their order.

Each page is a package with answers, facts, checks and plan; its module `step` combines them, and imports all but the
answers when the page is first checked. The `__init__` modules of the pages import nothing, so that a page can read the
answers of a later page.
"""

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

FIXED = frozenset(code for step in FLOW for code in step.fix_codes)
"""The codes of the findings that mhv-tui can fix. `--fix` and `[[fix]]` accept these codes."""
