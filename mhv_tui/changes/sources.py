"""What an image file contains: a disk as it is, a packed disk, or the disk of an OVA archive; and the way to that disk.

Reads only the beginning and the end of the file, and the index of an archive.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from functools import partial
from pathlib import Path

from mhv_tui.core.errors import FindingError
from mhv_tui.core.local import Local
from mhv_tui.core.ports import OnProgress
from mhv_tui.core.streams import ReadAt
from mhv_tui.domain import disks, magics
from mhv_tui.domain.catalogue import finding
from mhv_tui.domain.disks import Disk
from mhv_tui.imaging import ova, transcode, unpack, vhdx

UNKNOWN_SIZE = 1 << 62
"""The size that a packed file is taken to have inside, so that none of its tables is beyond its end."""


def inspected(local: Local, path: Path) -> tuple[Disk, str] | None:
    """The disk in an image file of this machine, and the mark that identifies the file; None if there is no file."""
    stat = local.stat(path)
    if stat is None:
        return None
    head = local.head(path, disks.HEAD)
    disk = disks.inspect(head, stat[0], local.tail(path, disks.TAIL))
    is_packed = disk.format in unpack.PACKINGS
    disk = _packed(local, path, disk) if is_packed else _with_contents(disk, partial(local.part, path), stat[0])
    return disk, disks.mark(head, stat[0])


def untranscodable(local: Local, source: Path, disk: Disk) -> str:
    """Why a disk cannot be converted during its upload; "" if it can. Of a packed disk, only the format is known."""
    driver = disks.DRIVERS.get(disk.format, "")
    if not driver or not disk.usable:
        return ""
    if disk.packing or disk.member:
        return "" if driver in transcode.FORMATS else transcode.unsupported(io.BytesIO(), driver)
    return local.untranscodable(source, driver)


def _packed(local: Local, path: Path, outer: Disk) -> Disk:
    """Judges a packed file by the beginning of what is inside."""
    packing = outer.format
    try:
        head = local.unpacked_head(path, packing, disks.HEAD)
    except FindingError as error:
        return replace(outer, packing=packing, problems=((error.finding.code, error.finding.detail),))
    is_whole = len(head) < disks.HEAD
    size = len(head) if is_whole else UNKNOWN_SIZE
    disk = disks.inspect(head, size, head[-disks.TAIL :] if is_whole else b"")
    disk = _with_contents(disk, lambda at, count: head[at : at + count], len(head), is_whole)
    least = magics.least_size(head)
    stated = len(head) if is_whole else unpack.stated_size(partial(local.part, path), outer.size, packing, least)
    return replace(
        disk,
        size=outer.size,
        virtual_size=(stated or least) if disk.virtual_size == UNKNOWN_SIZE else disk.virtual_size,
        packing=packing,
        unpacked=stated,
        problems=tuple((code, f"inside its {packing} packing {sentence}") for code, sentence in disk.problems),
    )


def _with_contents(disk: Disk, read_at: ReadAt, end: int, is_whole: bool = True) -> Disk:
    """Completes what the first and last bytes do not show. `read_at` knows the file's first `end` bytes."""
    if disk.format == "vhdx" and is_whole:
        return _vhdx(disk, read_at)
    return _in_archive(disk, read_at, end, is_whole) if disk.format == "ova" else disk


def _vhdx(disk: Disk, read_at: ReadAt) -> Disk:
    metadata = vhdx.metadata(read_at)
    if metadata is None or not metadata.size:
        return replace(disk, problems=(("IM07", "the file is incomplete: the size of its disk is missing"),))
    if metadata.has_parent:
        return replace(disk, problems=(("IM08", "the file contains only the difference to another disk"),))
    too_large = (("IM08", disks.TOO_LARGE),) if metadata.size > disks.LARGEST else ()
    return replace(disk, virtual_size=metadata.size, problems=too_large)


def _in_archive(archive: Disk, read_at: ReadAt, end: int, is_whole: bool) -> Disk:
    """Judges the disk of an OVA archive. Of a packed archive, only the first `end` bytes are known."""
    try:
        member = ova.disk_of(ova.members(read_at, end), read_at)
    except ValueError as error:
        return replace(archive, problems=(("IM13", f"the archive {error}"),))
    if is_whole and member.at + member.size > end:
        return replace(archive, problems=(("IM07", f"the archive is incomplete: it ends within {member.name}"),))
    length = min(disks.TAIL, member.size)
    tail = read_at(member.at + member.size - length, length) if is_whole else b""
    disk = disks.inspect(read_at(member.at, min(disks.HEAD, member.size)), member.size, tail)
    problems = tuple((code, f"{member.name} in the archive: {sentence}") for code, sentence in disk.problems)
    return replace(disk, size=archive.size, member=member.name, at=member.at, unpacked=member.size, problems=problems)


@contextlib.contextmanager
def unpacked(
    local: Local, source: Path, disk: Disk, driver: str, on_progress: OnProgress
) -> Iterator[tuple[Path, Disk]]:
    """Yields a file that is not packed, and its disk: `source`, or the unpacked file, which is deleted afterwards.

    `disk` describes `source`. Raises FindingError if what is inside is no disk that qemu-img may read with `driver`.
    """
    if not disk.packing:
        yield source, disk
        return
    with local.unpacked(source, disk.packing, on_progress) as file:
        inner, _ = inspected(local, file) or (Disk("empty", 0), "")
        refusal = ("IM08", "the file is packed twice") if inner.packing else disks.refusal(inner, driver)
        if refusal:
            detail, remedy = f"unpacked: {refusal[1]}", "Unpack the file yourself, then give the unpacked file."
            raise FindingError(finding(refusal[0], "failure", detail, remedy=remedy))
        yield file, inner


def extracted(local: Local, file: Path, disk: Disk, on_progress: OnProgress) -> AbstractContextManager[Path]:
    """Yields a file that is the disk alone: `file` itself, or the disk of the archive, which is deleted afterwards."""
    if not disk.member:
        return contextlib.nullcontext(file)
    return local.extracted(file, disk.at, disk.unpacked, on_progress)
