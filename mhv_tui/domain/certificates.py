"""Which hosts a certificate is valid for, and the public part of a PEM file.

Names are compared as TLS clients do: `*` matches one label of a name, and an address matches only the same address.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

_BLOCK = re.compile(r"-----BEGIN ((?:TRUSTED |X509 )?)CERTIFICATE-----.*?-----END \1CERTIFICATE-----\n?", re.DOTALL)


def covers(names: Iterable[str], host: str) -> bool:
    """Returns True if a certificate for `names` is valid for `host`, a name or an address (RFC 6125)."""
    host_name = _plain(host)
    return any(_matches(_plain(name), host_name) for name in names)


def _plain(name: str) -> str:
    bare = name.strip("[]").rstrip(".").lower()
    return str(ipaddress.ip_address(bare)) if _is_address(bare) else bare


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _matches(name: str, host_name: str) -> bool:
    if name.startswith("*.") and not _is_address(host_name):
        return "." in host_name and host_name.split(".", 1)[1] == name[2:]
    return name == host_name


def certificates(pem: str) -> list[str]:
    """Returns each certificate of a PEM file once, without all other text between and around them."""
    return list(dict.fromkeys(f"{block.group(0).rstrip()}\n" for block in _BLOCK.finditer(pem)))


def public_part(pem: str) -> str:
    """Returns only the certificates of a PEM file, without private keys and all other text."""
    return "".join(certificates(pem))
