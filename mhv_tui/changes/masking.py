"""Masks secrets in configuration text: bullets replace the value of every secret, also in comments and in URLs.

An option is secret because of its name, never because of its value. A comment that mentions a secret is hidden whole.
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
"""A comment that mentions a secret, on its own line or behind a value."""
_VALUE = re.compile(r"^([^=:]*[=:][ \t]*).*?(\r?\n?)$", re.DOTALL)


_QUERY = re.compile(r"\?[^\r\n]*(\r?\n?)$")

_URL_OPTION = re.compile(r"(transport_url|(^|_)connection)$")

_SECRET_WORD = re.compile(r"(?i)pass|secret|token|credential|key")
_NAMED_SECRET = re.compile(r"(?i)(?:passw\w*|passphrase|secret\w*|token|credential\w*|key)\s*[:=]")
"""A secret inside a value, such as `backend_argument = redis_password:x`."""

OptionNames = Set[tuple[str, str]]
"""Names of options, each as (section, option)."""


def masked(text: str, bullets: str = BULLETS) -> str:
    """A configuration text in which bullets replace each secret. URLs of message queues and databases keep the host."""
    return "".join(
        _url_line(line, bullets) if _URL_OPTION.search(line.key) else _line(line, bullets, frozenset())
        for line in ini.parse(text)
    )


def _url_line(line: ini.IniLine, bullets: str) -> str:
    """Masks login and query of the URL in a line of nova.conf. If the option has no URL, masks its whole value."""
    visible = _QUERY.sub(rf"?{bullets}\g<1>", _visible(line.text, bullets))
    return visible if re.match(r"[a-z+]+://[^@]*(@[^@]*)?$", line.value) else _line(line, bullets, frozenset())


def remember_secrets(text: str) -> None:
    """Masks the secrets of a configuration file that was read in every text from now on, not in diffs only."""
    for line in (line for line in ini.parse(text) if line.kind == "setting"):
        value = unescape(line.value)
        own = [value] if is_secret_name(line.key) and "://" not in value else passwords_in_urls(value)
        for secret in own:
            remember_common(secret)


def is_plain(option: str, value: str) -> bool:
    """True if neither the name of an option can be that of a secret, nor its value contain a login or a secret."""
    if value.lower() in ("true", "false"):
        return True
    has_secret = "@" in value or "?" in value or _NAMED_SECRET.search(value)
    return not (has_secret or is_secret_name(option) or _SECRET_WORD.search(option))


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
    """A line of an option that is not secret; secrets in its URLs and comments are masked."""
    return mask_url_logins(_PROSE.sub(rf"\g<1> {bullets}", text), bullets)


def diff(old: str, new: str, path: str, own_secrets: OptionNames = frozenset()) -> str:
    """A unified diff with masked secrets; a changed secret is marked as "(changed)".

    `own_secrets` are options whose values are also secret, whatever their names.
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
    """One row of a diff, with masked secrets."""
    line = known.get(row[1:])
    if line is not None:
        added = row[0] == "+" and line.kind == "setting" and (line.section, line.key) in places
        row = row[0] + _line(line, CHANGED if added else BULLETS, own)
    else:
        row = row[0] + _visible(row[1:])
    return row if row.endswith("\n") else row + "\n\\ No newline at end of file\n"
