"""The apt sources of a node, from this machine's own apt sources.

A node of the host's release gets the mirror, suites and components of its host, read from sources.list and deb822
files, without repositories that are not of the distribution's release. Another release comes from the same mirror."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from mhv_tui.lab import suites
from mhv_tui.lab.host import LabError, os_release, run
from mhv_tui.lab.suites import Suite

SETTINGS = ("Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::http::Proxy", "Acquire::https::Proxy")
"""The host's apt settings that a node also needs to reach the same package sources."""

KEYS_PACKAGE: str = suites.TABLES["archive"]["package"]
"""The package with the keys of Debian's archive, which a host that is not Debian may lack."""


@dataclass(frozen=True)
class Source:
    """One stanza of apt sources."""

    uri: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    def stanza(self) -> str:
        """Returns the source in deb822 format."""
        lines = [f"URIs: {self.uri}", f"Suites: {' '.join(self.suites)}", f"Components: {' '.join(self.components)}"]
        if self.signed_by:
            lines.append(f"Signed-By: {self.signed_by}")
        return "\n".join(["Types: deb", *lines, ""])


def codename(root: Path = Path("/")) -> str:
    """Returns the codename of this machine's release, which is also the name of the release's main suite."""
    name = os_release(root).get("VERSION_CODENAME", "")
    if not name:
        raise LabError("This machine's /etc/os-release has no VERSION_CODENAME; the lab needs a stable release.")
    return name


def suite_sources(suite: Suite, root: Path = Path("/")) -> tuple[Source, ...]:
    """Returns a release's http and https sources, the main suite first; raises LabError if the host has no source.

    They are the host's own sources; for another release, they have its suites and only the component main. A host that
    is not Debian gets Debian's own mirror for it."""
    own = codename(root)
    if suite.name == own:
        return host_sources(root)
    archive = suites.TABLES["archive"]
    if os_release(root).get("ID") == "debian":
        parts = [(source, [name.removeprefix(own) for name in source.suites]) for source in host_sources(root)]
    else:
        parts = [(Source(row["uri"], (), (), archive["keys"]), row["suffixes"]) for row in archive["mirrors"]]
    adapted = [
        (source, tuple(suite.name + part for part in names if part in suite.suffixes)) for source, names in parts
    ]
    return tuple(replace(source, suites=names, components=("main",)) for source, names in adapted if names)


def host_sources(root: Path = Path("/")) -> tuple[Source, ...]:
    """Returns the host's http and https sources of its release, the main suite first; raises LabError if none exist."""
    release, apt = codename(root), root / "etc/apt"
    configured: list[Source] = []
    for path in [apt / "sources.list", *sorted((apt / "sources.list.d").glob("*"))]:
        if path.suffix == ".list" and path.is_file():
            configured += one_line(path.read_text(encoding="utf-8"))
        elif path.suffix == ".sources" and path.is_file():
            configured += deb822(path.read_text(encoding="utf-8"))
    ubuntu = os_release(root).get("ID") == "ubuntu"
    usable = [adapted for source in configured if (adapted := _of_release(source, release, ubuntu))]
    usable.sort(key=lambda source: release not in source.suites)
    if not usable or release not in usable[0].suites:
        raise LabError(f"No http or https source of {release} main is enabled in this machine's /etc/apt.")
    return tuple(usable)


def one_line(text: str) -> Iterable[Source]:
    """Parses `deb [options] URI SUITE COMPONENT...` lines."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s+)?(\S+)\s+(\S+)\s+([^#]+)", line)
        if match:
            options = dict(option.partition("=")[::2] for option in (match[1] or "").split())
            yield Source(match[2], (match[3],), tuple(match[4].split()), options.get("signed-by", ""))


def deb822(text: str) -> Iterable[Source]:
    """Parses deb822 stanzas; returns one Source for each URI."""
    plain = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", plain):
        fields = {name.lower(): value for name, value in re.findall(r"^([\w-]+):((?:.*)(?:\n[ \t].*)*)", stanza, re.M)}
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").strip().lower() == "no":
            continue
        suites, components = (tuple(fields.get(name, "").split()) for name in ("suites", "components"))
        for uri in fields.get("uris", "").split():
            yield Source(uri, suites, components, fields.get("signed-by", "").strip(" "))


def _of_release(source: Source, release: str, ubuntu: bool) -> Source | None:
    """Returns the source with only the suites of this release; None if a node cannot use the source."""
    uri = _mirror(source.uri)
    suites = tuple(s for s in source.suites if s == release or s.startswith((f"{release}-", f"{release}/")))
    if not uri.startswith(("http://", "https://")) or not suites or "main" not in source.components:
        return None
    add_universe = ubuntu and "universe" not in source.components
    components = (*source.components, "universe") if add_universe else source.components
    return replace(source, uri=uri, suites=suites, components=components)


def _mirror(uri: str) -> str:
    """Returns the first http entry of a `mirror+file:` list; returns any other URI unchanged."""
    if not uri.startswith("mirror+file:"):
        return uri
    path = Path("/" + uri.removeprefix("mirror+file:").lstrip("/"))
    mirrors = re.findall(r"https?://\S+", path.read_text(encoding="utf-8") if path.exists() else "")
    return str(mirrors[0]) if mirrors else uri


def host_settings() -> dict[str, str]:
    """Returns the host's values of the apt settings SETTINGS, without empty ones."""
    settings = re.findall(r'^([\w:-]+) "(.*)";$', run(["apt-config", "dump"]).stdout, re.M)
    return {name: value for name, value in settings if name in SETTINGS and value}
