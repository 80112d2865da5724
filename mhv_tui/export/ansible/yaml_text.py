"""Data as YAML text for Ansible: an answer with the signs of a Jinja template is marked, so that it stays a text."""

from __future__ import annotations

import re
from collections.abc import Mapping

from mhv_tui.core.redaction import shown

Plain = str | int | bool | list["Plain"] | dict[str, "Plain"]

TEMPLATE = re.compile(r"\{[{%#]")


class Literal(str):
    """A text that Ansible must not read as a template."""


def literal(value: str) -> str:
    """A text from an answer, marked if Ansible could read it as a template."""
    return Literal(value) if TEMPLATE.search(value) else value


def yaml_text(data: Mapping[str, Plain], comment: str) -> str:
    """A YAML document that begins with a comment."""
    import yaml

    def increase_indent(dumper: yaml.SafeDumper, flow: bool = False, indentless: bool = False) -> None:
        yaml.SafeDumper.increase_indent(dumper, flow, False)

    def represent(dumper: yaml.SafeDumper, value: Literal) -> yaml.ScalarNode:
        return dumper.represent_scalar("!unsafe", str(value), style='"')

    members = {"increase_indent": increase_indent, "ignore_aliases": lambda dumper, value: True}
    kind = type("IndentingDumper", (yaml.SafeDumper,), members)
    yaml.add_representer(Literal, represent, Dumper=kind)
    text = yaml.dump(data, Dumper=kind, sort_keys=False, default_flow_style=False, allow_unicode=True, width=120)
    return f"---\n# {shown(comment)}\n{text}"
