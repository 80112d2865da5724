"""The XML of vSphere's objects, as vCenter sends them and as the files of `govc object.save` have them.

An object is an <ObjectContent> with <obj type="HostSystem">host-9</obj>, and a <propSet> for each property, which has a
<name> and a <val>.
"""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

SCHEMA = "http://www.w3.org/2001/XMLSchema-instance"
TYPE = f"{{{SCHEMA}}}type"
"""The attribute with the type of a value, such as xsd:string or ArrayOfOptionValue."""

MOST_TAGS = 2_000_000
"""In one document. A host has about 100,000; a tag of 4 bytes takes 100 times its size in memory."""


def parsed(content: bytes) -> Element:
    """Returns the root of a document in UTF-8; names are without namespaces. Raises ValueError with the reason.

    Refuses a document type, so that there are no entities that expand or that name files.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise ValueError("it is not text in UTF-8") from None
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("it declares a document type, which no object of vSphere does")
    if text.count("<") > MOST_TAGS:
        raise ValueError(f"it has more than {MOST_TAGS} XML tags")
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise ValueError(f"it is not XML ({error})") from None
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
    return root


def text_of(element: Element) -> str:
    """Returns an object as text, in the form of govc's files."""
    ElementTree.register_namespace("XMLSchema-instance", SCHEMA)
    ElementTree.indent(element)
    return ElementTree.tostring(element, encoding="unicode") + "\n"


def reference(element: Element) -> tuple[str, str] | None:
    """Returns the type and the id of the object that the element refers to; None if it is no reference."""
    kind, moid = element.get("type", ""), (element.text or "").strip()
    return (kind, moid) if kind and moid and not len(element) else None


def references(element: Element) -> Iterator[tuple[str, str]]:
    """Yields the type and the id of each object that the element refers to, at any depth, each once."""
    rows = (reference(part) for part in element.iter())
    yield from dict.fromkeys(row for row in rows if row)


def identity(content: Element) -> tuple[str, str]:
    """Returns the type and the id of an <ObjectContent>. Raises ValueError if it is none."""
    own = content.find("obj")
    row = reference(own) if own is not None else None
    if content.tag != "ObjectContent" or row is None:
        raise ValueError("it is not an object of vSphere (<ObjectContent> with <obj>)")
    return row


def properties(content: Element) -> dict[str, Element]:
    """Returns the values of an object's properties by their names."""
    rows = ((row.findtext("name", ""), row.find("val")) for row in content.findall("propSet"))
    return {name: value for name, value in rows if value is not None}


def object_of(kind: str, moid: str) -> Element:
    """Returns an object without properties."""
    content = Element("ObjectContent")
    own = ElementTree.SubElement(content, "obj", {"type": kind})
    own.text = moid
    return content
