"""The page of the vCenter: reaching it, trusting its certificate, and what the login may do there.

Refuses to log in where the certificate is not trusted in the way that was answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from mhv_tui.core import vsphere
from mhv_tui.core.answers import Answers, Trust, answer_field, secret_of
from mhv_tui.core.context import Context
from mhv_tui.core.errors import FindingError
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.core.steps import Choice, PageView, Step
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import by_name
from mhv_tui.steps.checks import all_checks, privilege_finding, seen
from mhv_tui.steps.cloud import release_of
from mhv_tui.steps.vcenter_trust import Trusted, pinning, shown, trust_findings

ACCOUNT = Account("vcenter", ("host", "port"))


def _host_rule(value: str) -> str:
    if not value or re.fullmatch(r"[A-Za-z0-9._\-]+|\[?[0-9A-Fa-f:.]+\]?", value):
        return ""
    return f"{value!r} is not a bare host name or address; write it without https://, port and path"


def _port_rule(value: int) -> str:
    return "" if 1 <= value <= 65535 else f"{value} is not a TCP port; write 1 to 65535"


@dataclass(frozen=True)
class VcenterAnswers:
    """The table [vcenter]."""

    host: str = answer_field(
        "The vCenter Server's name, as its certificate has it; not an ESXi host.",
        required=True,
        rule=_host_rule,
        example="vc.example.org",
    )
    port: int = answer_field("Its HTTPS port.", 443, kind="int", rule=_port_rule, advanced=True)
    username: str = answer_field(
        "The account that nova will use, with its domain.", required=True, example="openstack@vsphere.local"
    )
    password: SecretRef | None = answer_field(
        "The account's password, as a reference.", None, kind="secret", required=True, account=ACCOUNT
    )
    trust: Trust = answer_field(
        'How its certificate is trusted: "system", { ca_file = "PATH" }, { sha256 = "AA:BB:..." } of '
        'one that signed itself, or "insecure".',
        Trust(),
        kind="trust",
    )


@dataclass(frozen=True)
class VcenterFacts:
    """What the vCenter showed. `inventory` is None where its certificate was not trusted: then nobody logged in."""

    certificate: vsphere.Certificate
    inventory: vsphere.Inventory | None = None
    missing_privileges: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Object id ("" = root folder) -> privilege ids that the login lacks there; objects without a lack are absent."""
    skew_seconds: float = 0.0
    """The vCenter's clock less ours."""
    extensions: frozenset[str] = frozenset()
    """Keys of the registered extensions."""


def login_of(asked: VcenterAnswers) -> vsphere.VcenterLogin:
    """Where and how to log in; the password stays a reference."""
    return vsphere.VcenterLogin(
        asked.host, asked.port, asked.username, asked.trust.kind, asked.trust.value, secret_of(asked, "password")
    )


def probe(ctx: Context, asked: VcenterAnswers) -> VcenterFacts:
    """The certificate first, without a login; then one login, and only where the certificate is accepted."""
    ca_file = asked.trust.value if asked.trust.kind == "ca_file" else ""
    certificate = ctx.backend.certificate(asked.host, asked.port, ca_file)
    judged = _judged(asked, ctx.answers, ctx.earlier)
    if any(f.level == "failure" for f in trust_findings(judged, certificate)):
        return VcenterFacts(certificate)
    vcenter = ctx.backend.vcenter(login_of(asked))
    inventory = vcenter.inventory()
    if inventory.about.api_type != "VirtualCenter":
        return VcenterFacts(certificate, inventory)
    here = ctx.backend.now()
    return VcenterFacts(
        certificate,
        inventory,
        vcenter.missing_privileges({"": privileges.ROOT}),
        (vcenter.clock() - here).total_seconds(),
        vcenter.extensions(),
    )


def inventory_of(ctx: Context) -> vsphere.Inventory:
    """A fresh inventory for a later page. Raises Trouble where this page did not get as far as a login."""
    facts = seen(ctx.earlier, "vcenter", VcenterFacts)
    if facts is None or facts.inventory is None:
        raise FindingError(finding("VC03", "skipped", "there was no login, as vCenter's certificate is not trusted"))
    return ctx.backend.vcenter(login_of(ctx.answers.of("vcenter", VcenterAnswers))).inventory()


VcenterView = PageView[VcenterAnswers, VcenterFacts]


def _judged(asked: VcenterAnswers, answers: Answers, earlier: Mapping[str, Any]) -> Trusted:
    named = str(getattr(answers.tables.get("node"), "ca_file", "") or "")
    return Trusted(asked.host, asked.trust, release_of(earlier), named)


def certificate_is_trusted(view: VcenterView) -> Iterator[Finding]:
    """VC03, VC04, VC05."""
    yield from trust_findings(_judged(view.asked, view.answers, view.earlier), view.facts.certificate)


def endpoint_is_a_vcenter(view: VcenterView) -> Iterator[Finding]:
    """VC09: not a single ESXi host."""
    if view.facts.inventory is None:
        return
    about = view.facts.inventory.about
    detail = f"{view.asked.host} is {about.name} {about.version} build {about.build}, apiType {about.api_type}"
    level: Level = "ok" if about.api_type == "VirtualCenter" else "failure"
    yield finding("VC09", level, detail, subject=view.asked.host)


def _vcenter_of(view: VcenterView) -> vsphere.About | None:
    inventory = view.facts.inventory
    return inventory.about if inventory and inventory.about.api_type == "VirtualCenter" else None


