"""Computes the hand-over from the newest facts of all pages."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import replace

from mhv_tui.core.handover import Handover, MapRow
from mhv_tui.engine.check import StepResult, earlier_facts
from mhv_tui.engine.failures import DEFECT

log = logging.getLogger(__name__)


def handover_of(results: Iterable[StepResult]) -> Handover | None:
    """The hand-over of the last page; None if that page was not checked. After a crash, it says so.

    A page that was checked again after a change has newer facts than the last page saw.
    """
    rows = list(results)
    for result in rows:
        if result.view is None:
            continue
        try:
            handover = result.step.work.handover(replace(result.view, earlier=earlier_facts(rows)))
        except Exception as error:  # the work is done: a defect of its description must not fail the run
            log.exception("the hand-over of %s crashed", result.step.id)
            sentence = f"The hand-over could not be computed: {type(error).__name__}; {DEFECT}."
            return Handover(rows=(MapRow(0, (sentence,), "unknown"),), command_missing=(sentence,))
        if handover:
            return handover
    return None
