"""What a recording of a vCenter has of an object, and which texts are secrets. The rules are in recording.toml."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from xml.etree.ElementTree import Element

from mhv_tui.domain import object_xml
from mhv_tui.domain.tables import read

FILE = re.compile(r"\d{4,8}-([A-Za-z]{1,80})-(\S{1,250})\.xml")
"""The name of a file with an object: its number, the type and the id of the object."""

FIRST = "0000-ServiceInstance-ServiceInstance.xml"
"""The first file of every recording."""

ABOUT = "mhv-tui.json"
"""The file with what is no object: the login's privileges, the certificate, what could not be read, the answers."""

_NO_SECRET = re.compile(r"true|false|-?\d*")
EVALUATION = "00000-00000-00000-00000-00000"
"""The key of the evaluation licence, the same in every vCenter."""


def kept_properties(kind: str) -> Sequence[str]:
    """Returns the properties to record of an object outside the inventory; none for most types."""
    properties: Sequence[str] = read("recording")["kept"].get(kind, ())
    return properties


def belonging(kind: str) -> Sequence[str]:
    """Returns the names of the properties that refer to objects that belong to an object of this type."""
    names: Sequence[str] = read("recording")["belongs"].get(kind, ())
    return names


def clean(content: Element) -> None:
    """Removes from an object what a recording leaves out, and the text of secrets."""
    kind, _ = object_xml.identity(content)
    names = kept_properties(kind)
    for row in content.findall("propSet"):
        name, value = row.findtext("name", ""), row.find("val")
        if value is None or (names and name not in names) or name in _left_out(kind):
            content.remove(row)
            continue
        for path in (path for path in _left_out(kind) if path.startswith(f"{name}.")):
            _remove(value, path.split(".")[1:])
        _clean_value(value, name)


@cache
def _left_out(kind: str) -> Sequence[str]:
    table = read("recording")["left_out"]
    base = "DistributedVirtualSwitch" if "DistributedVirtualSwitch" in kind else kind
    return (*table["*"], *table.get(base, ()))


def _remove(element: Element, path: Sequence[str]) -> None:
    for part in element.findall(path[0]):
        if len(path) == 1:
            element.remove(part)
        else:
            _remove(part, path[1:])


def _clean_value(value: Element, name: str) -> None:
    table = read("recording")
    for element in [element for element in value.iter() if len(element)]:
        for row in _unknown_keys(element, name):
            element.remove(row)
        if parts := table["parts"].get(element.tag):
            for row in [row for row in element if row.tag not in parts]:
                element.remove(row)
        if element.tag == "Extension":
            _empty(element.find("description"))
        _hide_secrets(element)
    _mask_licences(value)


def _unknown_keys(element: Element, name: str) -> Iterator[Element]:
    """Yields the rows of a list of keys with values that are not recorded. A part without a key is no such row."""
    for tag, keys in read("recording")["keys"].items():
        rows = element.findall(tag)
        rows += list(element) if element.tag == "val" and name == tag else []
        yield from (row for row in rows if row.findtext("key", keys[0]) not in keys)


def _empty(element: Element | None) -> None:
    for part in element if element is not None else ():
        part.text = ""


@cache
def _secret_names() -> re.Pattern[str]:
    return re.compile(read("recording")["secrets"]["names"], re.IGNORECASE)


def _hide_secrets(element: Element) -> None:
    """Removes the text of a part whose own name, or whose key, says that it is a secret; a number stays."""
    key = next((element.findtext(name, "") for name in ("key", "id") if element.findtext(name)), "")
    hidden = [part for part in element if not len(part) and _secret_names().search(part.tag)]
    if _secret_names().search(key):
        hidden += [part for part in element.iter() if part.tag in ("value", "defaultValue")]
    for part in hidden:
        if not _NO_SECRET.fullmatch(part.text or ""):
            part.text = ""


def _mask_licences(value: Element) -> None:
    """Replaces each licence key by a number, so that two licences stay two."""
    keys = [part for part in value.iter("licenseKey") if part.text != EVALUATION]
    for number, part in enumerate(keys, 1):
        part.text = f"XXXXX-XXXXX-XXXXX-XXXXX-{number:05}"
