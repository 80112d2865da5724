"""The checks of the page `vcenter`: certificate, kind of server, version, clock and privileges."""

from __future__ import annotations

from collections.abc import Iterator

from mhv_tui.core import vsphere
from mhv_tui.core.findings import Finding, Level
from mhv_tui.core.steps import Check
from mhv_tui.domain import privileges
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.releases import by_name, vcenter_support
from mhv_tui.steps.checks import check, privilege_finding, skipped
from mhv_tui.steps.cloud.facts import release_of
from mhv_tui.steps.node.answers import NodeAnswers
from mhv_tui.steps.vcenter.answers import VcenterAnswers
from mhv_tui.steps.vcenter.facts import VcenterFacts, VcenterView, trust_case
from mhv_tui.steps.vcenter.trust import trust_findings

CHECKS: list[Check[VcenterAnswers, VcenterFacts]] = []

NO_LOGIN = "mhv-tui has not logged in to a vCenter yet"

SKEW_GOOD, SKEW_LIMIT = 60.0, 300.0
"""Limits in seconds: a larger clock difference is a warning, or above the second a failure (vSphere's own limit)."""

EXTENSION = "org.openstack.compute"
"""The key of the extension that nova's driver registers (nova/virt/vmwareapi/constants.py)."""


@check(CHECKS, "VC03", "VC04", "VC05")
def certificate_is_trusted(view: VcenterView) -> Iterator[Finding]:
    case = trust_case(view.answers, view.answers_of(NodeAnswers), view.earlier)
    yield from trust_findings(case, view.facts.certificate)


@check(CHECKS, "VC09")
def endpoint_is_a_vcenter(view: VcenterView) -> Iterator[Finding]:
    """VC09: the answered host is a vCenter, not a single ESXi host."""
    if view.facts.inventory is None:
        yield skipped("VC09", NO_LOGIN, view.answers.host)
        return
    about = view.facts.inventory.about
    level: Level = "ok" if about.api_type == "VirtualCenter" else "failure"
    kind = f"apiType {about.api_type}" if level == "ok" else f"not a vCenter Server (apiType {about.api_type})"
    detail = f"{view.answers.host} is {about.name} {about.version} build {about.build}, {kind}"
    yield finding("VC09", level, detail, subject=view.answers.host)


def _about_vcenter(view: VcenterView) -> vsphere.About | None:
    inventory = view.facts.inventory
    return inventory.about if inventory and inventory.about.api_type == "VirtualCenter" else None


@check(CHECKS, "VC10")
def version_suits_the_release(view: VcenterView) -> Iterator[Finding]:
    """VC10: the cloud's nova supports the version of vCenter."""
    about, release = _about_vcenter(view), release_of(view.earlier)
    if about is None:
        yield skipped("VC10", NO_LOGIN)
        return
    if release is None:
        yield finding("VC10", "unknown", f"vCenter is {about.version}; the cloud's release is not known yet")
        return
    subject = about.version
    support = vcenter_support(release, about.version)
    if support in ("refused", "below minimum"):
        level: Level = "failure" if support == "refused" else "warning"
        detail = f"vCenter is {about.version}, but nova {release.title} requires {release.vcenter_minimum}"
        yield finding("VC10", level, detail, subject=subject)
    elif support == "below recommended":
        detail = f"vCenter is {about.version}; nova {release.title} recommends {release.vcenter_recommended} or newer"
        yield finding("VC10", "warning", detail, subject=subject)
    else:
        detail = f"vCenter is {about.version}, and nova {release.title} accepts it"
        yield finding("VC10", "ok", detail, subject=subject)


@check(CHECKS, "VC08")
def clocks_agree(view: VcenterView) -> Iterator[Finding]:
    """VC08: vCenter's clock agrees with this machine's clock."""
    if _about_vcenter(view) is None:
        yield skipped("VC08", NO_LOGIN, view.answers.host)
        return
    skew = view.facts.skew_seconds
    level: Level = "ok" if abs(skew) <= SKEW_GOOD else "warning" if abs(skew) <= SKEW_LIMIT else "failure"
    detail = f"vCenter's clock is {abs(skew):.0f} s {'ahead of' if skew > 0 else 'behind'} this machine's"
    yield finding(
        "VC08",
        level,
        "vCenter's clock agrees with this machine's within a second" if abs(skew) < 1 else detail,
        subject=view.answers.host,
    )


@check(CHECKS, "VC12")
def privileges_are_granted(view: VcenterView) -> Iterator[Finding]:
    """VC12: the login has its privileges on the root folder; later pages check the privileges on their objects."""
    if _about_vcenter(view) is None:
        yield skipped("VC12", NO_LOGIN)
        return
    missing = [p for p in view.facts.missing_privileges.get("", ()) if p != privileges.EXTENSION]
    yield privilege_finding("VC12", "the root folder", view.answers.username, missing, privileges.ROOT)


@check(CHECKS, "VC14")
def extension_is_registered(view: VcenterView) -> Iterator[Finding]:
    """VC14: nova's extension is registered, or the login may register it (Kilo and newer do at start)."""
    release = release_of(view.earlier)
    if _about_vcenter(view) is None:
        yield skipped("VC14", NO_LOGIN, EXTENSION)
    elif release and release < by_name("kilo"):
        yield skipped("VC14", f"nova {release.title} does not register an extension", EXTENSION)
    elif EXTENSION in view.facts.extensions:
        yield finding("VC14", "ok", f"{EXTENSION} is registered", subject=EXTENSION)
    elif privileges.EXTENSION in view.facts.missing_privileges.get("", ()):
        lack = f"{view.answers.username} lacks {privileges.EXTENSION} on the root folder"
        yield finding("VC14", "failure", f"{EXTENSION} is not registered, and {lack}", subject=EXTENSION)
    else:
        yield finding("VC14", "ok", f"nova will register {EXTENSION}; the login has the privilege", subject=EXTENSION)


@check(CHECKS, "VC16")
def port_is_known_to_the_release(view: VcenterView) -> Iterator[Finding]:
    """VC16: the release can use vCenter's port; before Juno nova transfers images to port 443 only."""
    release = release_of(view.earlier)
    port = view.answers.port
    if port == 443:
        yield skipped("VC16", "the port is 443, which every release uses", str(port))
    elif release is None:
        detail = f"vCenter's port is {port}; the cloud's release is not known yet"
        yield finding("VC16", "unknown", detail, subject=str(port))
    elif release < by_name("juno"):
        detail = f"vCenter's port is {port}, but nova {release.title} can only use 443"
        yield finding("VC16", "failure", detail, subject=str(port))
    else:
        yield finding("VC16", "ok", f"nova {release.title} can use port {port}", subject=str(port))


@check(CHECKS, "VC11")
def dollar_is_doubled(view: VcenterView) -> Iterator[Finding]:
    """VC11: shows how a $ in the user name is written in nova.conf. The page `node` checks the password."""
    if "$" in view.answers.username:
        escaped = view.answers.username.replace("$", "$$")
        yield finding("VC11", "ok", f"the user name is written as {escaped} in nova.conf", subject="username")
    else:
        yield skipped("VC11", "the user name has no $", "username")
