"""The machine's own apt sources, as far as a node of the same release can use them.

A node is given the mirror, suites and components that its host has, read from sources.list and deb822 files; no mirror
is known here, and sources of other makers than the distribution are left out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mhv_tui.lab.host import LabError, os_release, run

SETTINGS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy")
"""apt settings of the host that a node needs as well to reach the same sources."""


@dataclass(frozen=True)
class Source:
    """One stanza of apt sources."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def stanza(self) -> str:
        """The deb822 text."""
        lines = [f"URIs: {self.uri}", f"Suites: {' '.join(self.suites)}", f"Components: {' '.join(self.components)}"]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(["Types: deb", *lines, ""])


def codename() -> str:
    """The release's codename, as apt's suites call it."""
    name = os_release().get("VERSION_CODENAME", "")
    if not name:
        raise LabError("This machine's /etc/os-release names no VERSION_CODENAME; the lab needs a stable release.")
    return name


def host_sources(root: Path = Path("/etc/apt")) -> tuple[Source, ...]:
    """The host's enabled sources of its own release over http or https, its main suite first."""
    release = codename()
    found: list[Source] = []
    for path in [root / "sources.list", *sorted((root / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            found += one_line(path.read_text(encoding="utf-8"))
        elif path.suffix == ".sources" and path.is_file():
            found += deb822(path.read_text(encoding="utf-8"))
    fitting = [fitted for source in found if (fitted := _of_release(source, release))]
    fitting.sort(key=lambda source: release not in source.suites)
    if not fitting or release not in fitting[0].suites:
        raise LabError(f"No http or https source of {release} main is enabled in this machine's /etc/apt.")
    return tuple(fitting)


def one_line(text: str) -> Iterable[Source]:
    """Reads `deb [options] URI SUITE COMPONENT...` lines."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if match:
            options = dict(option.partition("=")[::2] for option in (match[1] or "").split())
            yield Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by", ""))


def deb822(text: str) -> Iterable[Source]:
    """Reads stanzas of `Field: value`, one Source for each URI."""
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", plain):
        fields = {name.lower(): value for name, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.M)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip().lower() == "no":
            continue
        suites, components = (tuple(fields.get(name, "").split()) for name in ("suites", "components"))
        for uri in fields.get("uris", "").split():
            yield Source(uri, suites, components, fields.get("signed-by", "").strip(" "))


def _of_release(source: Source, release: str) -> Source | None:
    """The part of a source that is of this release and that a node can reach."""
    uri = _mirror(source.uri)
    suites = tuple(s for s in source.suites if s == release or s.startswith((f"{release}-", f"{release}/")))
    if not uri.startswith(("http://", "https://")) or not suites or "main" not in source.components:
        return None
    ubuntu = os_release().get("ID") == "ubuntu" and "universe" not in source.components
    components = (*source.components, "universe") if ubuntu else source.components
    return replace(source, uri=uri, suites=suites, components=components)


def _mirror(uri: str) -> str:
    """A `mirror+file:` list stands for its first http entry; every other URI for itself."""
    if not uri.startswith("mirror+file:"):
        return uri
    path = Path("/" + uri.removeprefix("mirror+file:").lstrip("/"))
    listed = re.findall(r"https?://\S+", path.read_text(encoding="utf-8") if path.exists() else "")
    return str(listed[0]) if listed else uri


def host_settings() -> dict[str, str]:
    """The host's values of SETTINGS, where it has any."""
    found = re.findall(r'^([\w:-]+) "(.*)";$', run(["apt-config", "dump"]).stdout, re.M)
    return {name: value for name, value in found if name in SETTINGS and value}
