"""The simulated local machine. Its files exist only as rows, with the correct first bytes of their format.

Never opens a real file: a path without a row does not exist.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from mhv_tui.core.openstack import CloudEntries, CloudEntry
from mhv_tui.core.ports import OnProgress
from mhv_tui.demo import disk_bytes
from mhv_tui.demo.rows import Row
from mhv_tui.demo.store import State, Store, fail
from mhv_tui.domain import disks

MTIME = 1790000000.0
"""The mtime of the image files in every scene: a time in September 2026."""

CLOUDS_YAML = "~/.config/openstack/clouds.yaml"
"""The file with the simulated machine's logins to the cloud."""

SCRATCH = "/var/tmp/mhv-tui-"
"""How the paths of temporary directories begin."""

PROGRESS_STEPS = 20
"""The number of progress reports of a long operation."""


HEAD = 64 << 10
"""Bytes that the simulated Glance keeps of an image."""


@dataclass(frozen=True)
class DemoStream:
    """Implements core.streams.ByteStream for a simulated file, of which only the first bytes exist."""

    size: int
    head: bytes

    def chunks(self) -> Iterator[bytes]:
        yield self.head


class DemoLocal:
    """Implements core.local.Local."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def cloud_entries(self) -> CloudEntries:
        row = self._store.state["cloud"]
        entries = [CloudEntry(name, row["identity"]["auth_url"], CLOUDS_YAML) for name in row["names"]]
        return CloudEntries(tuple(entries), CLOUDS_YAML, ("~/.config/openstack",))

    def stat(self, path: Path) -> tuple[int, float] | None:
        row = self.row(path)
        return None if row is None else (row["size"], row["mtime"])

    @contextmanager
    def opened(self, path: Path) -> Iterator[Path]:
        self._existing(path)
        yield path

    def head(self, path: Path, count: int) -> bytes:
        row = self._existing(path)
        if "head_text" in row:
            return str(row["head_text"]).encode()[:count]
        return base64.b64decode(row["head"])[:count].ljust(min(count, row["size"]), b"\0")

    def tail(self, path: Path, count: int) -> bytes:
        return base64.b64decode(self._existing(path).get("tail", ""))

    @contextmanager
    def stream(self, path: Path, at: int = 0, size: int = 0) -> Iterator[DemoStream]:
        yield DemoStream(size or self._existing(path)["size"] - at, self.part(path, at, HEAD))

    def part(self, path: Path, at: int, count: int) -> bytes:
        row = self._existing(path)
        return base64.b64decode(row.get("parts", {}).get(str(at), "")) or self.head(path, at + count)[at:]

    def unpacked_head(self, path: Path, packing: str, count: int) -> bytes:
        return base64.b64decode(self._existing(path).get("unpacked_head", ""))[:count]

    @contextmanager
    def unpacked(self, path: Path, packing: str, on_progress: OnProgress) -> Iterator[Path]:
        row = self._existing(path)
        with self._inner({**row, "head": row.get("unpacked_head", "")}) as inner:
            self._work("local.unpacked", row["size"], on_progress)
            yield inner

    @contextmanager
    def extracted(self, path: Path, at: int, size: int, on_progress: OnProgress) -> Iterator[Path]:
        head = self.part(path, at, disks.HEAD)
        with self._inner({**self._existing(path), "head": base64.b64encode(head).decode(), "size": size}) as inner:
            self._work("local.extracted", size, on_progress)
            yield inner

    @contextmanager
    def _inner(self, row: Row) -> Iterator[Path]:
        """A temporary file with this row."""
        with self.scratch() as directory:
            self._store.state["local"].setdefault("temporary", {})[str(directory / "unpacked")] = row
            yield directory / "unpacked"

    def untranscodable(self, path: Path, source_format: str) -> str:
        self._existing(path)
        return "" if source_format in ("qcow2", "raw") else f"the format {source_format} is not read here"

    @contextmanager
    def transcoded(self, path: Path, source_format: str, adapter: str, on_progress: OnProgress) -> Iterator[DemoStream]:
        row = self._existing(path)
        with self._store.operation("local.transcoded"):
            self._require_format(path, row, source_format)
            self._work("local.transcoded", row["size"], on_progress)
        ((_, head, size),) = disk_bytes.vmdk_files("disk.vmdk", "streamOptimized", adapter, row["virtual"], row["data"])
        yield DemoStream(size, head)

    def free_space(self, directory: Path) -> int:
        return int(self._store.state["local"]["free"])

    def qemu_img(self) -> str:
        return str(self._store.state["local"].get("qemu_img", ""))

    def convert(
        self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, on_progress: OnProgress
    ) -> None:
        with self._store.operation("local.convert"):
            row = self._existing(source)
            if not self.qemu_img():
                fail("IM16", "qemu-img is not installed here", str(source))
            self._require_format(source, row, source_format)
            if row["data"] > self.free_space(target.parent):
                fail("IM15", "qemu-img: error while writing: No space left on device", str(target))
            self._work("local.convert", 100, on_progress)
            files = self._store.state["local"].setdefault("temporary", {})
            mtime = self._store.state["clock"]
            for name, head, size in disk_bytes.vmdk_files(target.name, subformat, adapter, row["virtual"], row["data"]):
                files[str(target.with_name(name))] = {
                    **{"size": size, "mtime": mtime, "virtual": row["virtual"], "data": row["data"]},
                    "head": base64.b64encode(head).decode(),
                }

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        directory = Path(f"{SCRATCH}{self._store.new_id()[:8]}")
        try:
            yield directory
        finally:
            remove_scratch(self._store.state, f"{directory}/")
            self._store.save()

    def row(self, path: Path) -> Row | None:
        """Returns the row of a converted file (by its path) or of an image of the scene (by its name)."""
        local = self._store.state["local"]
        converted: Row | None = local.setdefault("temporary", {}).get(str(path))
        return converted or _image(local["images"].get(path.name))

    def _existing(self, path: Path) -> Row:
        row = self.row(path)
        if row is None:
            fail("IM08", f"{path}: No such file or directory", str(path))
        return row

    def _require_format(self, path: Path, row: Row, source_format: str) -> None:
        refusal = disks.refusal(disks.inspect(self.head(path, disks.HEAD), row["size"]), source_format)
        if refusal:
            fail(refusal[0], refusal[1], str(path))

    def _work(self, operation: str, total: int, on_progress: OnProgress) -> None:
        for part in range(1, PROGRESS_STEPS + 1):
            on_progress(total * part // PROGRESS_STEPS, total)
            self._store.advance_clock(1, pace_units=0.3)
            if part == PROGRESS_STEPS // 2:
                self._store.die_if_requested(operation)


def remove_scratch(state: State, prefix: str) -> bool:
    """Removes the temporary files whose paths begin like that; True if there were some."""
    files = state["local"].get("temporary", {})
    names = [name for name in files if name.startswith(prefix)]
    for name in names:
        del files[name]
    return bool(names)


def _image(row: Row | None) -> Row | None:
    """Returns the row of a file for an image of the scene, with the first bytes of the image's format."""
    if row is None:
        return None
    head = disk_bytes.qcow2(row["virtual"]) if row["format"] == "qcow2" else disk_bytes.html(row["data"])
    inside = {}
    if row.get("packed"):
        inside = {"unpacked_head": base64.b64encode(head.ljust(disks.HEAD, b"\0")).decode()}
        head = disk_bytes.GZIP_MAGIC
    return {
        **inside,
        **{"size": row["data"], "virtual": row["virtual"], "data": row["data"], "mtime": row.get("mtime", MTIME)},
        "head": base64.b64encode(head).decode(),
    }
