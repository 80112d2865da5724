"""What the page `vcenter` offers; it changes nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core.answers import Trust
from mhv_tui.core.steps import Choice
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.vcenter.facts import VcenterView, trust_case
from mhv_tui.steps.vcenter.trust import described, pin_problem


def choices(view: VcenterView) -> Mapping[str, Sequence[Choice]]:
    """The certificate that vCenter shows now, to be pinned if nova can, and the names that it is valid for."""
    certificate = view.facts.certificate
    problem = pin_problem(trust_case(view.answers, view.answers_of(NodeAnswers), view.earlier), certificate)
    pin = Choice(Trust("sha256", certificate.sha256), f"pin {described(certificate)}", problem)
    hosts = [Choice(name, name) for name in certificate.names if "*" not in name]
    return {"trust": [Choice(Trust("system"), "as this machine trusts"), pin], "host": hosts}
