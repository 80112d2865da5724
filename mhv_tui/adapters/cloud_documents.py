"""What the version document of a service shows, and which answers in its place are temporary. Pure."""

from __future__ import annotations

import json

NOT_NOW = frozenset((429, 500, 502, 503, 504))
"""HTTP status of a service that works at another time."""
MICROVERSIONED = ("compute", "block-storage")
"""Services whose version document has microversions, except in the oldest releases."""


def is_json(content: bytes) -> bool:
    """True if a body is JSON that can be read."""
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def is_version_document(content: bytes) -> bool:
    """True for the JSON that Keystone shows at its address, with one version or with all."""
    document = json.loads(content) if is_json(content) else None
    return isinstance(document, dict) and not document.keys().isdisjoint(("version", "versions"))
