"""This machine as the simulated world has it: files that exist only as rows, with the true first bytes of their format.

It never opens a real file: a path that is not in the world is not there.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mhv_tui.core.ports import Tick
from mhv_tui.demo import disk_bytes
from mhv_tui.demo.rows import Row
from mhv_tui.demo.store import Store, failure
from mhv_tui.domain import disks

MTIME = 1790000000.0
"""When the scenes' images were last written: in September 2026."""

PARTS = 20
"""Long work is told in this many parts."""


class DemoLocal:
    """Fills core.ports.Local."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def stat(self, path: Path) -> tuple[int, float] | None:
        row = self.row(path)
        return None if row is None else (row["size"], row["mtime"])

    @contextmanager
    def opened(self, path: Path) -> Iterator[Path]:
        self._existing(path)
        yield path

    def head(self, path: Path, count: int) -> bytes:
        row = self._existing(path)
        return base64.b64decode(row["head"])[:count].ljust(min(count, row["size"]), b"\0")

    def tail(self, path: Path, count: int) -> bytes:
        return b""

    def free_space(self, directory: Path) -> int:
        return int(self._store.state["local"]["free"])

    def qemu_img(self) -> str:
        return str(self._store.state["local"].get("qemu_img", ""))

    def convert(self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, tick: Tick) -> None:
        with self._store.operation("local.convert"):
            row = self._existing(source)
            if not self.qemu_img():
                failure("IM16", "qemu-img is not installed here", str(source))
            refusal = disks.refusal(disks.inspect(self.head(source, disks.HEAD), row["size"]), source_format)
            if refusal:
                failure(refusal[0], refusal[1], str(source))
            if row["data"] > self.free_space(target.parent):
                failure("IM15", "qemu-img: error while writing: No space left on device", str(target))
            self._work("local.convert", 100, tick)
            files = self._store.state["local"].setdefault("temporary", {})
            mtime = self._store.state["clock"]
            for name, head, size in disk_bytes.vmdk_files(target.name, subformat, adapter, row["virtual"], row["data"]):
                files[str(target.with_name(name))] = {
                    **{"size": size, "mtime": mtime, "virtual": row["virtual"], "data": row["data"]},
                    "head": base64.b64encode(head).decode(),
                }

    def sha256(self, path: Path, tick: Tick) -> str:
        size = self._existing(path)["size"]
        tick(size, size)
        return hashlib.sha256(self.fingerprint(path)).hexdigest()

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        place = Path("/var/tmp") / f"mhv-tui-{self._store.fresh_id()[:8]}"
        try:
            yield place
        finally:
            files = self._store.state["local"].get("temporary", {})
            for name in [n for n in files if Path(n).is_relative_to(place)]:
                del files[name]
            self._store.save()

    def row(self, path: Path) -> Row | None:
        """The file's row: one that was made here, by its path, or one of the scene's images, by its name."""
        local = self._store.state["local"]
        held: Row | None = local.setdefault("temporary", {}).get(str(path))
        return held or _image(local["images"].get(path.name))

    def fingerprint(self, path: Path) -> bytes:
        """Stands for the file's content where it is hashed: same bytes, same fingerprint."""
        row = self._existing(path)
        return f"{row['head']} {row['size']}".encode()

    def _existing(self, path: Path) -> Row:
        row = self.row(path)
        if row is None:
            failure("IM08", f"{path}: No such file or directory", str(path))
        return row

    def _work(self, operation: str, total: int, tick: Tick) -> None:
        for part in range(1, PARTS + 1):
            tick(total * part // PARTS, total)
            self._store.spend(1, units=0.3)
            if part == PARTS // 2:
                self._store.midway(operation)


def _image(row: Row | None) -> Row | None:
    """A scene's image as a file's row: its first bytes are made from what it is."""
    if row is None:
        return None
    head = disk_bytes.qcow2(row["virtual"]) if row["format"] == "qcow2" else disk_bytes.text(row["data"])
    return {
        **{"size": row["data"], "virtual": row["virtual"], "data": row["data"], "mtime": row.get("mtime", MTIME)},
        "head": base64.b64encode(head).decode(),
    }
