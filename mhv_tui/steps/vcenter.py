"""The page of the vCenter: reaching it, trusting its certificate, and what the login may do there.

Refuses to log in where the certificate is not trusted in the way that was answered.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from mhv_tui.core import vsphere
from mhv_tui.core.answers import Trust, ask
from mhv_tui.core.secret import SecretRef


def _host_rule(value: str) -> str:
    if not value or re.fullmatch(r"[A-Za-z0-9._\-]+|\[?[0-9A-Fa-f:.]+\]?", value):
        return ""
    return f"{value!r} is not a bare host name or address; write it without https://, port and path"


def _port_rule(value: int) -> str:
    return "" if 1 <= value <= 65535 else f"{value} is not a TCP port; write 1 to 65535"


@dataclass(frozen=True)
class VcenterAnswers:
    """The table [vcenter]."""

    host: str = ask(
        "The vCenter Server's name, as its certificate has it; not an ESXi host.",
        required=True,
        rule=_host_rule,
        example="vc.example.org",
    )
    port: int = ask("Its HTTPS port.", 443, kind="int", rule=_port_rule, advanced=True)
    username: str = ask(
        "The account that nova will use, with its domain.", required=True, example="openstack@vsphere.local"
    )
    password: SecretRef | None = ask("The account's password, as a reference.", None, kind="secret", required=True)
    trust: Trust = ask(
        'How its certificate is trusted: "system", { ca_file = "PATH" }, { sha256 = "AA:BB:..." }, or "insecure".',
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
        asked.host, asked.port, asked.username, asked.trust.kind, asked.trust.value, asked.password
    )
