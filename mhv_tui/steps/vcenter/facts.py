"""The facts of the page `vcenter`: the certificate first, then the inventory, the privileges and the clock."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mhv_tui.core import vsphere
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.identities import ObjectIdentity
from mhv_tui.core.steps import PageView
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers, vcenter_login
from mhv_tui.steps.vcenter.trust import TrustCase, trust_findings


@dataclass(frozen=True, kw_only=True)
class VcenterFacts:
    """What vCenter shows. `inventory` is None if its certificate is not trusted, as mhv-tui then does not log in."""

    certificate: vsphere.Certificate
    inventory: vsphere.Inventory | None = None
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id ("" = root folder) -> privilege ids that the login lacks there; objects that lack none are absent."""
    skew_seconds: float = 0.0
    """Seconds that vCenter's clock is ahead of this machine's clock; negative if it is behind."""
    extensions: frozenset[str] = frozenset()
    """Keys of the extensions that are registered in vCenter."""


VcenterView = PageView[VcenterAnswers, VcenterFacts]


def probe(ctx: Context, answers: VcenterAnswers) -> VcenterFacts:
    """Reads the certificate without a login, then logs in once, but only if the certificate is trusted."""
    certificate = certificate_of(ctx, answers)
    case = trust_case(answers, ctx.answers_of(NodeAnswers), ctx.earlier)
    if any(f.level == "failure" for f in trust_findings(case, certificate)):
        return VcenterFacts(certificate=certificate)
    vcenter = ctx.backend.vcenter(vcenter_login(answers))
    inventory = vcenter.inventory()
    if inventory.about.api_type != "VirtualCenter":
        return VcenterFacts(certificate=certificate, inventory=inventory)
    now = ctx.backend.now()
    return VcenterFacts(
        certificate=certificate,
        inventory=inventory,
        missing_privileges=vcenter.missing_privileges({"": privileges.ROOT}),
        skew_seconds=(vcenter.clock() - now).total_seconds(),
        extensions=vcenter.extensions(),
    )


def certificate_of(ctx: Context, answers: VcenterAnswers) -> vsphere.Certificate:
    """Reads vCenter's present certificate, without a login."""
    ca_file = answers.trust.value if answers.trust.kind == "ca_file" else ""
    return ctx.backend.certificate(answers.host, answers.port, ca_file)


def trust_case(answers: VcenterAnswers, node: NodeAnswers, earlier: Mapping[str, Any]) -> TrustCase:
    """Returns what decides whether the certificate is trusted: answers, release and the node's CA file."""
    return TrustCase(answers.host, answers.trust, release_of(earlier), node.ca_file)


def inventory_of(ctx: Context) -> vsphere.Inventory:
    """Reads the inventory again for a later page. Raises FindingError if the page `vcenter` did not log in."""
    facts = ctx.facts_of(VcenterFacts)
    if facts is None or facts.inventory is None:
        raise FindingError(
            finding("VC03", "skipped", "mhv-tui has not logged in, because vCenter's certificate is not trusted")
        )
    return ctx.backend.vcenter(vcenter_login(ctx.answers_of(VcenterAnswers))).inventory()


def identities(view: VcenterView) -> Iterator[ObjectIdentity]:
    """The vCenter by its instance UUID, and its certificate by the fingerprint, unless the answers pin it."""
    place = vcenter_login(view.answers).system
    if inventory := view.facts.inventory:
        yield ObjectIdentity("vCenter", view.answers.host, place, inventory.about.instance_uuid)
    if view.answers.trust.kind != "sha256":
        yield ObjectIdentity(
            "certificate", view.answers.host, place, view.facts.certificate.sha256, is_replaceable=True
        )
