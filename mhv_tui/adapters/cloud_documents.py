"""Reads what services send: version documents, links to the next page, temporary errors. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

NOT_NOW = frozenset((429, 500, 502, 503, 504))
"""HTTP status of a service that works at another time."""
MICROVERSIONED = ("compute", "block-storage")
"""Services whose version document has microversions, except in the oldest releases."""

VersionRange = tuple[str | None, str | None]

_CURRENT_PATH = re.compile(r"/v2\.1(/|$)")
_V2_PATH = re.compile(r"/v2(/|$)")

ANY_VERSION: tuple[VersionRange, ...] = ((None, None),)
VERSIONS: Mapping[str, tuple[VersionRange, ...]] = {
    # A catalogue entry of /v2/ has no microversions, even in a new release. Only Juno and older have nothing else.
    "compute": (("2.1", "2.latest"), ("2", "2.latest")),
    "image": (("2", "2.latest"),),
    "network": (("2", "2.latest"),),
    "block-storage": (("3", "3.latest"),),
}
"""Service -> pairs of lowest and highest API version to use. A second pair is used if the service lacks the first."""


def sibling_url(endpoint: str) -> str:
    """The address of nova's /v2.1 beside an endpoint /v2, or below an unversioned one; "" for an endpoint /v2.1."""
    if _CURRENT_PATH.search(endpoint):
        return ""
    return _V2_PATH.sub(r"/v2.1\1", endpoint) if _V2_PATH.search(endpoint) else f"{endpoint.rstrip('/')}/v2.1"


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


def numbers(version: str) -> tuple[int, ...]:
    """Returns a version as numbers, so that 2.100 compares as newer than 2.96."""
    return tuple(int(part) for part in version.split(".") if part.isdigit())


def next_query(page: Mapping[str, Any], key: str) -> str:
    """Returns the query string of the next page: from `next` (Glance) or a link with rel=next (nova, Neutron).

    Ignores the host in that link, because it may be an internal address.
    """
    link = page.get("next") or next((x["href"] for x in page.get(f"{key}_links", ()) if x.get("rel") == "next"), "")
    return str(link).partition("?")[2]
