"""Masks secrets in configuration text: bullets replace every secret's value, also in comments and in URLs.

A comment that mentions a secret is hidden whole, because the value cannot be separated from the other words.

The option's name decides, never its value, so that a password that looks harmless is hidden as well. The caller names
further options that are secret.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Set

from mhv_tui.core.redaction import BULLETS, is_secret_name, mask_url_logins, passwords_in_urls, remember_common
from mhv_tui.core.text import printable
from mhv_tui.domain import ini
from mhv_tui.domain.nova import unescape

CHANGED = "•••• (changed)"

_PROSE = re.compile(
    r"(?i)^([^#;\r\n]*[#;])[^\r\n]*(?:password|passwd|passphrase|passcode|secret|token|credential|login"
    r"|\b(?:pass|pw|pwd|pin|keys?|rabbit_pass)\b)[^\r\n]*"
)
"""A comment, of a line of its own or behind a value, that mentions a secret."""
_VALUE = re.compile(r"^([^=:]*[=:][ \t]*).*?(\r?\n?)$", re.DOTALL)


OptionNames = Set[tuple[str, str]]
"""(section, option)."""


def masked(text: str, bullets: str = BULLETS) -> str:
    """The text with each secret's value replaced."""
    return "".join(_line(line, bullets, frozenset()) for line in ini.parse(text))


def remember_secrets(text: str) -> None:
    """Masks the secrets of a configuration file that was read in every text from now on, not in diffs only."""
    for line in (line for line in ini.parse(text) if line.kind == "setting"):
        value = unescape(line.value)
        own = [value] if is_secret_name(line.key) and "://" not in value else passwords_in_urls(value)
        for secret in own:
            remember_common(secret)


def _is_hidden(line: ini.IniLine, own: OptionNames) -> bool:
    return bool(line.key) and (is_secret_name(line.key) or (_section(line.section), line.key) in own)


def _section(name: str) -> str:
    return name if name == "DEFAULT" else name.lower()


def _line(line: ini.IniLine, bullets: str, own: OptionNames) -> str:
    if not _is_hidden(line, own):
        return _visible(line.text, bullets)
    if line.kind == "more":
        return f"    {bullets}\n"
    return _VALUE.sub(rf"\g<1>{bullets}\g<2>", line.text)


def _visible(text: str, bullets: str = BULLETS) -> str:
    """A line that is no secret's, without the secrets in its URLs and comments."""
    return mask_url_logins(_PROSE.sub(rf"\g<1> {bullets}", text), bullets)


def diff(old: str, new: str, path: str, own_secrets: OptionNames = frozenset()) -> str:
    """A unified diff with secrets masked; a secret that changed shows that it did.

    `own_secrets`: further options that are secret.
    """
    own = frozenset((_section(section), option) for section, option in own_secrets)
    was, now = ini.parse(old), ini.parse(new)
    places = {(line.section, line.key) for line in was if line.kind == "setting"}
    known = {line.text: line for line in (*was, *now) if line.key}
    known |= {line.text: line for line in (*was, *now) if line.kind == "more" and _is_hidden(line, own)}
    path = printable(path)
    rows = difflib.unified_diff([line.text for line in was], [line.text for line in now], path, path, n=2)
    return "".join(_row(row, known, places, own) for row in rows)


def _row(row: str, known: Mapping[str, ini.IniLine], places: OptionNames, own: OptionNames) -> str:
    """One row of a diff. Only these few are masked: a nova.conf has ten thousand lines."""
    line = known.get(row[1:])
    if line is not None:
        added = row[0] == "+" and line.kind == "setting" and (line.section, line.key) in places
        row = row[0] + _line(line, CHANGED if added else BULLETS, own)
    else:
        row = row[0] + _visible(row[1:])
    return row if row.endswith("\n") else row + "\n\\ No newline at end of file\n"
