"""Replaces the names of a site in a recording, each by the same pseudonym everywhere, so that the findings stay.

Names, domains and IP addresses become pseudonyms of the same form (export.pseudonyms); UUIDs, MAC addresses and
fingerprints become others. A term of the API stays, even if something in the inventory has the same name.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any
from xml.etree.ElementTree import Element

from mhv_tui.core.changes import Json
from mhv_tui.domain import object_xml
from mhv_tui.domain.tables import read
from mhv_tui.export.pseudonyms import Pseudonyms

_PATH = re.compile(r"\[([^\]]*)\] ?(.*)", re.DOTALL)
_UUID = re.compile(r"(?<![0-9A-Fa-f])(?:[0-9A-Fa-f]{2}[ -]?){15}[0-9A-Fa-f]{2}(?![0-9A-Fa-f])")
"""16 bytes, also as vSphere writes those of switches and volumes: 50 0c 9d ..-.. and 5f2c11a7-12345678-abcd-..."""
_OCTETS = re.compile(r"(?<![0-9A-Fa-f:])(?:[0-9A-Fa-f]{2}:){5,31}[0-9A-Fa-f]{2}(?![0-9A-Fa-f:])")
"""A MAC address, or a fingerprint of a certificate."""
_ADDRESS = re.compile(r"(?<![\d.])\d{1,3}(?:\.\d{1,3}){3}(?![\d.])|(?<!\d)\d{1,3}(?:-\d{1,3}){3}(?!\d)")
"""An IPv4 address inside other text, also as it is a part of a host's name: 10-0-0-1."""
_PSEUDONYM = "198.18."
"""How the pseudonym of an address begins."""
_HEX = re.compile("[0-9A-Fa-f]")
_ESCAPE = re.compile("(%2f|%5c|%25)", re.IGNORECASE)
"""How vCenter writes a slash, a backslash and a percent sign in a name."""
_OBJECT_KEY = "key-"
"""How the key of a host's port group or switch begins; the rest is its name."""

UNCHANGED = ("mhv_recording", "made_at", "privileges", "unreadable")
"""The parts of mhv-tui.json that contain no name."""


class RecordingNames:
    """The pseudonyms of one recording, from all of its objects and from mhv-tui.json."""

    def __init__(self, elements: Iterable[Element], about: Mapping[str, Any]) -> None:
        self._key = secrets.token_bytes(16)
        common = set(read("recording")["names"]["common"])
        texts = {name for element in elements for name in names_of(element)} | set(_own_names(about))
        names = {part for text in texts for part in _ESCAPE.split(text)[::2] if not _UUID.fullmatch(part)}
        self._pseudonyms = Pseudonyms({"name": sorted(names - common), "answers": about.get("answers", {})})
        self.text = cache(self._text)

    def replace(self, content: Element) -> None:
        """Replaces every name in the values of an object's properties."""
        table = read("recording")["names"]
        for value in content.findall("propSet/val"):
            for element in value.iter():
                text = element.text or ""
                if element.tag in table["dropped"] and not len(element):
                    element.text = ""
                elif text.strip() and not _is_term(element, text):
                    element.text = self.text(text)

    def document(self, about: Mapping[str, Any]) -> dict[str, Json]:
        """mhv-tui.json with every name replaced."""
        return {key: value if key in UNCHANGED else self._value(value) for key, value in about.items()}

    def _value(self, value: Json) -> Json:
        if isinstance(value, Mapping):
            return {key: self._value(item) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self._value(item) for item in value]
        return self.text(value) if isinstance(value, str) else value

    def _text(self, text: str) -> str:
        parts = _ESCAPE.split(text)
        parts[::2] = map(self._pseudonyms.text, parts[::2])
        return _ADDRESS.sub(self._address, _OCTETS.sub(self._bytes, _UUID.sub(self._bytes, "".join(parts))))

    def _address(self, match: re.Match[str]) -> str:
        address = match.group().replace("-", ".")
        new = address if address.startswith(_PSEUDONYM) else self._pseudonyms.text(address)
        return new.replace(".", "-") if "-" in match.group() else new

    def _bytes(self, match: re.Match[str]) -> str:
        """Other bytes in the same form; the same ones for the same bytes, however they are written."""
        number = "".join(_HEX.findall(match.group())).lower()
        digits = iter(hashlib.blake2b(number.encode(), key=self._key, digest_size=32).hexdigest())
        is_upper = match.group() != match.group().lower()
        return _HEX.sub(lambda _: next(digits).upper() if is_upper else next(digits), match.group())


def _is_term(element: Element, text: str) -> bool:
    """True for a text that is no name: a term of the API, a reference to an object, or the key of an option."""
    if element.tag == "key" and not text.startswith(_OBJECT_KEY):
        return True
    return element.tag in read("recording")["names"]["terms"] or object_xml.reference(element) is not None


def names_of(content: Element) -> Iterator[str]:
    """Yields every name in an object: its own, those in its parts, and the parts of paths on datastores."""
    for row in content.findall("propSet"):
        value = row.find("val")
        if value is None:
            continue
        if row.findtext("name") == "name" and value.text:
            yield value.text
        for element in value.iter():
            yield from filter(None, _names_in(element))


def _names_in(element: Element) -> Iterator[str]:
    table = read("recording")["names"]
    text = element.text or ""
    if element.tag in table["parts"]:
        yield text.strip()
    elif element.tag in table["paths"]:
        yield from _parts_of_path(text)
    if element.findtext("system") != "true":  # a role of every vCenter
        for name in table["within"].get(element.tag, ()):
            yield element.findtext(name, "")
    if element.findtext("key") in table["keys"]:
        yield element.findtext("value", "")


def _parts_of_path(path: str) -> Iterator[str]:
    match = _PATH.fullmatch(path)
    if match:
        yield match[1]
        for part in match[2].split("/"):
            yield part.rpartition(".")[0] or part


def _own_names(about: Mapping[str, Any]) -> Iterator[str]:
    """The names in mhv-tui.json: of the vCenter, its user and its certificate."""
    vcenter, certificate = about.get("vcenter", {}), about.get("certificate", {})
    yield from (vcenter.get("host", ""), vcenter.get("username", ""), certificate.get("issuer", ""))
    yield from certificate.get("names", ())
