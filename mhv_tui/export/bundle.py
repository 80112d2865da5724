"""A support bundle: one TOML file with versions, findings, journal, changes and log of a session, without its names.

The file is a scene as well: `mhv-tui check --demo --scene FILE` opens the world that the checks of the bundle read.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import tomli_w

from mhv_tui import __version__
from mhv_tui.core.changes import Json
from mhv_tui.core.findings import KeyedFinding
from mhv_tui.core.redaction import shown, shown_lines
from mhv_tui.domain.catalogue import ENTRIES
from mhv_tui.export.pseudonyms import Pseudonyms

LIBRARIES = ("textual", "pyvmomi", "openstacksdk", "keystoneauth1", "paramiko", "cryptography", "tomli-w")

FINDING_KEYS = ("step", "code", "level")
RECORD_KEYS = ("time", "what", "step", "kind", "outcome", "exit")
"""The keys of a finding and of a record of the journal that contain no name."""


@dataclass(frozen=True, kw_only=True)
class BundleInput:
    session: str
    made_at: str
    findings: Sequence[KeyedFinding]
    records: Sequence[Mapping[str, Any]]
    """The records of the journal, oldest first."""
    previews: Mapping[str, str]
    """The preview of each change by its id, with secrets masked."""
    damage: Sequence[str]
    log: str
    """The last lines of the session's log."""
    scene: Mapping[str, Any]
    """answers, secrets and world; the world is empty if the systems were not checked for the bundle."""


def bundle(source: BundleInput) -> str:
    """The text of the bundle: secrets masked, names and addresses replaced.

    Only the world shows which names there are. Without it, the bundle has no text that could contain a name.
    """
    has_world = bool(source.scene["world"])
    document = {
        "title": f"Support bundle of mhv-tui {__version__}, {source.made_at}",
        **(source.scene if has_world else {}),
        "bundle": _contents(source) if has_world else _without_texts(_contents(source)),
    }
    replaced = Pseudonyms(document).document(document)
    about = replaced["bundle"]
    about["journal"] = "".join(f"{json.dumps(record, ensure_ascii=False)}\n" for record in about["journal"])
    about["versions"] = _versions()
    return tomli_w.dumps(_safe(replaced), multiline_strings=True)


def _contents(source: BundleInput) -> dict[str, Any]:
    return {
        "session": source.session,
        "made_at": source.made_at,
        "damage": list(source.damage),
        "log": source.log,
        "findings": [{"step": step, **asdict(f)} for (_, step), f in source.findings],
        "changes": [{"id": change, "preview": text} for change, text in source.previews.items()],
        "journal": list(source.records),
    }


def _without_texts(contents: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "made_at": contents["made_at"],
        "findings": [
            {key: row[key] for key in FINDING_KEYS} | {"title": ENTRIES[row["code"]].title}  # its own can have a name
            for row in contents["findings"]
        ],
        "journal": [{key: row[key] for key in RECORD_KEYS if key in row} for row in contents["journal"]],
    }


def _versions() -> dict[str, str]:
    system = {"mhv-tui": __version__, "python": platform.python_version(), "system": platform.platform()}
    return system | {name: _version(name) for name in LIBRARIES}


def _version(library: str) -> str:
    try:
        return version(library)
    except PackageNotFoundError:
        return "not installed"


def _safe(value: Json) -> Json:
    """The value as TOML can have it: without null, and every text masked and safe to show."""
    if isinstance(value, Mapping):
        return {shown(str(key)): _safe(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_safe(item) for item in value if item is not None]
    return shown_lines(value) if isinstance(value, str) else value
