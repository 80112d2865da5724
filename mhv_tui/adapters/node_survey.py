"""Parses the output of survey.sh. Ignores lines before and after it, because a login shell may print its own.

An empty fact about the machine counts as unknown. A fact in an unexpected form raises ValueError, so that a wrong value
is never used as a fact of the machine, such as an empty file.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from mhv_tui.core.machine import ConnectionTest, Job, Package, RemoteFile, Survey, SurveyRequest, Unit
from mhv_tui.domain.packages import codename

NO_REQUEST = SurveyRequest()
NUMBER = re.compile(r"[0-9]{1,18}(\.[0-9]{1,18})?")
MODE = re.compile(r"[0-7]{1,4}")
CODE = re.compile(r"-|[0-9]{1,3}")
START, END = "@@survey", "@@end"


def arguments(request: SurveyRequest) -> list[str]:
    """Returns the arguments of survey.sh for a request."""
    return [f"{kind}={name}" for kind, names in _names(request).items() for name in dict.fromkeys(names)]


def _names(request: SurveyRequest) -> dict[str, tuple[str, ...]]:
    """Returns kind of fact (package, unit, file ...) -> names to read."""
    return {
        "package": request.packages,
        "unit": request.units,
        "file": request.files,
        "pattern": request.patterns,
        "connection": tuple(target for target in request.targets if target not in request.tls_targets),
        "tls": request.tls_targets,
        "module": request.modules,
        "job": request.jobs,
        "source": request.sources,
        "try": request.commands,
    }


def survey(text: str, username: str, root: str, request: SurveyRequest = NO_REQUEST) -> Survey:
    """Parses the output of survey.sh. `root` is how the script became root, as in `Survey.root`.

    Raises ValueError with the reason if a fact is missing, has two values, or has an unexpected form.
    """
    facts = _facts(text)
    _demand(facts, request)
    plain = {kind: value.strip() for (kind, name), value in facts.items() if not name}
    release = dict(_release(_decoded(plain.get("release", ""), "the release").decode("utf-8", "replace")))
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
        now=_number(plain.get("now", ""), "the time of the machine"),
        synchronised={"yes": True, "no": False}.get(plain.get("synchronised", "")),
        free=_whole(plain.get("free", ""), "free space"),
        lock_holder=plain.get("lock", ""),
        broken_packages=tuple(plain.get("broken", "").split()),
        packages={name: _package(value, candidates.get(name, "")) for name, value in _of("package", facts)},
        sources_error=plain.get("sources", "").removeprefix("Error: "),
        units={name: _unit(value) for name, value in _of("unit", facts)},
        files={name: _file(name, value) for name, value in _of("file", facts) if value != "denied"},
        connections={name: _connection(value) for name, value in _of("connection", facts)},
        modules={name: value == "yes" for name, value in _of("module", facts)},
        jobs={name: _job(value) for name, value in _of("job", facts) if value != "absent"},
        sources={name: path for name, path in _of("source", facts) if path},
        guests=_whole(plain.get("guests", ""), "number of guests"),
        commands={name: value == "yes" for name, value in _of("try", facts)},
        tools={name: value for name, value in _of("tool", facts) if value},
    )


def _facts(text: str) -> dict[tuple[str, str], str]:
    """Returns (kind, name) -> value from the lines between START and END. Raises ValueError for two values."""
    facts: dict[tuple[str, str], str] = {}
    for line in _inside(text):
        kind, tab, rest = line.partition("\t")
        name, second_tab, value = rest.partition("\t")
        if tab and second_tab and facts.setdefault((kind, name), value) != value:
            raise ValueError(f"{_called(kind, name)} has two different values")
    return facts


def _inside(text: str) -> list[str]:
    """Returns the lines between the lines START and END; none if START or END is missing."""
    lines = text.split("\n")
    if START not in lines or END not in lines[lines.index(START) :]:
        return []
    begin = lines.index(START)
    return lines[begin + 1 : lines.index(END, begin)]


def _demand(facts: dict[tuple[str, str], str], request: SurveyRequest) -> None:
    """Raises ValueError if the fact of a requested file, unit, job or source file is missing."""
    for kind in ("file", "unit", "job", "source"):
        for name in _names(request)[kind]:
            if (kind, name) not in facts:
                raise ValueError(f"{_called(kind, name)} is missing")


def _called(kind: str, name: str) -> str:
    """Returns the name of a fact for a message, such as `unit nova-compute`."""
    return f"{kind} {name}".strip()


def complete(text: str) -> bool:
    """Returns True if the output is complete: if it contains START and END."""
    lines = text.split("\n")
    return START in lines and END in lines[lines.index(START) :]


def _of(kind: str, facts: dict[tuple[str, str], str]) -> Iterator[tuple[str, str]]:
    return ((name, value) for (k, name), value in facts.items() if k == kind)


def _decoded(text: str, name: str) -> bytes:
    """Returns the bytes of a base64 text. Raises ValueError with the name of the fact if it is not base64."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise ValueError(f"{name} is not base64") from None


