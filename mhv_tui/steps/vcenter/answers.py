"""The answers of the page `vcenter`: address, login, and how to trust the certificate."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mhv_tui.core.answers import Trust, answer_field, secret_of
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.hosts import host_rule, port_rule
from mhv_tui.core.secret import Account, SecretRef
from mhv_tui.core.text import quoted

if TYPE_CHECKING:
    from mhv_tui.core import vsphere

ACCOUNT = Account("vcenter", ("host", "port"))


def _host_rule(value: str) -> str:
    if not value or re.fullmatch(r"[A-Za-z0-9._\-]+|\[?[0-9A-Fa-f:.]+\]?", value):
        return ""
    if "@" in value:
        return host_rule(value)
    return f"{quoted(value)} is not a host name or address; write it without https://, spaces, port and path"


@dataclass(frozen=True)
class VcenterAnswers:
    """The table [vcenter] of the answer file."""

    host: str = answer_field(
        "The name of the vCenter Server, as in its certificate; not the name of an ESXi host.",
        required=True,
        rule=_host_rule,
        example="vc.example.org",
    )
    port: int = answer_field("The HTTPS port of vCenter.", 443, kind="int", rule=port_rule, advanced=True)
    username: str = answer_field(
        "The vCenter account that nova will use, with its domain.", required=True, example="openstack@vsphere.local"
    )
    password: SecretRef | None = answer_field(
        'The password of the account; in the answer file a reference such as { env = "NAME" }.',
        None,
        kind="secret",
        required=True,
        account=ACCOUNT,
    )
    trust: Trust = answer_field(
        "Trust in vCenter's certificate: "
        '"system", { ca_file = "PATH" }, { sha256 = "AA:BB:..." } to pin a self-signed one, or "insecure".',
        Trust(),
        kind="trust",
    )


def vcenter_login(answers: VcenterAnswers) -> vsphere.VcenterLogin:
    """Returns the address and login from the answers; the password is a reference that is not read yet."""
    from mhv_tui.core import vsphere

    return vsphere.VcenterLogin(
        host=answers.host,
        port=answers.port,
        username=answers.username,
        trust_kind=answers.trust.kind,
        trust_value=answers.trust.value,
        password=secret_of(answers, "password"),
    )
