"""The page `node`: packages, configuration and service of the compute node that speaks to vCenter.

Refuses a machine that serves another hypervisor, and to start nova-compute before vCenter was seen from there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from mhv_tui.changes.packages import ConfigurePackages
from mhv_tui.core.changes import Change
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.machine import SshHost
from mhv_tui.core.steps import Choice, Step
from mhv_tui.steps import node_checks, node_files, node_goals, node_nova, node_reach
from mhv_tui.steps.checks import all_checks
from mhv_tui.steps.node_asks import NodeAnswers, host_of
from mhv_tui.steps.node_facts import NodeFacts, probe
from mhv_tui.steps.node_plan import NodeView, plan

__all__ = ["STEP", "NodeAnswers", "NodeFacts", "host_of"]


def fixes(view: NodeView) -> Sequence[Change]:
    """Half-configured packages finished, package lists refreshed, the cloud archive added."""
    configure = [ConfigurePackages(host=host_of(view.asked))] if view.facts.survey.broken_packages else []
    return (*configure, node_checks.add_source(view))


def rescue(ctx: Context, asked: NodeAnswers) -> Mapping[str, Sequence[Choice]]:
    """The host keys that the machines show now, to be compared by the operator and pinned: what first sight needs."""
    return {
        "host_key": [Choice(key, f"{key}  shown by {host_of(asked)}") for key in _shown(ctx, host_of(asked))],
        "copy_settings_from": pinned(ctx, asked.copy_settings_from),
    }


def pinned(ctx: Context, host: SshHost | str | None) -> list[Choice]:
    """A machine with the host key that it shows now; empty where it shows none or one is pinned."""
    if not isinstance(host, SshHost) or host.host_key:
        return []
    return [Choice(replace(host, host_key=key), f"{host} pinned to {key}") for key in _shown(ctx, host)]


def _shown(ctx: Context, host: SshHost) -> list[str]:
    try:
        return [ctx.backend.host_key(host)]
    except FindingError:
        return []


STEP: Step[NodeAnswers, NodeFacts] = Step(
    id="node",
    title="Compute node",
    intro="nova-compute for vCenter runs on a machine of its own: packages, nova.conf and service, over SSH.",
    answers=NodeAnswers,
    probe=probe,
    preconditions=all_checks(*node_checks.CHECKS, *node_nova.CHECKS, *node_reach.CHECKS, *node_files.CHECKS),
    postconditions=all_checks(*node_goals.GOALS),
    plan=plan,
    fixes=fixes,
    choices_on_error=rescue,
    requires=("cloud", "vcenter", "cluster", "datastore"),
    uses=("network",),
)
