"""Configuration text as it may be shown: every secret's value as bullets, also in comments and in URLs.

Refuses to judge by value: an option is secret by its name, so that a password which looks harmless is hidden as well.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator

from mhv_tui.domain import ini

BULLETS = "••••"
CHANGED = "•••• (changed)"

_SECRET = re.compile(r"(password|passwd|passphrase|secret|token|_key|transport_url|(^|_)connection)$", re.IGNORECASE)
_IN_URL = re.compile(r"(://[^/\s:@]*:)[^/\s@]+@")
_VALUE = re.compile(r"^([^=:]*[=:][ \t]*).*?(\r?\n?)$", re.DOTALL)


def is_secret(option: str) -> bool:
    """True where an option of that name holds a secret: passwords, shared secrets, and URLs that carry one."""
    return _SECRET.search(option) is not None and not option.startswith("send_")


def masked(text: str, bullets: str = BULLETS) -> str:
    """The text with each secret's value replaced."""
    return "".join(_line(line, bullets) for line in ini.parse(text))


def _line(line: ini.Line, bullets: str) -> str:
    if not line.key or not is_secret(line.key):
        return _IN_URL.sub(rf"\g<1>{bullets}@", line.text)
    if line.kind == "more":
        return f"    {bullets}\n"
    return _VALUE.sub(rf"\g<1>{bullets}\g<2>", line.text)


def diff(old: str, new: str, path: str) -> str:
    """A unified diff with secrets masked; a secret that changed shows that it did."""
    was = ini.parse(old)
    texts, places = {line.text for line in was}, {(line.section, line.key) for line in was if line.kind == "setting"}
    lines = [
        _line(line, CHANGED if line.text not in texts and (line.section, line.key) in places else BULLETS)
        for line in ini.parse(new)
    ]
    rows = difflib.unified_diff(
        masked(old).splitlines(keepends=True), "".join(lines).splitlines(keepends=True), path, path, n=2
    )
    return "".join(_ended(rows))


def _ended(rows: Iterator[str]) -> Iterator[str]:
    for row in rows:
        yield row if row.endswith("\n") else row + "\n\\ No newline at end of file\n"
