"""A filter that selects the host key with a pinned fingerprint from the output of ssh-keyscan."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable


def fingerprint(key: str) -> str:
    """The fingerprint of a host key in base64, as `ssh-keygen -l` shows it."""
    digest = hashlib.sha256(base64.b64decode(key)).digest()
    return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"


def key_with_fingerprint(shown_keys: str, pinned: str) -> str:
    """The line of ssh-keyscan whose key has the pinned fingerprint. Raises ValueError if no line has it."""
    for line in shown_keys.splitlines():
        if not line.startswith("#") and fingerprint(line.split()[2]) == pinned:
            return line
    raise ValueError(f"the machine shows no host key with the fingerprint {pinned}")


class FilterModule:
    """The filters of this file, as Ansible loads them."""

    def filters(self) -> dict[str, Callable[..., str]]:
        return {"key_with_fingerprint": key_with_fingerprint}
