"""Recognises, by the first bytes, archives and texts that have the name of a disk. Unpacks and quotes nothing."""

from __future__ import annotations

from codecs import BOM_UTF8

BLOCK = 512


def names_in_tar(data: bytes) -> list[str]:
    """Returns the file names whose headers are in `data`, the start of a tar archive. An OVA begins with its .ovf."""
    names: list[str] = []
    at = 0
    while len(data) >= at + BLOCK and data[at + 257 : at + 262] == b"ustar":
        names.append(data[at : at + 100].split(b"\0", 1)[0].decode("utf-8", "replace"))
        size = _octal(data[at + 124 : at + 136])
        if size is None:
            break
        at += BLOCK * (1 + -(-size // BLOCK))
    return names


def _octal(field: bytes) -> int | None:
    """Parses a size in a tar header; None for the binary form (files over 8 GiB) and for any other text."""
    try:
        return int(field.strip(b" \0") or b"0", 8)
    except ValueError:
        return None


def is_text(data: bytes) -> bool:
    """Returns True if the first block is text, such as an error page saved under an image's name."""
    first = data[:BLOCK].removeprefix(BOM_UTF8)
    if not first or b"\0" in first:
        return False
    try:
        text = first.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(first) - 3:  # a character cut at the block's end is not an error
            return False
        text = first[: error.start].decode("utf-8")
    return bool(text) and sum(c.isprintable() or c in "\r\n\t\f" for c in text) == len(text)


def text_kind(data: bytes) -> str:
    """Returns the kind of a text by its beginning, such as "an HTML page". Quotes nothing: the text may be secret."""
    beginning = data[:BLOCK].decode("utf-8", "replace").lstrip("\ufeff \t\r\n").lower()
    return next((kind for start, kind in _TEXT_KINDS.items() if beginning.startswith(start)), "text")


_TEXT_KINDS = {
    "<!doctype html": "an HTML page",
    "<html": "an HTML page",
    "version https://git-lfs.": "a Git LFS pointer (`git lfs pull` replaces it by the real file)",
}
"""The kind of a text by its first characters in lower case."""