def _number(text: str, name: str) -> float:
    """Parses a number of seconds or bytes; 0 for an empty text. Raises ValueError for any other text."""
    text = text.removesuffix("%N").removesuffix(".")  # of a `date` that does not know %N
    if text and not NUMBER.fullmatch(text):
        raise ValueError(f"{name} is {text[:40]!r}, not a number")
    return float(text or 0)


def _whole(text: str, name: str) -> int:
    """Parses a whole number; 0 for an empty text. Raises ValueError for any other text."""
    return int(_number(text, name))


def _release(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, equals, value = line.partition("=")
        if equals:
            yield key.strip(), value.strip().strip("\"'")


def _candidates(plain: dict[str, str]) -> dict[str, str]:
    """Returns package -> version in the repositories, from `apt-cache policy`, `dnf repoquery` or `yum list`."""
    versions: dict[str, str] = {}
    name = ""
    for line in _decoded(plain.get("policy", ""), "the list of packages").decode("utf-8", "replace").splitlines():
        if line and not line.startswith(" ") and line.endswith(":"):
            name = line[:-1]
        elif line.strip().startswith("Candidate:"):
            version = line.split(":", 1)[1].strip()
            versions[name] = "" if version == "(none)" else version
    for line in _decoded(plain.get("repoquery", ""), "the list of packages").decode("utf-8", "replace").splitlines():
        name, _, version = line.partition("|")
        versions[name] = version
    return versions


def _package(value: str, candidate: str) -> Package:
    """Parses dpkg's status and version ("ii |1.2"). A package with only configuration files left is not installed."""
    status, _, version = value.partition("|")
    return Package(
        installed=version if status[1:2] not in ("", "n", "c") else "", candidate=candidate, held=status[:1] == "h"
    )


def _unit(value: str) -> Unit:
    properties = dict(word.split("=", 1) for word in value.split(" ") if "=" in word)
    return Unit(
        load=properties.get("LoadState", "not-found"),
        active=properties.get("ActiveState", "inactive"),
        enabled=properties.get("UnitFileState", ""),
        since=_number(properties.get("Since", ""), "the start of a unit"),
    )


def _file(name: str, value: str) -> RemoteFile | None:
    """Parses the fact of a file: `absent`, or length of the base64 text, the text, and `head` of remote_file."""
    if value == "absent":
        return None
    try:
        length, text, head = value.split(" ", 2)
        if length != str(len(text)):
            raise ValueError("the content is cut off")
        return remote_file(head, _decoded(text, "the content"))
    except ValueError as error:
        raise ValueError(f"the file {name} cannot be read: {error}") from None


def remote_file(head: str, content: bytes) -> RemoteFile:
    """Returns a file. `head` is MODE:MTIME:UID:GID:OWNER:GROUP, printed by `stat`. Raises ValueError.

    Names may contain blanks ("domain users"), but no colon. If the machine has no name for an id, the id is the name.
    """
    fields = head.split(":")
    if len(fields) != 6 or not MODE.fullmatch(fields[0]) or not all(fields):
        raise ValueError(f"its mode, time and owner have an unexpected form: {head[:80]!r}")
    mode, changed, uid, gid, owner, group = fields
    owner, group = uid if owner == "UNKNOWN" else owner, gid if group == "UNKNOWN" else group
    return RemoteFile(content, int(mode, 8), owner, group, _number(changed.removeprefix("-"), "its time"))


def _connection(value: str) -> ConnectionTest:
    problem, address, sha256, verdict = [*value.split(" "), "", "", ""][:4]
    return ConnectionTest("" if problem == "ok" else problem, address, sha256, verdict == "0" if verdict else None)


def _job(value: str) -> Job:
    state, code, *tail = value.split(" ")
    if state not in ("running", "ended") or not CODE.fullmatch(code):
        raise ValueError(f"the state of a job has an unexpected form: {value[:40]!r}")
    return Job(
        running=state == "running",
        code=int(code) if code != "-" else None,
        tail=_decoded("".join(tail), "the log of a job").decode("utf-8", "replace"),
    )
