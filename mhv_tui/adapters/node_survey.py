"""Parses the output of survey.sh. Pure; ignores unknown lines, because a login shell may print its own.

A fact that the output lacks keeps the default that means "unknown".
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from mhv_tui.core.machine import ConnectionTest, Job, Package, RemoteFile, Survey, SurveyRequest, Unit
from mhv_tui.domain.packages import codename


def arguments(request: SurveyRequest) -> list[str]:
    """The arguments of survey.sh for a request."""
    kinds = {
        "package": request.packages,
        "unit": request.units,
        "file": request.files,
        "connection": request.targets,
        "module": request.modules,
        "job": request.jobs,
    }
    return [f"{kind}={name}" for kind, names in kinds.items() for name in names]


def survey(text: str, username: str, root: str) -> Survey:
    """Parses the output. `root` says how the script became root, as in `Survey.root`."""
    facts: dict[tuple[str, str], str] = {(kind, name): value for kind, name, value in _lines(text)}
    plain = {kind: value.strip() for (kind, name), value in facts.items() if not name}
    release = dict(_release(_decoded(plain.get("release", "")).decode("utf-8", "replace")))
    candidates = _candidates(plain)
    return Survey(
        system=release.get("ID", ""),
        version=release.get("VERSION_ID", ""),
        codename=release.get("VERSION_CODENAME", "") or codename(release.get("ID", ""), release.get("VERSION_ID", "")),
        arch=plain.get("arch", ""),
        hostname=plain.get("hostname", ""),
        fqdn=plain.get("fqdn", ""),
        username=username,
        root=root,
        init=plain.get("init", ""),
        now=_number(plain.get("now", "")),
        synchronised={"yes": True, "no": False}.get(plain.get("synchronised", "")),
        free=int(_number(plain.get("free", ""))),
        lock_holder=plain.get("lock", ""),
        broken_packages=tuple(plain.get("broken", "").split()),
        packages={name: _package(value, candidates.get(name, "")) for name, value in _of("package", facts)},
        units={name: _unit(value) for name, value in _of("unit", facts)},
        files={name: _file(value) for name, value in _of("file", facts) if value != "denied"},
        connections={name: _connection(value) for name, value in _of("connection", facts)},
        modules={name: value == "yes" for name, value in _of("module", facts)},
        jobs={name: _job(value) for name, value in _of("job", facts) if value != "absent"},
        guests=int(_number(plain.get("guests", ""))),
    )


def _lines(text: str) -> Iterator[tuple[str, str, str]]:
    _, _, rest = text.partition("@@survey\n")
    inside, end, _ = rest.partition("@@end")
    for line in inside.splitlines() if end else ():
        parts = line.split("\t", 2)
        if len(parts) == 3:
            yield parts[0], parts[1], parts[2]


def complete(text: str) -> bool:
    """True if the output contains the end mark of the script."""
    return "@@survey\n" in text and "@@end" in text


def _of(kind: str, facts: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for (k, name), value in facts.items() if k == kind)


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text)
    except (binascii.Error, ValueError):
        return b""


def _number(text: str) -> float:
    try:
        return float(text.replace(".%N", "").replace("%N", ""))
    except ValueError:
        return 0.0


def _release(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip(), value.strip().strip("\"'")


def _candidates(plain: dict[str, str]) -> dict[str, str]:
    """Package -> version that the repositories offer, from `apt-cache policy`, `dnf repoquery` or `yum list`."""
    versions: dict[str, str] = {}
    name = ""
    for line in _decoded(plain.get("policy", "")).decode("utf-8", "replace").splitlines():
        if line and not line.startswith(" ") and line.endswith(":"):
            name = line[:-1]
        elif line.strip().startswith("Candidate:"):
            version = line.split(":", 1)[1].strip()
            versions[name] = "" if version == "(none)" else version
    for line in _decoded(plain.get("repoquery", "")).decode("utf-8", "replace").splitlines():
        name, _, version = line.partition("|")
        versions[name] = version
    return versions


def _package(value: str, candidate: str) -> Package:
    """`value` is dpkg's status letters and the version: "ii |1.2". Configuration files alone count as not installed."""
    status, _, version = value.partition("|")
    return Package(
        installed=version if status[1:2] not in ("", "n", "c") else "", candidate=candidate, held=status[:1] == "h"
    )


def _unit(value: str) -> Unit:
    properties = dict(word.split("=", 1) for word in value.split() if "=" in word)
    return Unit(
        load=properties.get("LoadState", "not-found"),
        active=properties.get("ActiveState", "inactive"),
        enabled=properties.get("UnitFileState", ""),
        since=_number(properties.get("Since", "")),
    )


def _file(value: str) -> RemoteFile | None:
    if value == "absent":
        return None
    mode, owner, group, changed, *content = value.split(" ")
    return RemoteFile(_decoded("".join(content)), int(mode, 8), owner, group, _number(changed))


def _connection(value: str) -> ConnectionTest:
    problem, address, sha256, verdict = [*value.split(" "), "", "", ""][:4]
    return ConnectionTest("" if problem == "ok" else problem, address, sha256, verdict == "0" if verdict else None)


def _job(value: str) -> Job:
    state, code, *tail = value.split(" ")
    return Job(
        running=state == "running",
        code=int(code) if code.lstrip("-").isdigit() else None,
        tail=_decoded("".join(tail)).decode("utf-8", "replace"),
    )
