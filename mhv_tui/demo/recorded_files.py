"""Makes rows of a simulated world of the recorded files: those of a machine, and those of this machine."""

from __future__ import annotations

import base64
import re

from mhv_tui.core import machine
from mhv_tui.demo.recorder import Call
from mhv_tui.demo.rows import Row
from mhv_tui.demo.scenes import Document
from mhv_tui.domain.certificates import public_part


def file_row(file: machine.RemoteFile) -> Row:
    """The row of a machine's file. Bytes that are not UTF-8 are replaced: only in text can secrets be masked."""
    content = file.content.decode(errors="replace")
    return {
        **{"mode": file.mode, "owner": file.owner, "group": file.group},
        **{"changed": file.changed, "content": content},
    }


def _local_file(world: Document, call: Call) -> Row:
    new = {"size": 0, "mtime": 0.0, "virtual": 0, "data": 0, "head": "", "tail": ""}
    row: Row = world["local"]["temporary"].setdefault(str(call.arguments[0]), new)
    return row


def local_stat(world: Document, call: Call) -> None:
    if call.result:
        _local_file(world, call).update(size=call.result[0], mtime=call.result[1])


def end_of_file(world: Document, call: Call) -> None:
    """The first or last bytes of a file; bytes at the end that are 0 are not kept. Of a text, see `_shape`."""
    row, content = _local_file(world, call), call.result.rstrip(b"\0")
    if content and b"\0" not in content and (text := _text(content)):
        row[f"{call.method}_text"] = _shape(text)
    elif len(content) > len(base64.b64decode(row[call.method])):
        row[call.method] = base64.b64encode(content).decode()


def part_of_file(world: Document, call: Call) -> None:
    """The bytes in the middle of a file: the index of an archive, the metadata of a disk."""
    parts = _local_file(world, call).setdefault("parts", {})
    parts[str(call.arguments[1])] = base64.b64encode(call.result).decode()


def unpacked_head(world: Document, call: Call) -> None:
    _local_file(world, call)["unpacked_head"] = base64.b64encode(call.result).decode()


def _text(content: bytes) -> str:
    """The bytes as text; "" if they are not UTF-8."""
    try:
        return content.decode()
    except UnicodeDecodeError:
        return ""


def _shape(text: str) -> str:
    """The certificates in a text; a text without certificates with x for each letter, as it may be any file."""
    return public_part(text) or re.sub(r"\w", "x", text)


def local_value(world: Document, call: Call) -> None:
    world["local"][{"free_space": "free"}.get(call.method, call.method)] = call.result
