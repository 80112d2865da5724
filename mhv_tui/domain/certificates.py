"""What a certificate is good for, read from its names, and what of a PEM file may be shown to everybody.

Refuses nothing; names are compared as TLS clients do: a star stands for one label, an address for itself alone.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_BLOCK = re.compile(r"-----BEGIN ((?:TRUSTED |X509 )?)CERTIFICATE-----.*?-----END \1CERTIFICATE-----\n?", re.DOTALL)


def covers(names: Iterable[str], host: str) -> bool:
    """Whether a certificate for `names` is one for `host`, a name or an address (RFC 6125)."""
    wanted = _plain(host)
    return any(_matches(_plain(name), wanted) for name in names)


def _plain(name: str) -> str:
    bare = name.strip("[]").rstrip(".").lower()
    return str(ipaddress.ip_address(bare)) if _is_address(bare) else bare


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _matches(name: str, wanted: str) -> bool:
    if name.startswith("*.") and not _is_address(wanted):
        return "." in wanted and wanted.split(".", 1)[1] == name[2:]
    return name == wanted


def public_part(pem: str) -> str:
    """The certificates of a PEM file alone: its private keys and whatever else stands between them are left out."""
    return "".join(f"{block.group(0).rstrip()}\n" for block in _BLOCK.finditer(pem))
