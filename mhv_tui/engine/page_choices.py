"""The choices of the pickers of the wizard's pages: those of this machine, and those that a check offers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mhv_tui.core.context import Context
from mhv_tui.core.errors import MhvError
from mhv_tui.core.findings import StepKey
from mhv_tui.core.steps import Choice
from mhv_tui.engine.check import StepResult

Choices = Mapping[str, Sequence[Choice]]
"""Answer key -> the choices that a picker offers."""

NONE: Choices = MappingProxyType({})


class PageChoices:
    """The choices of each page."""

    def __init__(self) -> None:
        self.local: dict[StepKey, Choices] = {}
        """The choices that this machine alone knows."""
        self.on_error: dict[StepKey, Choices] = {}
        """The choices after a failed probe."""

    def of(self, key: StepKey, result: StepResult | None) -> Choices:
        """All choices of a page with this last result."""
        last = result.step.work.choices(result.view) if result and result.view else self.on_error.get(key, NONE)
        return {**self.local.get(key, {}), **last}


def choices_on_error(result: StepResult, ctx: Context) -> Choices:
    """The choices of a page whose probe failed, such as the host key of a machine."""
    step = result.step
    if result.view or ctx.answers.missing(step.id) or not result.stops:
        return NONE
    try:
        return step.work.choices_on_error(ctx, ctx.answers.tables[step.id])
    except MhvError:
        return NONE
