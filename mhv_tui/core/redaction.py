"""Makes texts safe to show: without revealed secrets, logins in URLs and characters that control a terminal.

The revealed secrets are known to the whole process, because findings, events and choices have no access to a vault.
"""

from __future__ import annotations

import base64
import json
import re
from collections import deque
from collections.abc import Callable
from functools import cache, partial
from urllib.parse import unquote

from mhv_tui.core.text import printable

BULLETS = "••••"

SHORTEST = 4
"""Number of characters of the shortest value that is masked: many words contain shorter values."""

_NAME = (
    r"(?i)(passwords?|passwd|passphrase|passcode|(^|[_-])pass|pw|pwd|secrets?|tokens?|credentials?|[_-]keys?"
    r"|apikey|transport_url|(^|_)connection)(_?[0-9]+|_(old|new|bak))?$"
)
SHORTEST_COMMON, LONG = 8, 16
"""Characters of the shortest value from a file that is masked, and of one that is masked if it has letters only."""

_LOGIN_PASSWORD = re.compile(r"[/,][^\s/@:,]*:([^\s@,]+)@")
_URL_LOGIN = re.compile(r"(://[^\s/@:\"'<>]*:)[^\s\"'<>]+@")
_BACKSLASHES = r"\\{1,4}"
"""A pattern of the backslashes before an escape: JSON inside JSON doubles them."""

_patterns: dict[str, Callable[[], re.Pattern[str]]] = {}
"""Revealed value -> a function that returns the pattern of all its spellings; it is compiled for the first text."""
_sessions: deque[str] = deque()
"""The tokens and session keys in `_patterns`, the oldest first."""
MOST_SESSIONS = 32
"""The tokens and session keys that are masked; older ones have expired."""

LONGEST, HEAD = 128, 64
"""Characters of the longest value that is searched whole, and of the part by which a longer token is recognised."""
_TOKEN = re.compile(r"[A-Za-z0-9+/=._~:-]+")
_REST = r"[A-Za-z0-9+/=._~:%-]*"


def remember(value: str) -> bool:
    """From now on, `mask` masks this value, unless it has fewer than SHORTEST characters. Returns True if it is new."""
    is_new = len(value) >= SHORTEST and value not in _patterns
    if is_new:
        _patterns[value] = cache(partial(_pattern, value))
    return is_new


def forget(value: str) -> None:
    """`mask` masks this value no longer: it was not sent to any system."""
    _patterns.pop(value, None)


def remember_session(value: str) -> None:
    """As `remember`, for a token or a session key: a long run gets thousands, so the oldest ones are forgotten."""
    if len(value) >= SHORTEST and value not in _patterns:
        remember(value)
        _sessions.append(value)
        if len(_sessions) > MOST_SESSIONS:
            _patterns.pop(_sessions.popleft(), None)


def remember_common(value: str) -> None:
    """As `remember`, for a value from a configuration file: an ordinary word, or a path, stays readable."""
    is_ordinary = value.startswith("/") or (value.isalpha() and len(value) < LONG)
    if len(value) >= SHORTEST_COMMON and not is_ordinary:
        remember(value)


def passwords_in_urls(text: str) -> list[str]:
    """The decoded password of each login in the URLs of a text, such as a transport_url with several hosts."""
    return [unquote(password) for password in _LOGIN_PASSWORD.findall(text)]


def forget_all() -> None:
    """Forgets all revealed values, because a new command begins."""
    _patterns.clear()
    _sessions.clear()


def mask(text: str) -> str:
    """The text in which bullets replace each revealed value and the password in each URL.

    A value is recognised in any letter case, and also percent-encoded, escaped as in JSON, Python, XML or a shell, in
    base64 and in hexadecimal digits, also if these have JSON's form. A value shorter than SHORTEST characters stays.
    """
    for _, pattern in sorted(_patterns.items(), key=lambda row: -len(row[0])):  # one can be the beginning of another
        text = pattern().sub(BULLETS, text)
    return mask_url_logins(text)


