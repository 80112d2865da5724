"""Rules of Linux, vSphere and nova's driver for the names and numbers of port groups, bridges and VLANs."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mhv_tui.core.text import join_names
from mhv_tui.domain.releases import Release, by_name

BRIDGE_LENGTH = 15
"""The maximum length in bytes of a Linux interface name (IFNAMSIZ without the final NUL)."""
TRUNK = 4095
"""The VLAN number with which a standard port group of vSphere passes all VLANs to the guest."""
RECOMMENDED_BRIDGE = "br100"

_VIRTUAL_WIRE = re.compile(r"^vxw-dvs-\d+-virtualwire-\d+-sid-\d+-")
"""How NSX-V begins the name of the port group of a logical switch."""

_BRIDGE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

#: What nova's driver can attach servers to, by the port's binding:vif_type.
VIF_TYPES: Mapping[str, str] = {"dvs": "a distributed port group", "ovs": "an NSX logical switch"}


def bridge_name_trouble(name: str) -> str:
    """Returns why `name` is no valid Linux bridge name for flat_network_bridge (NW08); empty if it is valid."""
    length = len(name.encode())
    if not name or length > BRIDGE_LENGTH:
        return f"{name} has {length} bytes; a bridge name has at most {BRIDGE_LENGTH}" if name else "the name is empty"
    wrong = sorted({"a blank" if character == " " else character for character in re.sub(r"[A-Za-z0-9._-]", "", name)})
    if wrong:
        allowed = "letters, digits, dots, hyphens and underscores"
        return f"{name} contains {join_names(wrong)}: the name of a Linux bridge has only {allowed}"
    return "" if _BRIDGE.fullmatch(name) else f"{name} must begin with a letter or a digit"


def suggest_bridge(name: str) -> str:
    """Returns a valid bridge name that is similar to `name`."""
    valid = re.sub(r"[^A-Za-z0-9._-]+", "-", name).lstrip("._-")[:BRIDGE_LENGTH].rstrip("._-")
    return valid or RECOMMENDED_BRIDGE


def vlan_trouble(vlan_id: int, kind: str = "standard") -> str:
    """Returns why a port group cannot have this VLAN; empty if it can. 0 means untagged, 1 to 4094 is a VLAN."""
    if 0 <= vlan_id <= 4094:
        return ""
    if vlan_id == TRUNK:
        if kind == "standard":
            return f"{TRUNK} is not a VLAN: with this number vSphere passes all VLANs to the guest"
        return f"{TRUNK} is not a VLAN; for a trunk a distributed port group needs a VLAN range"
    return f"{vlan_id} is not a VLAN; write 0 (untagged) to 4094"


def compared_name(name: str, kind: str, release: Release | None = None) -> str:
    """What nova compares with the name that it searches for (vmwareapi/network_util.py).

    Of a distributed port group it is config.name, in which vCenter spells %, / and \\ as %25, %2f and %5c; from Queens
    on without NSX-V's prefix. Of other networks it is summary.name, as it is shown.
    """
    if kind != "distributed":
        return name
    spelled = name.replace("%", "%25").replace("/", "%2f").replace("\\", "%5c")
    return spelled if release is not None and release < by_name("queens") else _VIRTUAL_WIRE.sub("", spelled)


def is_taken_for(wanted: str, name: str, kind: str, release: Release | None = None) -> bool:
    """Whether nova may take a network of this name and kind if it searches for `wanted` (NW04).

    From Juno on a distributed port group's name only has to contain the wanted one; other names are compared whole.
    """
    compared = compared_name(name, kind, release)
    whole = kind != "distributed" or (release is not None and release < by_name("juno"))
    return wanted == compared if whole else wanted in compared


UNBOUND = ("binding_failed", "unbound", "")
"""The values of binding:vif_type of a port that Neutron did not bind."""


def vif_type_trouble(vif_type: str, release: Release | None = None) -> str:
    """Returns why nova's driver refuses a port with this binding:vif_type (NW02); empty if the driver accepts the port.

    Before Mitaka the driver finds a port group by name for any type.
    """
    if vif_type in UNBOUND:
        return "no mechanism driver of Neutron binds a port for this host"
    if vif_type in VIF_TYPES or (release is not None and release < by_name("mitaka")):
        return ""
    return f"nova's VMware driver accepts only ports of type {' or '.join(VIF_TYPES)}"