def numbers(version: str) -> tuple[int, ...]:
    """A version to compare by numbers: "8.0.3" -> (8, 0, 3)."""
    return tuple(int(part) for part in re.findall(r"\d+", version))


def version_suits_the_release(view: VcenterView) -> Iterator[Finding]:
    """VC10: nova starts against this version."""
    about, release = _vcenter_of(view), release_of(view.earlier)
    if about is None:
        return
    if release is None:
        yield finding("VC10", "unknown", f"vCenter is {about.version}; the cloud's release is not known yet")
        return
    detail = f"vCenter {about.version}, nova {release.name}"
    have, least = numbers(about.version), numbers(release.vcenter_minimum)
    if least and have < least:
        level: Level = "failure" if release.vcenter_enforced else "warning"
        yield finding(
            "VC10",
            level,
            f"vCenter is {about.version}, but nova {release.name} requires {release.vcenter_minimum}",
            subject=about.version,
        )
    elif have < numbers(release.vcenter_recommended):
        yield finding(
            "VC10",
            "warning",
            f"vCenter is {about.version}; nova {release.name} warns below {release.vcenter_recommended}",
            subject=about.version,
        )
    else:
        yield finding("VC10", "ok", detail, subject=about.version)


SKEW_GOOD, SKEW_LIMIT = 60.0, 300.0
"""Seconds: the token service allows minutes at most (vSphere's default clock tolerance is 5 minutes)."""


def clocks_agree(view: VcenterView) -> Iterator[Finding]:
    """VC08: the vCenter's clock against ours."""
    if _vcenter_of(view) is None:
        return
    skew = view.facts.skew_seconds
    level: Level = "ok" if abs(skew) <= SKEW_GOOD else "warning" if abs(skew) <= SKEW_LIMIT else "failure"
    detail = f"vCenter's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    yield finding("VC08", level, "within a second" if abs(skew) < 1 else detail, subject=view.asked.host)


def privileges_are_held(view: VcenterView) -> Iterator[Finding]:
    """VC12 on the root folder; cluster, datastore and network pages look at their own objects."""
    if _vcenter_of(view) is None:
        return
    missing = [p for p in view.facts.missing_privileges.get("", ()) if p != privileges.EXTENSION]
    yield privilege_finding("VC12", "the root folder", view.asked.username, missing, privileges.ROOT)


def extension_is_registered(view: VcenterView) -> Iterator[Finding]:
    """VC14: nova's extension is there, or the login may register it (Kilo and newer do at start)."""
    release = release_of(view.earlier)
    if _vcenter_of(view) is None or (release and release < by_name("kilo")):
        return
    if EXTENSION in view.facts.extensions:
        yield finding("VC14", "ok", f"{EXTENSION} is registered", subject=EXTENSION)
    elif privileges.EXTENSION in view.facts.missing_privileges.get("", ()):
        lacking = f"{view.asked.username} lacks {privileges.EXTENSION} on the root folder"
        detail = f"{EXTENSION} is not registered, and {lacking}"
        yield finding("VC14", "failure", detail, subject=EXTENSION)
    else:
        yield finding("VC14", "ok", f"nova will register {EXTENSION}; it has the privilege", subject=EXTENSION)


EXTENSION = "org.openstack.compute"
"""The key of the extension that nova's driver registers (nova/virt/vmwareapi/constants.py)."""


def port_is_known_to_the_release(view: VcenterView) -> Iterator[Finding]:
    """VC16: host_port came with Juno; before it image transfers go to 443."""
    release = release_of(view.earlier)
    if view.asked.port == 443 or release is None:
        return
    port = view.asked.port
    if release < by_name("juno"):
        detail = f"vCenter's port is {port}, but nova {release.name} can only use 443"
        yield finding("VC16", "failure", detail, subject=str(port))
    else:
        yield finding("VC16", "ok", f"port {port}, nova {release.name}", subject=str(port))


def dollar_is_doubled(view: VcenterView) -> Iterator[Finding]:
    """VC11: a $ in the user name is told, as nova.conf shows it doubled. The password is looked at on the node."""
    if "$" in view.asked.username:
        written = view.asked.username.replace("$", "$$")
        yield finding("VC11", "ok", f"the user name is written as {written} in nova.conf", subject="username")


CHECKS = (
    certificate_is_trusted,
    endpoint_is_a_vcenter,
    version_suits_the_release,
    port_is_known_to_the_release,
    clocks_agree,
    privileges_are_held,
    extension_is_registered,
    dollar_is_doubled,
)


def choices(view: VcenterView) -> Mapping[str, Sequence[Choice]]:
    """The certificate that is shown now, to be pinned where nova can, and the names it is valid for."""
    certificate = view.facts.certificate
    unfit = pinning(_judged(view.asked, view.answers, view.earlier), certificate)
    pin = Choice(Trust("sha256", certificate.sha256), f"pin {shown(certificate)}", unfit)
    hosts = [Choice(name, name) for name in certificate.names if "*" not in name]
    return {"trust": [Choice(Trust("system"), "as this machine trusts"), pin], "host": hosts}


STEP: Step[VcenterAnswers, VcenterFacts] = Step(
    id="vcenter",
    title="vCenter Server",
    intro="The vCenter that manages the ESXi hosts. One login, after its certificate is trusted; nothing is changed.",
    answers=VcenterAnswers,
    probe=probe,
    preconditions=all_checks(*CHECKS),
    choices=choices,
    uses=("cloud",),
)