def mask_url_logins(text: str, bullets: str = BULLETS) -> str:
    """The text in which `bullets` replace the password of each `://user:password@host`."""
    return _URL_LOGIN.sub(rf"\g<1>{bullets}@", text)


def shown(text: str) -> str:
    """The masked text in one line: control, bidirectional and newline characters become visible escapes."""
    return printable(mask(text))


def shown_lines(text: str) -> str:
    """The masked text, as `shown` returns it, but with its line breaks."""
    return "\n".join(printable(line) for line in mask(text).split("\n"))


def is_secret_name(option: str) -> bool:
    """True for the name of an option whose value is a secret, such as a password, a key or a URL with a password.

    Only the name decides, never the value.
    """
    return re.search(_NAME, option) is not None and not option.startswith("send_")


def set_texts(row: object, **texts: str) -> None:
    """Sets fields of a frozen dataclass; call it only in `__post_init__`."""
    for name, text in texts.items():
        object.__setattr__(row, name, text)


def _pattern(value: str) -> re.Pattern[str]:
    if len(value) > LONGEST and _TOKEN.fullmatch(value):
        return re.compile(f"(?:{_pattern(value[:HEAD]).pattern}){_REST}", re.IGNORECASE)
    forms = ["".join(_character(character) for character in value)]
    for text in {value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1]}:
        encoded = text.encode("utf-8", "surrogatepass")
        forms += [encoded.hex(), *(_base64(encoded, offset) for offset in range(3))]
    return re.compile("|".join(forms), re.IGNORECASE)


def _character(character: str) -> str:
    """A regular expression for all spellings of a character."""
    number, utf8 = ord(character), character.encode("utf-8", "surrogatepass")
    units = character.encode("utf-16-be", "surrogatepass").hex(" ", 2).split()
    forms = [
        re.escape(character) if character.isalnum() else rf"\\{{0,4}}{re.escape(character)}",
        "".join(f"%(?:25)*{byte:02x}" for byte in utf8),
        "".join(f"{_BACKSLASHES}u{unit}" for unit in units),
        f"{_BACKSLASHES}u{number:08x}",
        "".join(f"{_BACKSLASHES}x{byte:02x}" for byte in utf8),
        *([f"{_BACKSLASHES}x{number:02x}"] if number in range(0x80, 0x100) else []),
        f"&#(?:0*{number}|x0*{number:x});",
        *({} if character.isascii() else {re.escape(character.lower()), re.escape(character.upper())}),
        *_SPELLINGS.get(character, ()),
        *([f"&{name};"] if (name := _entity(character)) else []),
    ]
    return f"(?:{'|'.join(forms)})"


def _entity(character: str) -> str:
    """The name of a character in XML or HTML; "" if it has none. Few characters need the long table of HTML."""
    if character.isascii():
        return _ENTITIES.get(character, "")
    from html.entities import codepoint2name

    return codepoint2name.get(ord(character), "")


_ENTITIES = {'"': "quot", "&": "amp", "<": "lt", ">": "gt"}

_SPELLINGS = {
    "\\": (_BACKSLASHES,),
    "'": ("&apos;", r"'\\''", "'\"'\"'"),
    " ": (r"\+",),
    "\t": (f"{_BACKSLASHES}t",),
    "\b": (f"{_BACKSLASHES}b",),
    "\f": (f"{_BACKSLASHES}f",),
}
"""Character -> patterns of its other spellings in XML, a shell, a URL or JSON."""


def _base64(value: bytes, offset: int) -> str:
    """A regular expression for a value in base64 that begins `offset` bytes after the start of a group of three."""
    digits = base64.b64encode(bytes(offset) + value).decode()
    own = digits[-(-offset * 8 // 6) : (offset + len(value)) * 8 // 6]
    spelled = "".join({"+": "[+-]", "/": "[/_]"}.get(digit, digit) for digit in own)
    return f"(?-i:[A-Za-z0-9+/_-]{{0,3}}{spelled}[A-Za-z0-9+/_=-]{{0,4}})"
