"""The choices on the page `vcenter`. This page plans no changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core.answers import Trust
from mhv_tui.core.steps import Choice
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.vcenter.facts import VcenterView, trust_case
from mhv_tui.steps.vcenter.trust import described, pin_problem


def choices(view: VcenterView) -> Mapping[str, Sequence[Choice]]:
    """Returns as choices: how to trust vCenter's present certificate, and the host names in the certificate."""
    certificate = view.facts.certificate
    problem = pin_problem(trust_case(view.answers, view.answers_of(NodeAnswers), view.earlier), certificate)
    pin = Choice(Trust("sha256", certificate.sha256), f"pin {described(certificate)}", problem)
    hosts = [Choice(name, name) for name in certificate.names if "*" not in name]
    return {"trust": [Choice(Trust("system"), "trust the authorities of this machine"), pin], "host": hosts}
