"""Copies a recording of a vCenter's inventory for the lab: a directory, or a .tar.xz archive of one.

`govc object.save` and `mhv-tui record` make recordings. Their content is not read here, and it is hostile input: an
archive can contain links, paths that lead elsewhere, and more data than the disk has."""

from __future__ import annotations

import contextlib
import lzma
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from mhv_tui.lab import host
from mhv_tui.lab.host import LabUsage

NAME = "recording"
"""The name of the copy in the directory of a lab's vCenter."""

LARGEST = 1 << 30
"""The most bytes that a recording has, unpacked. One of 460 virtual machines has 52 MiB."""

MARK = "*-ServiceInstance-ServiceInstance.xml"
"""The file with the objects of vCenter's own services, without which a recording cannot be loaded."""

ABOUT = "mhv-tui.json"
"""What `mhv-tui record` has found out besides the objects: the privileges of its login."""

DEPTH = 3
"""The most parts of a path in an archive: the directory, an object, and the answer of a call."""


@contextlib.contextmanager
def copied(source: Path | None, largest: int = LARGEST) -> Iterator[Path | None]:
    """Copies a recording of at most `largest` bytes into a temporary directory and yields it; None without a source.

    Raises LabUsage with one sentence if the source is no recording."""
    if source is None:
        yield None
        return
    with tempfile.TemporaryDirectory(prefix=".recording-", dir=host.state_root()) as scratch:
        try:
            if source.is_dir():
                _copy(_root(source, source), Path(scratch), largest)
            else:
                _unpack(source, Path(scratch), largest)
            root = _root(Path(scratch), source)
        except OSError as error:
            raise LabUsage(f"The recording {source} cannot be copied: {error.strerror}.") from None
        yield root


def _root(directory: Path, source: Path) -> Path:
    """Returns the directory with the recording's files: the given one, or one in it."""
    for mark in (*directory.glob(MARK), *directory.glob(f"*/{MARK}")):
        return mark.parent
    raise LabUsage(
        f"{source} is no recording of a vCenter: it has no file 0000-ServiceInstance-ServiceInstance.xml,"
        " which `govc object.save` writes first."
    )


def _copy(root: Path, target: Path, largest: int) -> None:
    files = [path for pattern in ("*.xml", "*/*.xml", ABOUT) for path in root.glob(pattern) if path.is_file()]
    if sum(path.stat().st_size for path in files) > largest:
        raise _too_large(root, largest)
    for path in files:
        copy = target / path.relative_to(root)
        copy.parent.mkdir(exist_ok=True)
        shutil.copyfile(path, copy)


def _too_large(source: Path, largest: int) -> LabUsage:
    return LabUsage(f"The recording {source} is too large: the lab loads up to {largest >> 20} MiB.")


class _Bounded(lzma.LZMAFile):
    """The unpacked bytes of an archive; raises LabUsage if there are more than `largest`."""

    def __init__(self, source: Path, largest: int) -> None:
        super().__init__(source)
        self._source, self._largest, self._count = source, largest, 0

    def read(self, size: int | None = -1) -> bytes:
        data = super().read(size)
        self._count += len(data)
        if self._count > self._largest:
            raise _too_large(self._source, self._largest)
        return data


def _unpack(source: Path, target: Path, largest: int) -> None:
    """Writes the .xml files of an archive below `target`; raises LabUsage if it cannot be trusted or read."""
    try:
        with _Bounded(source, largest) as unpacked, tarfile.open(fileobj=unpacked, mode="r|") as archive:
            for member in archive:
                path = _path(member, source)
                content = archive.extractfile(member) if path is not None else None
                if path is None or content is None:
                    continue
                copy = target / path
                copy.parent.mkdir(parents=True, exist_ok=True)
                with copy.open("wb") as file:
                    shutil.copyfileobj(content, file)
    except (lzma.LZMAError, EOFError, tarfile.TarError) as error:
        raise LabUsage(
            f"{source} is neither a directory nor an unbroken .tar.xz archive ({str(error).rstrip('.')})."
        ) from None


def _path(member: tarfile.TarInfo, source: Path) -> PurePosixPath | None:
    """Returns the path of a file of the recording; None for directories and other files."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts:
        raise LabUsage(f"The recording {source} is refused: its entry {member.name!a} leads out of its directory.")
    if member.isdir():
        return None
    if not member.isreg() or member.issparse():
        raise LabUsage(f"The recording {source} is refused: its entry {member.name!a} is no ordinary file.")
    return path if (path.suffix == ".xml" or path.name == ABOUT) and len(path.parts) <= DEPTH else None
