"""The port of this machine: its image files, and the programs and libraries that read them.

Like the ports in core.ports: `adapters` and `demo` implement it, and its methods raise FindingError.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from mhv_tui.core import openstack
    from mhv_tui.core.ports import OnProgress
    from mhv_tui.core.streams import ByteStream


class Local(Protocol):
    """This machine: its image files, the tool that converts them, and its logins to clouds."""

    def cloud_entries(self) -> openstack.CloudEntries:
        """The clouds in clouds.yaml and in the environment. Contacts nothing; an unreadable file has no entries."""

    def stat(self, path: Path) -> tuple[int, float] | None:
        """The size of a file in bytes and its mtime; None if the file does not exist."""

    def opened(self, path: Path) -> AbstractContextManager[Path]:
        """Opens a file; the returned path leads to this file, even if another file replaces it in the meantime."""

    def head(self, path: Path, count: int) -> bytes:
        """The first `count` bytes of a file. Raises FindingError, without waiting, if it is not a regular file."""

    def tail(self, path: Path, count: int) -> bytes:
        """The last `count` bytes of a file; b"" for a simulated file."""

    def stream(self, path: Path, at: int = 0, size: int = 0) -> AbstractContextManager[ByteStream]:
        """The `size` bytes of a file from the position `at` on (0: up to its end), from one descriptor.

        A simulated file yields only its first bytes.
        """

    def part(self, path: Path, at: int, count: int) -> bytes:
        """The `count` bytes of a file from the position `at` on, fewer at its end."""

    def unpacked_head(self, path: Path, packing: str, count: int) -> bytes:
        """The first `count` bytes of what a file packs with gzip, xz, bzip2 or zstd, after reading a few MiB at most.

        Raises FindingError if the data is damaged, or if the library that unpacks it is not installed.
        """

    def unpacked(self, path: Path, packing: str, on_progress: OnProgress) -> AbstractContextManager[Path]:
        """Unpacks a file into a temporary directory, which is deleted at the end of the `with` block.

        Progress is in bytes of the packed file. Raises FindingError as `unpacked_head`, or if the space is too small.
        """

    def extracted(self, path: Path, at: int, size: int, on_progress: OnProgress) -> AbstractContextManager[Path]:
        """Copies `size` bytes of a file into a temporary file, as `unpacked` does; progress is in bytes."""

    def untranscodable(self, path: Path, source_format: str) -> str:
        """Why `transcoded` cannot convert an image, as a sentence without full stop; "" if it can. Reads the header."""

    def transcoded(
        self, path: Path, source_format: str, adapter: str, on_progress: OnProgress
    ) -> AbstractContextManager[ByteStream]:
        """An image as streamOptimized VMDK, converted while it is read, without a temporary file.

        Reads the image once before, to learn the size of the VMDK; progress of this is in bytes. Raises FindingError if
        the image is damaged, has another format or changes.
        """

    def free_space(self, directory: Path) -> int:
        """The free space for this user in a directory, in bytes."""

    def qemu_img(self) -> str:
        """The version of qemu-img ("7.2.22"); "" if it is not installed."""

    def convert(
        self, source: Path, source_format: str, target: Path, subformat: str, adapter: str, on_progress: OnProgress
    ) -> None:
        """Converts an image to VMDK with qemu-img; progress is in percent. A failed conversion leaves no target.

        Raises FindingError if the source has another format, or if it could make qemu-img read another file.
        """

    def scratch(self) -> AbstractContextManager[Path]:
        """A temporary directory, deleted at the end of the `with` block."""
