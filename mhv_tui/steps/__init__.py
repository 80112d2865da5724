"""The wizard, page by page: FLOW is the table of contents, in the order of the pages.

Each page is a package with answers, facts, checks and plan; its `step` puts them together. The packages themselves
import nothing, so that a page can read the answers of a later one.
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
"""The codes whose finding may name a fix: what `--fix` and `[[fix]]` can ask for."""
