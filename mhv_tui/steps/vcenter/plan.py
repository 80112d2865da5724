"""The choices on the page `vcenter`. This page plans no changes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mhv_tui.core import vsphere
from mhv_tui.core.answers import Trust
from mhv_tui.core.context import Context
from mhv_tui.core.steps import Choice
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.facts import VcenterView, certificate_of, trust_case
from mhv_tui.steps.vcenter.trust import TrustCase, described, pin_problem

ANSWERED = {
    "ca_file": "ca_file: trust only the authorities in {value}",
    "sha256": "pin: another certificate, which vCenter does not have now, SHA-256 {value}",
    "insecure": "insecure: verify no certificate, so that any server can pretend to be vCenter",
}
"""Trust mode -> the words for it, if it is answered and is not one of the choices that suit every vCenter."""


def choices(view: VcenterView) -> Mapping[str, Sequence[Choice]]:
    """Returns as choices: how to trust vCenter's present certificate, and the host names in the certificate."""
    return _choices(trust_case(view.answers, view.answers_of(NodeAnswers), view.earlier), view.facts.certificate)


def choices_on_error(ctx: Context, answers: VcenterAnswers, user: str) -> Mapping[str, Sequence[Choice]]:
    """Returns the same choices after a refused login: the certificate is read without one."""
    case = trust_case(answers, ctx.answers_of(NodeAnswers), ctx.earlier)
    return _choices(case, certificate_of(ctx, answers))


def _choices(case: TrustCase, certificate: vsphere.Certificate) -> Mapping[str, Sequence[Choice]]:
    problem = pin_problem(case, certificate)
    pin = Choice(Trust("sha256", certificate.sha256), f"pin: this certificate alone, {described(certificate)}", problem)
    system = Choice(Trust("system"), "system: trust the authorities of this machine")
    answered = Choice(case.trust, ANSWERED.get(case.trust.kind, "").format(value=case.trust.value))
    others = [] if case.trust in (pin.value, system.value) else [answered]
    hosts = [Choice(name, name) for name in certificate.names if "*" not in name]
    return {"trust": [system, pin, *others], "host": hosts}
