"""Writes a recording of a vCenter: a directory, or one packed file, with a file for each object.

The files have the names and the form of `govc object.save`, so that the lab and govmomi's simulator load them. One more
file, mhv-tui.json, has what is no object. A recording gets its name when it is complete.
"""

from __future__ import annotations

import contextlib
import io
import json
import lzma
import os
import re
import shutil
import stat
import tarfile
import tempfile
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from urllib.parse import quote
from xml.etree.ElementTree import Element

from mhv_tui.core.changes import Json
from mhv_tui.core.errors import UsageError
from mhv_tui.core.frozen import dataclass
from mhv_tui.core.vsphere import Certificate, VcenterLogin
from mhv_tui.domain import object_xml, recording

PACKED = ".tar.xz"
"""The end of the name of a packed recording."""

VERSION = 1
_OF_METHODS = re.compile(r"[A-Za-z]+-\S+")
"""The directories that govc adds, with the answers of methods."""


@dataclass(frozen=True)
class StoredObject:
    """An object of a recording; its text is compressed, because a large vCenter has some 100 MB of it."""

    kind: str
    moid: str
    packed: bytes

    @property
    def content(self) -> bytes:
        return zlib.decompress(self.packed)

    def element(self) -> Element:
        return object_xml.parsed(self.content)


def stored(element: Element) -> StoredObject:
    kind, moid = object_xml.identity(element)
    return StoredObject(kind, moid, zlib.compress(object_xml.text_of(element).encode(), 1))


def files(objects: Iterable[StoredObject], about: Mapping[str, Json]) -> Iterator[tuple[str, bytes]]:
    """Yields the name and the content of each file of a recording."""
    for number, row in enumerate(objects):
        yield f"{number:04}-{row.kind}-{quote(row.moid, safe='')}.xml", row.content
    document = {"mhv_recording": VERSION, **about}
    yield recording.ABOUT, (json.dumps(document, indent=1, ensure_ascii=False) + "\n").encode()


def about_of(
    login: VcenterLogin, certificate: Certificate, granted: Mapping[tuple[str, ...], Sequence[str]]
) -> dict[str, Json]:
    """The content of mhv-tui.json about the login, its privileges and the certificate.

    `granted`: the effective privileges -> the ids of the objects on which they are granted.
    """
    end = certificate.not_after.isoformat() if certificate.not_after else None
    return {
        "vcenter": {"host": login.host, "port": login.port, "username": login.username},
        "certificate": {**asdict(certificate), "names": list(certificate.names), "not_after": end},
        "privileges": [{"objects": list(moids), "granted": list(names)} for names, moids in granted.items()],
    }


def check_target(path: Path, replace: bool) -> None:
    """Raises UsageError if a recording cannot be written there, or if something else would be replaced."""
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent} is not a directory", "name another --output")
    if not os.path.lexists(path):
        return
    if not replace:
        raise UsageError(f"{path} exists already", "name another --output, or add --force to replace it")
    if path.name.endswith(PACKED):
        is_replaceable = stat.S_ISREG(path.lstat().st_mode)
    else:
        is_replaceable = path.is_dir() and not path.is_symlink() and all(map(_is_part, path.iterdir()))
    if not is_replaceable:
        raise UsageError(f"{path} is not a recording, so it is not replaced", "name another --output")


def _is_part(path: Path) -> bool:
    pattern = _OF_METHODS if path.is_dir() else recording.FILE
    return path.name == recording.ABOUT or bool(pattern.fullmatch(path.name))


def write(path: Path, rows: Iterable[tuple[str, bytes]]) -> None:
    """Writes a recording beside `path` (mode 0600, its directory 0700), then moves it there. Raises OSError."""
    scratch = Path(tempfile.mkdtemp(".tmp", f".{path.name}.", path.parent))
    try:
        new = scratch / path.name
        if path.name.endswith(PACKED):
            _pack(new, rows)
        else:
            new.mkdir(0o700)
            for name, content in rows:
                _write_file(new / name, content)
        if path.is_dir() and not path.is_symlink():
            path.rename(scratch / "old")
        new.rename(path)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _write_file(path: Path, content: bytes) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


def _pack(path: Path, rows: Iterable[tuple[str, bytes]]) -> None:
    """Packs the files below a directory with the name of the file, as govc's recordings are packed."""
    root = path.name.removesuffix(PACKED)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with (
        os.fdopen(handle, "wb") as file,
        lzma.open(file, "wb") as packed,
        contextlib.closing(tarfile.open(fileobj=packed, mode="w|")) as archive,
    ):
        archive.addfile(_member(root, b"", tarfile.DIRTYPE))
        for name, content in rows:
            archive.addfile(_member(f"{root}/{name}", content), io.BytesIO(content))


def _member(name: str, content: bytes, kind: bytes = tarfile.REGTYPE) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.size = kind, len(content)
    member.mode = 0o700 if kind == tarfile.DIRTYPE else 0o600
    return member
